"""Many to many without recurrence: the transformer as it was first built, to translate.

    x = one_hot(source) W_e + P                     (B, S, D)
    m = norm(block(x), L times)                     (B, S, D): the memory; every word has seen every other
    y = one_hot(target) W_t + P                     (B, T, D)
    y = decoder block(y, m), L times                each step sees those before it, and all of m
    logits = norm(y) W_y + b_y

It encodes and decodes as `Seq2Seq` does, so that `loss`, `greedy` and `beam` of models/seq2seq.py take it.

Shapes: B batch, S source steps, T target steps, D features, N heads, L layers, V target vocabulary.
Source: Vaswani et al. (2017), arXiv:1706.03762, section 3; the norm stands before each part (see layers/transformer).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled.layers import (
    DecoderBlock,
    Embedding,
    SinusoidalPositions,
    TransformerBlock,
    causal_mask,
    expect,
    padding_mask,
)
from unrolled.layers.transformer import Past

from .recurrent import check_lengths
from .seq2seq import begun


class Memory(NamedTuple):
    """What the encoder leaves to the decoder."""

    m: Tensor  # (B, S, D)
    mask: Tensor  # (B, 1, S), True where the source is real
    read: tuple[Past, ...]  # L, the keys and values that each block of the decoder makes of m


class Written(NamedTuple):
    """What the decoder computed."""

    logits: Tensor  # (B, T, V)
    weights: Tensor  # (B, T, S), where each step looked, in the layer and head that the model shows
    h: tuple[Past, ...]  # L: to go on from
    q: Tensor  # (B, L, N, T, D/N), what each step asked
    across: Tensor  # (B, L, N, T, S), the weights of every layer and head


class Translator(nn.Module):
    """`num_layers` blocks that read and as many that write. `shows` names the layer and head, from 0, whose weights
    stand for where it looked; the mean over the heads of the last layer unless given."""

    def __init__(
        self,
        source_size: int,
        target_size: int,
        embed_dim: int,
        num_heads: int,
        num_layers: int,
        *,
        hidden_size: int | None = None,
        dropout: float = 0.0,
        shows: tuple[int, int] | None = None,
    ):
        super().__init__()
        D, N, H = embed_dim, num_heads, hidden_size
        layers, self.shows = expect.size("num_layers", num_layers), shows
        if shows is not None and not (0 <= shows[0] < layers and 0 <= shows[1] < N):
            raise ValueError(
                f"shows is {shows}; a layer from 0 to {layers - 1} and a head from 0 to {N - 1} are wanted"
            )
        self.source, self.target = Embedding(source_size, D), Embedding(target_size, D)
        self.positions = SinusoidalPositions(D)
        self.encoder = nn.ModuleList(TransformerBlock(D, N, H, dropout) for _ in range(layers))
        self.decoder = nn.ModuleList(DecoderBlock(D, N, H, dropout) for _ in range(layers))
        self.memory_norm, self.norm = nn.LayerNorm(D), nn.LayerNorm(D)
        self.W_y = nn.Parameter(nn.init.xavier_uniform_(torch.empty(D, target_size)))
        self.b_y = nn.Parameter(torch.zeros(target_size))
        self.dropout = nn.Dropout(dropout)

    def encode(self, source: Tensor, lengths: Tensor) -> Memory:
        """source (B, S), and how many tokens of each row are real (B,)."""
        check_lengths(lengths, source)
        mask = padding_mask(lengths.to(source.device), source.shape[1])
        x = self.dropout(self.positions(self.source(source)))
        for block in self.encoder:
            x = block(x, mask).output
        m = self.memory_norm(x)
        return Memory(m, mask, tuple(block.read(m) for block in self.decoder))

    def decode(self, tokens: Tensor, memory: Memory, h: tuple[Past, ...] | None = None) -> Written:
        """tokens (B, T), each to be followed by the next; `h` of an earlier call, those after it."""
        before = h[0].k.shape[2] if h else 0
        y = self.dropout(self.positions(self.target(tokens), before))
        seen = causal_mask(tokens.shape[1], tokens.device, past=before)
        traces = []
        for number, block in enumerate(self.decoder):
            traces.append(block(y, memory.read[number], seen, memory.mask, h[number] if h else None))
            y = traces[-1].output
        across = torch.stack([trace.across for trace in traces], dim=1)
        q = torch.stack([trace.q for trace in traces], dim=1)
        weights = across[:, -1].mean(dim=1) if self.shows is None else across[:, self.shows[0], self.shows[1]]
        return Written(self.norm(y) @ self.W_y + self.b_y, weights, tuple(each.past for each in traces), q, across)

    def forward(self, source: Tensor, lengths: Tensor, tokens: Tensor) -> Written:
        """Teacher forcing: the target's own tokens (B, T), beginning with BEGIN, are read, whatever was predicted."""
        return self.decode(tokens, self.encode(source, lengths))

    def asked(self, source: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Of one source (S,) and what was written (T,), BEGIN not counted: the queries (L, N, T, D/N) that chose each
        token, and the keys (L, N, S, D/N)."""
        memory = self.encode(source[None], torch.tensor([len(source)]))
        written = self.decode(begun(tokens), memory)
        return written.q[0], torch.stack([read.k[0] for read in memory.read])
