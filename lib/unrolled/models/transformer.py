"""A transformer over tokens: causal, it is a language model like GPT; seeing both sides, it fills blanks like BERT.

    x_t = one_hot(token_t) W_e + P[t]               (B, T, D)
    x   = block(x), L times
    logits = norm(x) W_eᵀ + b_y                     (B, T, V), the table of the embedding used both ways

Shapes: B batch, T time steps, D features, L blocks, V vocabulary.
Sources: Radford et al. (2019), "Language models are unsupervised multitask learners"; Devlin et al. (2019),
arXiv:1810.04805; one table both ways Press and Wolf (2017), arXiv:1608.05859.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unrolled.layers import Embedding, LearnedPositions, TransformerBlock, causal_mask, expect
from unrolled.layers.transformer import BlockTrace, Past

from .recurrent import refuse_single, without_dropout


class Read(NamedTuple):
    """What one pass gives: the scores, what every block computed, and the cache to go on from."""

    logits: Tensor  # (B, T, V)
    blocks: tuple[BlockTrace, ...]  # L
    past: tuple[Past, ...]  # L


class Transformer(nn.Module):
    """Embedding, learned positions up to `context`, `num_layers` blocks, a last norm, and the embedding as output."""

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int,
        num_heads: int,
        num_layers: int,
        context: int,
        dropout: float = 0.0,
        causal: bool = True,
    ):
        super().__init__()
        self.vocab_size, self.context, self.causal = vocab_size, context, causal
        self.embedding = Embedding(vocab_size, embed_dim)
        self.positions = LearnedPositions(context, embed_dim)
        layers = expect.size("num_layers", num_layers)
        self.blocks = nn.ModuleList(TransformerBlock(embed_dim, num_heads, dropout=dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(dropout)
        self.b_y = nn.Parameter(torch.zeros(vocab_size))
        begin_small(self)

    def forward(self, tokens: Tensor, past: tuple[Past, ...] | None = None, mask: Tensor | None = None) -> Read:
        """tokens (B, T); with the `past` of an earlier call, those after it. `mask` is for padding, (B, 1, S)."""
        if past is not None and not self.causal:
            raise ValueError("past is given, but this model sees both sides; it reads everything at once")
        before = past[0].k.shape[2] if past else 0
        x = self.embedding(tokens)
        expect.tensor("tokens, embedded,", x, self.b_y, "B", "T", self.embedding.embedding_dim)
        x = self.dropout(self.positions(x, before))
        if self.causal:
            seen = causal_mask(x.shape[1], x.device, past=before)
            mask = seen if mask is None else seen & mask
        traces = []
        for number, block in enumerate(self.blocks):
            traces.append(block(x, mask, past[number] if past else None))
            x = traces[-1].output
        logits = self.norm(x) @ self.embedding.W_e.mT + self.b_y
        return Read(logits, tuple(traces), tuple(trace.past for trace in traces))


def begin_small(model: Transformer, std: float = 0.02) -> None:
    """GPT-2's first weights: N(0, 0.02²), and what goes into the residual path smaller by √(2 L), so that the sum of
    all blocks does not grow with their number; biases 0."""
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            residual = name.endswith(("W_o", "W_2"))
            nn.init.normal_(weight, std=std / (2 * len(model.blocks)) ** 0.5 if residual else std)
        elif "norm" not in name:
            nn.init.zeros_(weight)


@torch.no_grad()
def reader(model: Transformer, cached: bool = True) -> Callable:
    """`next_logits(tokens, state)` for `training.sample.generate`: the new tokens (T,) to the logits (V,) after them.

    With the cache a step costs one token's work; without it, everything is read again at every step. Once the
    context is full, its later half is read anew, at places from 0 on.
    """

    @torch.no_grad()
    def next_logits(fresh: Tensor, state: tuple[Tensor, tuple[Past, ...] | None] | None) -> tuple[Tensor, tuple]:
        tokens, past = state or (fresh[:0], None)
        tokens = torch.cat([tokens, fresh])
        if len(tokens) > model.context:
            tokens, past = tokens[-(model.context // 2 or 1) :], None
        read = model(tokens[None] if past is None else fresh[None], past)
        return read.logits[0, -1], (tokens, read.past if cached else None)

    return next_logits


@torch.no_grad()
def nats(model: Transformer, tokens: Tensor) -> Tensor:
    """−ln p of every token of one long text (T,) but the first, without dropout: (T − 1,).

    Read in windows of the context that overlap by half: each token is scored once, from at least half a context
    before it, but for those at the beginning. ValueError for fewer than two tokens.
    """
    refuse_single(tokens)
    half, parts, done = model.context // 2, [], 0
    with without_dropout(model):
        while done < len(tokens) - 1:
            start = max(0, done - half)
            piece = tokens[start : start + model.context + 1]
            read = F.cross_entropy(model(piece[None, :-1]).logits[0], piece[1:], reduction="none")
            parts.append(read[done - start :])
            done = start + len(piece) - 1
    return torch.cat(parts)
