"""Many to many: an encoder reads the source, a decoder writes the target, a token at a time.

    m_1 … m_S = encoder(source), both ways              (B, S, 2 H): the memory
    h_0 = tanh(m's two last states W_s + b_s)           (B, H): all that the decoder knows, without attention
    h_t = decoder(target_{t−1}, h_{t−1})
    c_t = attention(h_t W_q, m W_k, m)                  with attention: look back at every state of the encoder
    o_t = tanh([h_t; c_t] W_c)                          without it, tanh(h_t W_c)
    logits_t = o_t W_y + b_y

The query is the decoder's state after it has read the token before; the mixture c_t is not fed back into the decoder,
so that all steps of a known target are computed at once (teacher forcing).

Shapes: B batch, S source steps, T target steps, D embedding, H hidden units, V target vocabulary.
Sources: Sutskever, Vinyals and Le (2014), arXiv:1409.3215; Cho et al. (2014), arXiv:1406.1078; attention Bahdanau, Cho
and Bengio (2014), arXiv:1409.0473, in the form of Luong, Pham and Manning (2015), arXiv:1508.04025, scaled as in
Vaswani et al. (2017), arXiv:1706.03762.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from unrolled.layers import Embedding, attention, padding_mask

PAD, BEGIN, END = 0, 1, 2  # the first tokens of every target vocabulary


class Memory(NamedTuple):
    """What the encoder leaves to the decoder."""

    m: Tensor  # (B, S, 2 H)
    mask: Tensor  # (B, 1, S), True where the source is real
    h: Tensor  # (B, H) the decoder's first state


class Written(NamedTuple):
    """What the decoder computed."""

    logits: Tensor  # (B, T, V)
    weights: Tensor | None  # (B, T, S), where each step looked
    h: Tensor  # (B, H) the last state, to go on from


class Seq2Seq(nn.Module):
    """A two-way GRU that reads, a GRU that writes; `attends=False` leaves only the last states between them."""

    def __init__(
        self,
        source_size: int,
        target_size: int,
        embed_dim: int,
        hidden_size: int,
        *,
        attends: bool = True,
        dropout: float = 0.0,
    ):
        super().__init__()
        H = hidden_size
        self.attends, self.hidden_size = attends, H
        self.source, self.target = Embedding(source_size, embed_dim), Embedding(target_size, embed_dim)
        self.encoder = nn.GRU(embed_dim, H, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(embed_dim, H, batch_first=True)
        shapes = {"W_s": (2 * H, H), "W_c": (3 * H if attends else H, H), "W_y": (H, target_size)}
        if attends:
            shapes |= {"W_q": (H, H), "W_k": (2 * H, H)}
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape))))
        self.b_s, self.b_y = nn.Parameter(torch.zeros(H)), nn.Parameter(torch.zeros(target_size))
        self.dropout = nn.Dropout(dropout)

    def encode(self, source: Tensor, lengths: Tensor) -> Memory:
        """source (B, S), and how many tokens of each row are real (B,)."""
        x = self.dropout(self.source(source))
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        m, _ = pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        h = torch.tanh(last.transpose(0, 1).flatten(1) @ self.W_s + self.b_s)
        return Memory(m, padding_mask(lengths.to(source.device), source.shape[1]), h)

    def decode(self, tokens: Tensor, memory: Memory, h: Tensor | None = None) -> Written:
        """tokens (B, T), each to be followed by the next; h (B, H) to go on from, the encoder's unless given."""
        x = self.dropout(self.target(tokens))
        first = memory.h if h is None else h
        states, last = self.decoder(x, first[None].contiguous())
        weights = None
        if self.attends:
            looked = attention(states @ self.W_q, memory.m @ self.W_k, memory.m, memory.mask)
            weights = looked.weights
            states = torch.cat([states, looked.output], dim=-1)
        o = self.dropout(torch.tanh(states @ self.W_c))
        return Written(o @ self.W_y + self.b_y, weights, last[0])

    def forward(self, source: Tensor, lengths: Tensor, tokens: Tensor) -> Written:
        """Teacher forcing: the target's own tokens (B, T), beginning with BEGIN, are read, whatever was predicted."""
        return self.decode(tokens, self.encode(source, lengths))


class Batch(NamedTuple):
    """Pairs side by side, padded with PAD; targets begin with BEGIN and end with END."""

    source: Tensor  # (B, S)
    lengths: Tensor  # (B,)
    target: Tensor  # (B, T)


def loss(model: Seq2Seq, batch: Batch) -> Tensor:
    """Mean nats per target token, END counted, padding not."""
    logits = model(batch.source, batch.lengths, batch.target[:, :-1]).logits
    return F.cross_entropy(logits.flatten(0, 1), batch.target[:, 1:].flatten(), ignore_index=PAD)


class Translation(NamedTuple):
    """What was written for one source, without BEGIN and END."""

    tokens: list[int]  # T
    weights: Tensor | None  # (T, S): where it looked for each of them
    nats: float  # −ln p of the whole, END counted


@torch.no_grad()
def greedy(model: Seq2Seq, source: Tensor, lengths: Tensor, longest: int) -> list[Translation]:
    """For each source, at every step the likeliest token, until END or `longest` tokens."""
    memory = model.encode(source, lengths)
    B = len(source)
    fresh = torch.full((B, 1), BEGIN, device=source.device)
    h, going = None, torch.ones(B, dtype=torch.bool, device=source.device)
    tokens, weights, nats = [], [], memory.h.new_zeros(B)
    for _ in range(longest):
        written = model.decode(fresh, memory, h)
        h, p = written.h, written.logits[:, -1].log_softmax(dim=-1)
        best = p.max(dim=-1)
        nats -= best.values.where(going, torch.zeros_like(best.values))
        fresh = best.indices.where(going, torch.full_like(best.indices, END))[:, None]
        going = going & (fresh[:, 0] != END)
        tokens.append(fresh[:, 0])
        weights.append(written.weights[:, -1] if written.weights is not None else None)
        if not going.any():
            break
    rows = torch.stack(tokens, dim=1).tolist()
    looked = None if weights[0] is None else torch.stack(weights, dim=1)  # (B, T, S)
    cut = [row.index(END) if END in row else len(row) for row in rows]
    return [
        Translation(row[:n], None if looked is None else looked[b, :n, : lengths[b]], nats[b].item())
        for b, (row, n) in enumerate(zip(rows, cut, strict=True))
    ]


class Begun(NamedTuple):
    """A translation that is not at its end."""

    tokens: list[int]
    weights: list[Tensor]
    nats: float
    h: Tensor | None


@torch.no_grad()
def beam(model: Seq2Seq, source: Tensor, longest: int, width: int = 4, reward: float = 0.0) -> Translation:
    """The best of the translations that a search with `width` hypotheses finds for one source (S,).

    Best is the lowest −ln p / length^reward; with reward 0 that is the likeliest, which tends to be short.
    """
    if width < 1:
        raise ValueError(f"width is {width}; at least one hypothesis is wanted")
    lengths = torch.tensor([len(source)])
    memory = model.encode(source[None], lengths)
    going, ended = [Begun([], [], 0.0, None)], []
    for _ in range(longest):
        found = []
        for one in going:
            fresh = torch.tensor([[one.tokens[-1] if one.tokens else BEGIN]], device=source.device)
            written = model.decode(fresh, memory, one.h)
            weights = [] if written.weights is None else [written.weights[0, -1]]
            best = written.logits[0, -1].log_softmax(dim=-1).topk(min(width, written.logits.shape[-1]))
            for value, token in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                found.append(Begun([*one.tokens, token], one.weights + weights, one.nats - value, written.h))
        found.sort(key=lambda one: one.nats)
        ended += [one for one in found[:width] if one.tokens[-1] == END]
        going = [one for one in found[:width] if one.tokens[-1] != END]
        if not going:
            break
    best = min(ended or going, key=lambda one: one.nats / len(one.tokens) ** reward)
    tokens = best.tokens[:-1] if best.tokens[-1] == END else best.tokens
    return Translation(tokens, torch.stack(best.weights)[: len(tokens)] if best.weights else None, best.nats)
