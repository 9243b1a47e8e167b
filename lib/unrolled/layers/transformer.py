"""The transformer's block: attention lets the steps speak with each other, a feed-forward layer thinks at each alone.

    x ← x + attention(norm(x))              residual: what was there stays, something is added
    x ← x + ffn(norm(x))
    norm(x) = (x − mean) / √(variance + ε) · γ + β          over the D features of each step
    ffn(x)  = gelu(x W_1 + b_1) W_2 + b_2                   the same at every step

The norm stands before each part, inside the residual path ("pre-norm"). In the paper of 2017 it stood after the sum,
which needs a slow start of training.

Shapes: B batch, N heads, T steps, S steps that may be attended to (past ones too), D features, H hidden units.
Sources: Vaswani et al. (2017), arXiv:1706.03762, sections 3.1 and 3.3; norm Ba, Kiros and Hinton (2016),
arXiv:1607.06450; its place Xiong et al. (2020), arXiv:2002.04745; gelu Hendrycks and Gimpel (2016), arXiv:1606.08415.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import expect
from .attention import MultiHeadAttention, attention
from .weights import hand_over, taken_over


class Past(NamedTuple):
    """Keys and values of the steps that were read already: a cache, so that they are not computed again."""

    k: Tensor  # (B, N, S, D/N)
    v: Tensor  # (B, N, S, D/N)


class BlockTrace(NamedTuple):
    """What a block computed."""

    output: Tensor  # (B, T, D)
    weights: Tensor  # (B, N, T, S)
    scores: Tensor  # (B, N, T, S); scaled, before the mask
    past: Past  # of all S steps, to go on from


class TransformerBlock(nn.Module):
    """x (B, T, D) to x (B, T, D). `hidden_size` is the feed-forward layer's, 4 D unless given.

    `mask` is boolean and True means *may attend*: (T, S), (B, T, S), (B, 1, S) or (B, N, T, S). With the `past` of an
    earlier call, x holds the steps after it, and S counts both. Dropout falls on what each part adds.
    """

    def __init__(self, embed_dim: int, num_heads: int, hidden_size: int | None = None, dropout: float = 0.0):
        super().__init__()
        D, H = embed_dim, 4 * embed_dim if hidden_size is None else expect.size("hidden_size", hidden_size)
        self.attention = MultiHeadAttention(D, num_heads)
        self.attention_norm, self.ffn_norm = nn.LayerNorm(D), nn.LayerNorm(D)
        self.ffn = FeedForward(D, H)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None, past: Past | None = None) -> BlockTrace:
        heads = self.attention
        q, k, v = heads.project(self.attention_norm(x))
        if past is not None:
            k, v = torch.cat([past.k, k], dim=2), torch.cat([past.v, v], dim=2)
        mixed, weights, scores = attention(q, k, v, mask)
        x = x + self.dropout(mixed.transpose(1, 2).flatten(2) @ heads.W_o + heads.b_o)
        x = x + self.dropout(self.ffn(self.ffn_norm(x)))
        return BlockTrace(x, weights, scores, Past(k, v))

    @classmethod
    def from_torch(cls, module: nn.TransformerEncoderLayer) -> Self:
        """The same block with its weights open; `batch_first` either way. Raises on what it can't take, by name."""
        refuse_what_differs(module)
        norms = module.norm1, module.norm2
        inner = module.self_attn.dropout
        module.self_attn.dropout = 0.0  # there it falls on the weights, here on what is added
        try:
            heads = MultiHeadAttention.from_torch(module.self_attn)
        finally:
            module.self_attn.dropout = inner
        with torch.device("meta"):
            block = cls(heads.embed_dim, heads.num_heads, module.linear1.out_features, module.dropout1.p)
        block.attention = heads
        for name, linear in {"1": module.linear1, "2": module.linear2}.items():
            setattr(block.ffn, f"W_{name}", taken_over(linear.weight))
            setattr(block.ffn, f"b_{name}", taken_over(linear.bias))
        for norm, theirs in zip((block.attention_norm, block.ffn_norm), norms, strict=True):
            norm.weight, norm.bias, norm.eps = taken_over(theirs.weight), taken_over(theirs.bias), theirs.eps
        return block.train(module.training)

    def to_torch(self) -> nn.TransformerEncoderLayer:
        """torch's own block with these weights, `batch_first=True`. Its masks mean the opposite: True blocks."""
        D, H, p = self.attention.embed_dim, self.ffn.hidden_size, self.dropout.p
        options = {"activation": "gelu", "norm_first": True, "batch_first": True, "device": "meta"}
        module = nn.TransformerEncoderLayer(D, self.attention.num_heads, H, p, **options)
        module.self_attn = self.attention.to_torch()
        for name, linear in {"1": module.linear1, "2": module.linear2}.items():
            hand_over([getattr(self.ffn, f"W_{name}")], linear, "weight")
            hand_over([getattr(self.ffn, f"b_{name}")], linear, "bias")
        for ours, theirs in ((self.attention_norm, module.norm1), (self.ffn_norm, module.norm2)):
            hand_over([ours.weight], theirs, "weight")
            hand_over([ours.bias], theirs, "bias")
            theirs.eps = ours.eps
        return module.train(self.training)


class FeedForward(nn.Module):
    """gelu(x W_1 + b_1) W_2 + b_2, x (…, D) through H hidden units to (…, D)."""

    def __init__(self, embed_dim: int, hidden_size: int):
        super().__init__()
        self.embed_dim, self.hidden_size = embed_dim, hidden_size
        for name, (into, out) in {"1": (embed_dim, hidden_size), "2": (hidden_size, embed_dim)}.items():
            bound = into**-0.5  # as in torch.nn.Linear
            setattr(self, f"W_{name}", nn.Parameter(torch.empty(into, out).uniform_(-bound, bound)))
            setattr(self, f"b_{name}", nn.Parameter(torch.empty(out).uniform_(-bound, bound)))

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x @ self.W_1 + self.b_1) @ self.W_2 + self.b_2

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.hidden_size}"


def refuse_what_differs(module: nn.TransformerEncoderLayer) -> None:
    """Refuse by name what TransformerBlock can't take over from torch."""
    if not isinstance(module, nn.TransformerEncoderLayer):
        raise TypeError(f"from_torch wants a torch.nn.TransformerEncoderLayer; a {type(module).__name__} came")
    activation = getattr(module.activation, "__name__", type(module.activation).__name__).lower()
    came = {"norm_first": module.norm_first, "activation": activation, "bias": module.linear1.bias is not None}
    for name, value in {"norm_first": True, "activation": "gelu", "bias": True}.items():
        if came[name] != value:
            raise ValueError(f"from_torch takes a module with {name}={value}; {name}={came[name]} came")
