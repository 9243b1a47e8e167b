"""The transformer's block: attention lets the steps speak with each other, a feed-forward layer thinks at each alone.

    x ← x + attention(norm(x))              residual: what was there stays, something is added
    x ← x + ffn(norm(x))
    norm(x) = (x − mean) / √(variance + ε) · γ + β          over the D features of each step
    ffn(x)  = gelu(x W_1 + b_1) W_2 + b_2                   the same at every step

A decoder's block looks twice: at what was written so far, and, between the two lines, at the context it is to write
about, what an encoder made of another sequence (cross-attention):

    x ← x + across(norm(x), context)

The norm stands before each part, inside the residual path ("pre-norm"). In the paper of 2017 it stood after the sum,
which needs a slow start of training.

Shapes: B batch, N heads, T steps, S steps that may be attended to (past ones too; of the context, its own), D features,
H hidden units.
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


class DecoderTrace(NamedTuple):
    """What a decoder's block computed."""

    output: Tensor  # (B, T, D)
    weights: Tensor  # (B, N, T, T and those past), of its look at what was written
    q: Tensor  # (B, N, T, D/N), what it asks the context
    across: Tensor  # (B, N, T, S), the weights of its look at the context
    past: Past  # of what was written, to go on from


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
        added, weights, scores, past = look_back(self.attention, self.attention_norm(x), mask, past)
        x = x + self.dropout(added)
        x = x + self.dropout(self.ffn(self.ffn_norm(x)))
        return BlockTrace(x, weights, scores, past)

    @classmethod
    def from_torch(cls, module: nn.TransformerEncoderLayer) -> Self:
        """The same block with its weights open; `batch_first` either way. Raises on what it can't take, by name."""
        refuse_what_differs(module, nn.TransformerEncoderLayer)
        block = bare(cls, module)
        block.attention = heads_of(module.self_attn)
        take_over(block, module, ENCODER_NORMS)
        return block.train(module.training)

    def to_torch(self) -> nn.TransformerEncoderLayer:
        """torch's own block with these weights, `batch_first=True`. Its masks mean the opposite: True blocks."""
        module = nn.TransformerEncoderLayer(*torch_sizes(self), **TORCH_OPTIONS, device="meta")
        module.self_attn = self.attention.to_torch()
        hand_back(self, module, ENCODER_NORMS)
        return module.train(self.training)


class DecoderBlock(nn.Module):
    """x (B, T, D) and a context (B, S, D) to x (B, T, D); the rest as in `TransformerBlock`.

    `mask` is for what was written (causal, as a rule), `context_mask` for the context (its padding). What `read` makes
    of a context may be handed over in its place, so that it is made once for all steps.
    """

    def __init__(self, embed_dim: int, num_heads: int, hidden_size: int | None = None, dropout: float = 0.0):
        super().__init__()
        D, H = embed_dim, 4 * embed_dim if hidden_size is None else expect.size("hidden_size", hidden_size)
        self.attention, self.across = MultiHeadAttention(D, num_heads), MultiHeadAttention(D, num_heads)
        self.attention_norm, self.across_norm, self.ffn_norm = (nn.LayerNorm(D) for _ in range(3))
        self.ffn = FeedForward(D, H)
        self.dropout = nn.Dropout(dropout)

    def read(self, context: Tensor) -> Past:
        """The keys and values of the context."""
        heads = self.across
        expect.tensor("context", context, heads.W_k, "B", "S", heads.embed_dim)
        return Past(heads.heads(context @ heads.W_k + heads.b_k), heads.heads(context @ heads.W_v + heads.b_v))

    def forward(
        self,
        x: Tensor,
        context: Tensor | Past,
        mask: Tensor | None = None,
        context_mask: Tensor | None = None,
        past: Past | None = None,
    ) -> DecoderTrace:
        added, weights, _, past = look_back(self.attention, self.attention_norm(x), mask, past)
        x = x + self.dropout(added)
        k, v = context if isinstance(context, Past) else self.read(context)
        heads = self.across
        q = heads.heads(self.across_norm(x) @ heads.W_q + heads.b_q)
        mixed, across, _ = attention(q, k, v, context_mask)
        x = x + self.dropout(joined(heads, mixed))
        x = x + self.dropout(self.ffn(self.ffn_norm(x)))
        return DecoderTrace(x, weights, q, across, past)

    @classmethod
    def from_torch(cls, module: nn.TransformerDecoderLayer) -> Self:
        """The same block with its weights open; `batch_first` either way. Raises on what it can't take, by name."""
        refuse_what_differs(module, nn.TransformerDecoderLayer)
        block = bare(cls, module)
        block.attention, block.across = heads_of(module.self_attn), heads_of(module.multihead_attn)
        take_over(block, module, DECODER_NORMS)
        return block.train(module.training)

    def to_torch(self) -> nn.TransformerDecoderLayer:
        """torch's own block with these weights, `batch_first=True`. Its masks mean the opposite: True blocks."""
        module = nn.TransformerDecoderLayer(*torch_sizes(self), **TORCH_OPTIONS, device="meta")
        module.self_attn, module.multihead_attn = self.attention.to_torch(), self.across.to_torch()
        hand_back(self, module, DECODER_NORMS)
        return module.train(self.training)


def look_back(heads: MultiHeadAttention, x: Tensor, mask: Tensor | None, past: Past | None) -> tuple:
    """x (B, T, D) attends to itself and what is past: what this adds, weights, scores, and the past to go on from."""
    q, k, v = heads.project(x)
    if past is not None:
        k, v = torch.cat([past.k, k], dim=2), torch.cat([past.v, v], dim=2)
    mixed, weights, scores = attention(q, k, v, mask)
    return joined(heads, mixed), weights, scores, Past(k, v)


def joined(heads: MultiHeadAttention, mixed: Tensor) -> Tensor:
    """What the heads found (B, N, T, D/N), side by side and through W_o: (B, T, D)."""
    return mixed.transpose(1, 2).flatten(2) @ heads.W_o + heads.b_o


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


# ── From torch and back ────────────────────────────────────────────────────────────────────────────────────────────

ENCODER_NORMS = {"attention_norm": "norm1", "ffn_norm": "norm2"}
DECODER_NORMS = {"attention_norm": "norm1", "across_norm": "norm2", "ffn_norm": "norm3"}
TORCH_OPTIONS = {"activation": "gelu", "norm_first": True, "batch_first": True}

Torchs = nn.TransformerEncoderLayer | nn.TransformerDecoderLayer
Block = TransformerBlock | DecoderBlock


def bare(kind: type[Block], module: Torchs) -> Block:
    """A block of the module's sizes, without numbers yet, so that none are drawn."""
    heads = module.self_attn
    with torch.device("meta"):
        return kind(heads.embed_dim, heads.num_heads, module.linear1.out_features, module.dropout1.p)


def heads_of(module: nn.MultiheadAttention) -> MultiHeadAttention:
    inner = module.dropout
    module.dropout = 0.0  # there it falls on the weights, here on what is added
    try:
        return MultiHeadAttention.from_torch(module)
    finally:
        module.dropout = inner


def take_over(block: Block, module: Torchs, norms: dict[str, str]) -> None:
    """The feed-forward layer and the norms."""
    for name, linear in {"1": module.linear1, "2": module.linear2}.items():
        setattr(block.ffn, f"W_{name}", taken_over(linear.weight))
        setattr(block.ffn, f"b_{name}", taken_over(linear.bias))
    for ours, theirs in norms.items():
        norm, other = getattr(block, ours), getattr(module, theirs)
        norm.weight, norm.bias, norm.eps = taken_over(other.weight), taken_over(other.bias), other.eps


def torch_sizes(block: Block) -> tuple[int, int, int, float]:
    return block.attention.embed_dim, block.attention.num_heads, block.ffn.hidden_size, block.dropout.p


def hand_back(block: Block, module: Torchs, norms: dict[str, str]) -> None:
    """The reverse of `take_over`."""
    for name, linear in {"1": module.linear1, "2": module.linear2}.items():
        hand_over([getattr(block.ffn, f"W_{name}")], linear, "weight")
        hand_over([getattr(block.ffn, f"b_{name}")], linear, "bias")
    for ours, theirs in norms.items():
        norm, other = getattr(block, ours), getattr(module, theirs)
        hand_over([norm.weight], other, "weight")
        hand_over([norm.bias], other, "bias")
        other.eps = norm.eps


def refuse_what_differs(module: Torchs, wanted: type[Torchs]) -> None:
    """Refuse by name what a block can't take over from torch."""
    if not isinstance(module, wanted):
        raise TypeError(f"from_torch wants a torch.nn.{wanted.__name__}; a {type(module).__name__} came")
    activation = getattr(module.activation, "__name__", type(module.activation).__name__).lower()
    if getattr(module.activation, "approximate", "none") != "none":
        activation += f" by {module.activation.approximate}"
    came = {"norm_first": module.norm_first, "activation": activation, "bias": module.linear1.bias is not None}
    for name, value in {"norm_first": True, "activation": "gelu", "bias": True}.items():
        if came[name] != value:
            raise ValueError(f"from_torch takes a module with {name}={value}; {name}={came[name]} came")
