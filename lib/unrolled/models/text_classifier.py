"""Many to one, on words: a text of any length, one verdict.

    x_t = one_hot(token_t) W_e                          (B, D)
    h_t = layer(x_t, h_{t−1})                           and, both ways, a second layer from the end to the beginning
    s   = pool(h_1 … h_T)                               the last state, or the mean or the largest of each feature
    logits = s W_hy + b_y                               (B, V)

Short texts of a batch are filled up with padding, which must not be read: their lengths say where each ends. The layer
then runs on packed sequences, and the pool sees real steps alone. Without lengths the padding is read as text.

`TransformerClassifier` has the same two ends, and attention in place of the layer:

    x_t = one_hot(token_t) W_e √D + P[t]                (B, T, D)
    x   = block(x), L times, in which nobody attends to padding
    h   = norm(x)

Words begin near each other, at a distance of about START from 0: a word that is met once or twice stays near where it
began, and from far away it would drown the others.

Shapes: B batch, T time steps, D embedding, H hidden units (2 H both ways), L blocks, N heads, V classes.
Sources: both ways Schuster and Paliwal (1997), IEEE Trans. Signal Processing 45; pooling over states Conneau et al.
(2017), arXiv:1705.02364.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from unrolled.layers import Embedding, SinusoidalPositions, TransformerBlock, expect, padding_mask

from .recurrent import LAYERS, Answer, States, check_lengths, is_torchs, readout, run, traced, without_dropout

POOLS = ("last", "mean", "max")
START = 0.1  # standard deviation of a word's numbers before training


class TextClassifier(nn.Module):
    """Embedding, one recurrent layer, a pool, a linear output. `both_ways`: a second layer reads from the end."""

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int,
        hidden_size: int,
        classes: int,
        *,
        layer: str = "lstm",
        both_ways: bool = False,
        pool: str = "last",
        dropout: float = 0.0,
    ):
        super().__init__()
        for name, value, known in (("layer", layer, LAYERS), ("pool", pool, POOLS)):
            if value not in known:
                raise ValueError(f"{name} is {value!r}; wanted one of {', '.join(known)}")
        self.both_ways, self.pool = both_ways, pool
        self.embedding = words_that_begin_small(vocab_size, embed_dim)
        self.recurrent = LAYERS[layer](embed_dim, hidden_size, batch_first=True, bidirectional=both_ways)
        self.dropout = nn.Dropout(dropout)
        self.W_hy, self.b_y = readout(hidden_size * (1 + both_ways), classes)

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Answer:
        """tokens (B, T), and how many of each row are real (B,); the logits (B, V), and every state in the trace."""
        x = self.dropout(self.embedding(tokens))
        expect.tensor("tokens, embedded,", x, self.W_hy, "B", "T", self.embedding.embedding_dim)
        trace = self.read(x, lengths)
        pooled = pooling(trace.h, lengths, self.pool, self.both_ways)
        return Answer(self.dropout(pooled) @ self.W_hy + self.b_y, trace)

    def read(self, x: Tensor, lengths: Tensor | None) -> States:
        """Every state (B, T, H). Where lengths are given those of padding are 0; the traced twin goes on over the
        padding, and its states there are to be left out."""
        if lengths is not None:
            check_lengths(lengths, x)
        if lengths is None or not is_torchs(self.recurrent):
            return run(self.recurrent, x)
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=x.shape[1])
        return States(h)

    @torch.no_grad()
    def after_each_word(self, tokens: Tensor) -> Tensor:
        """The logits (T, V) that this model would give if the text (T,) ended after each of its words,
        without dropout."""
        T = len(tokens)
        with without_dropout(self):
            return self(tokens.repeat(T, 1), torch.arange(1, T + 1)).y

    def traced(self) -> Self:
        """A copy with the same weights whose layer shows every gate; for one way."""
        if self.both_ways:
            raise ValueError("both_ways is True; only a layer that reads one way has a traced twin")
        return traced(self)


class Looked(NamedTuple):
    """What the blocks made of a text, and where each looked."""

    h: Tensor  # (B, T, D)
    weights: tuple[Tensor, ...]  # (B, N, T, S), one of each block


class TransformerClassifier(nn.Module):
    """Embedding, sinusoids, `num_layers` blocks that see both sides, a last norm, a pool, a linear output."""

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int,
        num_heads: int,
        num_layers: int,
        classes: int,
        *,
        pool: str = "mean",
        dropout: float = 0.0,
    ):
        super().__init__()
        if pool not in POOLS:
            raise ValueError(f"pool is {pool!r}; wanted one of {', '.join(POOLS)}")
        self.pool = pool
        self.embedding = words_that_begin_small(vocab_size, embed_dim)
        self.positions = SinusoidalPositions(embed_dim)
        layers = range(expect.size("num_layers", num_layers))
        self.blocks = nn.ModuleList(TransformerBlock(embed_dim, num_heads, dropout=dropout) for _ in layers)
        self.norm = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(dropout)
        self.W_hy, self.b_y = readout(embed_dim, classes)

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Answer:
        """tokens (B, T), and how many of each row are real (B,); the logits (B, V), states and weights in the trace."""
        D = self.embedding.embedding_dim
        x = self.embedding(tokens) * D**0.5
        expect.tensor("tokens, embedded,", x, self.W_hy, "B", "T", D)
        if lengths is not None:
            check_lengths(lengths, x)
        mask = None if lengths is None else padding_mask(lengths.to(x.device), x.shape[1])
        x, weights = self.dropout(self.positions(x)), []
        for block in self.blocks:
            trace = block(x, mask)
            x = trace.output
            weights.append(trace.weights)
        h = self.norm(x)
        pooled = self.dropout(pooling(h, lengths, self.pool))
        return Answer(pooled @ self.W_hy + self.b_y, Looked(h, tuple(weights)))

    after_each_word = TextClassifier.after_each_word


def words_that_begin_small(vocab_size: int, embed_dim: int) -> Embedding:
    table = Embedding(vocab_size, embed_dim)
    nn.init.normal_(table.W_e, std=START)
    return table


def pooling(h: Tensor, lengths: Tensor | None, pool: str, both_ways: bool = False) -> Tensor:
    """h (B, T, H) to (B, H): the last real state, or the mean or the largest of the real ones."""
    B, T, H = h.shape
    ends = torch.full((B,), T, device=h.device) if lengths is None else lengths.to(h.device)
    if pool == "last":
        last = h[torch.arange(B, device=h.device), ends - 1]
        if not both_ways:
            return last
        half = H // 2  # the second layer ends at the first word
        return torch.cat([last[:, :half], h[:, 0, half:]], dim=1)
    real = (torch.arange(T, device=h.device) < ends[:, None])[..., None]  # (B, T, 1)
    if pool == "mean":
        return (h * real).sum(dim=1) / ends[:, None]
    return h.masked_fill(~real, -torch.inf).amax(dim=1)


def log_odds(logits: Tensor, label: int) -> Tensor:
    """logits (…, V) to (…): ln p / (1 − p) of a label; of two labels, its logit less the other's."""
    others = torch.cat([logits[..., :label], logits[..., label + 1 :]], dim=-1)
    return logits[..., label] - others.logsumexp(dim=-1)


def moved(logits: Tensor, label: int = 1) -> Tensor:
    """The logits (T, V) after each word to (T,): by how much each word moved the log odds, the first from even odds."""
    odds = log_odds(logits, label)
    return torch.diff(odds, prepend=odds.new_zeros(1))
