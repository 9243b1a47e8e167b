"""Many to many: an encoder reads the source, a decoder writes the target, a token at a time.

    m_1 … m_S = encoder(source), both ways              (B, S, 2 H): the memory
    h_0 = tanh(m's two last states W_s + b_s)           (B, H): all that the decoder knows, without attention
    h_t = decoder(target_{t−1}, h_{t−1})
    c_t = attention(h_t W_q, m W_k, m)                  with attention: look back at every state of the encoder
    o_t = tanh([h_t; c_t] W_c)                          without it, tanh(h_t W_c)
    logits_t = o_t W_y + b_y

The query is the decoder's state after it has read the token before; the mixture c_t is not fed back into the decoder,
so that all steps of a known target are computed at once (teacher forcing). Encoder and decoder are GRUs, or LSTMs or
plain recurrent layers; of an LSTM h and c stand side by side wherever a state is handed on.

Shapes: B batch, S source steps, T target steps, D embedding, H hidden units, V target vocabulary.
Sources: Sutskever, Vinyals and Le (2014), arXiv:1409.3215; Cho et al. (2014), arXiv:1406.1078; attention Bahdanau, Cho
and Bengio (2014), arXiv:1409.0473, in the form of Luong, Pham and Manning (2015), arXiv:1508.04025, scaled as in
Vaswani et al. (2017), arXiv:1706.03762.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from unrolled.layers import Embedding, attention, padding_mask

from .recurrent import LAYERS, check_lengths, without_dropout

PAD, BEGIN, END = 0, 1, 2  # the first tokens of every target vocabulary


class Memory(NamedTuple):
    """What the encoder leaves to the decoder."""

    m: Tensor  # (B, S, 2 H)
    mask: Tensor  # (B, 1, S), True where the source is real
    h: Tensor | None  # (B, H) the decoder's first state; of an LSTM (B, 2 H), h and c
    k: Tensor | None = None  # (B, S, H), with attention: the keys of m


class Written(NamedTuple):
    """What the decoder computed."""

    logits: Tensor  # (B, T, V)
    weights: Tensor | None  # (B, T, S), where each step looked
    h: Any  # what decoding goes on from: the last state (B, H)
    q: Tensor | None = None  # (B, T, H), with attention: what each step asked


class Seq2Seq(nn.Module):
    """A two-way layer that reads, one that writes; `attends=False` leaves only the last states between them."""

    def __init__(
        self,
        source_size: int,
        target_size: int,
        embed_dim: int,
        hidden_size: int,
        *,
        attends: bool = True,
        dropout: float = 0.0,
        layer: str = "gru",
    ):
        super().__init__()
        if layer not in LAYERS:
            raise ValueError(f"layer is {layer!r}; wanted one of {', '.join(LAYERS)}")
        H, self.parts = hidden_size, 2 if layer == "lstm" else 1  # of a state
        self.attends, self.hidden_size = attends, H
        self.source, self.target = Embedding(source_size, embed_dim), Embedding(target_size, embed_dim)
        self.encoder = LAYERS[layer](embed_dim, H, batch_first=True, bidirectional=True)
        self.decoder = LAYERS[layer](embed_dim, H, batch_first=True)
        shapes = {
            "W_s": (2 * H * self.parts, H * self.parts),
            "W_c": (3 * H if attends else H, H),
            "W_y": (H, target_size),
        }
        if attends:
            shapes |= {"W_q": (H, H), "W_k": (2 * H, H)}
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape))))
        self.b_s, self.b_y = nn.Parameter(torch.zeros(H * self.parts)), nn.Parameter(torch.zeros(target_size))
        self.dropout = nn.Dropout(dropout)

    def encode(self, source: Tensor, lengths: Tensor) -> Memory:
        """source (B, S), and how many tokens of each row are real (B,)."""
        check_lengths(lengths, source)
        x = self.dropout(self.source(source))
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        m, _ = pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        ends = [part.transpose(0, 1).flatten(1) for part in (last if self.parts == 2 else [last])]  # (B, 2 H) each
        h = torch.tanh(torch.cat(ends, dim=-1) @ self.W_s + self.b_s)
        mask = padding_mask(lengths.to(source.device), source.shape[1])
        return Memory(m, mask, h, m @ self.W_k if self.attends else None)

    def decode(self, tokens: Tensor, memory: Memory, h: Tensor | None = None) -> Written:
        """tokens (B, T), each to be followed by the next; h to go on from, the encoder's unless given."""
        x = self.dropout(self.target(tokens))
        states, last = self.run_decoder(x, memory.h if h is None else h)
        weights = q = None
        if self.attends:
            q = states @ self.W_q
            looked = attention(q, memory.k, memory.m, memory.mask)
            weights = looked.weights
            states = torch.cat([states, looked.output], dim=-1)
        o = self.dropout(torch.tanh(states @ self.W_c))
        return Written(o @ self.W_y + self.b_y, weights, last, q)

    def run_decoder(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Every state (B, T, H), and the last to go on from."""
        first = [part[None].contiguous() for part in h.chunk(self.parts, dim=-1)]  # (1, B, H), as torch wants it
        states, last = self.decoder(x, tuple(first) if self.parts == 2 else first[0])
        return states, torch.cat([part[0] for part in last], dim=-1) if self.parts == 2 else last[0]

    def forward(self, source: Tensor, lengths: Tensor, tokens: Tensor) -> Written:
        """Teacher forcing: the target's own tokens (B, T), beginning with BEGIN, are read, whatever was predicted."""
        return self.decode(tokens, self.encode(source, lengths))

    def asked(self, source: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Of one source (S,) and what was written (T,), BEGIN not counted: the queries (1, 1, T, H) that chose each
        token, and the keys (1, 1, S, H). ValueError if this model doesn't attend."""
        if not self.attends:
            raise ValueError("this model was made with attends=False; it has no queries and keys")
        memory = self.encode(source[None], torch.tensor([len(source)]))
        return self.decode(begun(tokens), memory).q[None], memory.k[None]


def begun(tokens: Tensor) -> Tensor:
    """What was read when each of these (T,) was written, (1, T): BEGIN, then all but the last."""
    return torch.cat([tokens.new_tensor([BEGIN]), tokens[:-1]])[None]


class Batch(NamedTuple):
    """Pairs side by side, padded with PAD; targets begin with BEGIN and end with END."""

    source: Tensor  # (B, S)
    lengths: Tensor  # (B,)
    target: Tensor  # (B, T)


def loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean nats per target token, END counted, padding not."""
    logits = model(batch.source, batch.lengths, batch.target[:, :-1]).logits
    return F.cross_entropy(logits.flatten(0, 1), batch.target[:, 1:].flatten(), ignore_index=PAD)


class Translation(NamedTuple):
    """What was written for one source, without BEGIN and END."""

    tokens: list[int]  # T
    weights: Tensor | None  # (T, S): where it looked for each of them
    nats: float  # −ln p of the whole, END counted


@torch.no_grad()
def greedy(model: nn.Module, source: Tensor, lengths: Tensor, longest: int) -> list[Translation]:
    """For each source, at every step the likeliest token, until END or `longest` tokens, without dropout.

    The model is any that encodes and decodes as `Seq2Seq` does; so it is for `beam` and `loss`.
    """
    refuse_none(longest)
    with without_dropout(model):
        return read_and_written(model, source, lengths, longest)


def read_and_written(model: nn.Module, source: Tensor, lengths: Tensor, longest: int) -> list[Translation]:
    memory = model.encode(source, lengths)
    B = len(source)
    fresh = torch.full((B, 1), BEGIN, device=source.device)
    h, going = None, torch.ones(B, dtype=torch.bool, device=source.device)
    tokens, weights, nats = [], [], memory.m.new_zeros(B)
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
    h: Any


@torch.no_grad()
def beam(model: nn.Module, source: Tensor, longest: int, width: int = 4, reward: float = 0.0) -> Translation:
    """The best of the translations that a search with `width` hypotheses finds for one source (S,).

    Best is the lowest −ln p / length^reward; with reward 0 that is the likeliest, which tends to be short.
    Without dropout.
    """
    refuse_none(longest)
    if width < 1:
        raise ValueError(f"width is {width}; at least one hypothesis is wanted")
    with without_dropout(model):
        return searched(model, source, longest, width, reward)


def refuse_none(longest: int) -> None:
    if longest < 1:
        raise ValueError(f"longest is {longest}; at least one token is wanted")


def searched(model: nn.Module, source: Tensor, longest: int, width: int, reward: float) -> Translation:
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
