"""Attention as a search: queries are compared with keys, and the values of what matches are mixed.

    scores  = q kᵀ / √d_k                  how well each query matches each key
    weights = softmax(scores) over S       one distribution a query; where the mask is False, 0
    output  = weights v                    the mixture of values

Shapes: B batch, N heads, T queries, S keys and values, D features (d_k a head's share of them).
A mask is boolean and True means *may attend*; it broadcasts to the scores.
Source: Vaswani et al. (2017), arXiv:1706.03762, section 3.2, equation 1; the idea, with another score, is of Bahdanau,
Cho and Bengio (2014), arXiv:1409.0473.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from . import expect
from .weights import hand_over, taken_over


class Attended(NamedTuple):
    """What attention computed."""

    output: Tensor  # (…, T, D)
    weights: Tensor  # (…, T, S); each row sums to 1, or to 0 where a query may attend to nothing
    scores: Tensor  # (…, T, S); scaled, before the mask


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
    """q (…, T, D), k (…, S, D), v (…, S, D_v) to the output (…, T, D_v), with its weights and scores.

    A query that may attend to nothing gets weights and output of zero, as in torch's scaled_dot_product_attention.
    Raises TypeError or ValueError for sizes, dtypes or masks that don't fit.
    """
    check(q, k, v)
    scores = (q / q.shape[-1] ** 0.5) @ k.mT  # q kᵀ / √d_k; divided first, as the product may pass float16's largest
    if mask is None:
        weights = scores.softmax(dim=-1)
    else:
        mask = check_mask(mask, scores)
        blocked = scores.masked_fill(~mask, -torch.inf)
        blocked = blocked.masked_fill(~mask.any(dim=-1, keepdim=True), 0.0)  # softmax of nothing but −∞ is NaN
        weights = blocked.softmax(dim=-1).masked_fill(~mask, 0.0)
    return Attended(weights @ v, weights, scores)


class MultiHeadAttention(nn.Module):
    """N heads side by side: x (B, T, D) asks, `context` (B, S, D) answers (x itself when there is none).

    q, k, v = x W_q + b_q, context W_k + b_k, context W_v + b_v, each cut into N heads of D / N features;
    the outputs of the heads stand side by side again and go through W_o + b_o.
    Mask: (T, S), (B, T, S), (B, 1, S) for padding, or (B, N, T, S).
    """

    def __init__(self, embed_dim: int, num_heads: int):
        super().__init__()
        D, N = expect.size("embed_dim", embed_dim), expect.size("num_heads", num_heads)
        if D % N:
            raise ValueError(f"embed_dim must be a multiple of num_heads; {D} and {N} came")
        self.embed_dim, self.num_heads = D, N
        for name in "qkvo":
            weight = nn.init.xavier_uniform_(torch.empty(D, D))
            setattr(self, f"W_{name}", nn.Parameter(weight))
            setattr(self, f"b_{name}", nn.Parameter(torch.zeros(D)))

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Attended:
        q, k, v = self.project(x, context)
        mixed, weights, scores = attention(q, k, v, mask)
        output = mixed.transpose(1, 2).flatten(2)  # (B, T, D)
        return Attended(output @ self.W_o + self.b_o, weights, scores)

    def project(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Each head's q (B, N, T, D/N), k and v (B, N, S, D/N)."""
        expect.tensor("x", x, self.W_q, "B", "T", self.embed_dim)
        context = x if context is None else context
        expect.tensor("context", context, self.W_q, len(x), "S", self.embed_dim)
        q = self.heads(x @ self.W_q + self.b_q)
        k = self.heads(context @ self.W_k + self.b_k)
        v = self.heads(context @ self.W_v + self.b_v)
        return q, k, v

    def heads(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, N, T, D/N): each head's own columns."""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"

    @classmethod
    def from_torch(cls, module: nn.MultiheadAttention) -> Self:
        """The same layer with its weights open; `batch_first` either way. Raises on what it can't take, by name."""
        refuse_what_differs(module)
        with torch.device("meta"):  # no numbers yet, so none are drawn
            layer = cls(module.embed_dim, module.num_heads)
        q, k, v = zip(module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3), strict=True)  # (D, D) and (D,) each
        o = module.out_proj.weight, module.out_proj.bias
        for name, (weight, bias) in {"q": q, "k": k, "v": v, "o": o}.items():
            setattr(layer, f"W_{name}", taken_over(weight))
            setattr(layer, f"b_{name}", taken_over(bias))
        return layer

    def to_torch(self) -> nn.MultiheadAttention:
        """torch's own module with these weights, `batch_first=True`. Its masks mean the opposite: True blocks.

        It keeps q, k and v in one parameter, which is frozen if all three are.
        """
        with torch.device("meta"):
            module = nn.MultiheadAttention(self.embed_dim, self.num_heads, batch_first=True)
        hand_over([self.W_q, self.W_k, self.W_v], module, "in_proj_weight")
        hand_over([self.b_q, self.b_k, self.b_v], module, "in_proj_bias")
        hand_over([self.W_o], module.out_proj, "weight")
        hand_over([self.b_o], module.out_proj, "bias")
        return module


def causal_mask(length: int, device: torch.device | str | None = None, *, past: int = 0) -> Tensor:
    """(T, T), True on and below the diagonal: step t may attend to steps 0 to t. With `past` steps before them, to
    which each may attend too, (T, past + T)."""
    steps = expect.size("length", length)
    return torch.ones(steps, past + steps, dtype=torch.bool, device=device).tril(past)


def padding_mask(lengths: Tensor, longest: int | None = None) -> Tensor:
    """(B, 1, S), True where a sequence of `lengths` (B,) has a real step; S is the longest unless given."""
    expect.whole_numbers("lengths", lengths)
    if lengths.ndim != 1 or len(lengths) == 0:
        raise ValueError(f"lengths must have shape (B,), one for each sequence; {tuple(lengths.shape)} came")
    if longest is None:
        longest = expect.size("the longest of lengths", int(lengths.max()))
    expect.size("longest", longest)
    expect.indices("lengths", lengths, longest + 1)
    return (torch.arange(longest, device=lengths.device) < lengths[:, None])[:, None]


def check(q: Tensor, k: Tensor, v: Tensor) -> None:
    """Refuse q, k and v that don't belong together."""
    for name, x in {"q": q, "k": k, "v": v}.items():
        if not isinstance(x, Tensor) or x.ndim < 2 or 0 in x.shape:
            came = tuple(x.shape) if isinstance(x, Tensor) else f"a {type(x).__name__}"
            raise ValueError(f"{name} must be a tensor (…, steps, features) with nothing empty; {came} came")
        if not expect.may_meet(x, q) or not x.is_floating_point():
            raise TypeError(f"q, k and v must share one float dtype; {q.dtype}, {k.dtype} and {v.dtype} came")
        if x.device != q.device:
            raise ValueError(f"{name} must be on {q.device}, where q is; it is on {x.device}")
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(f"q and k must have the same number of features; {q.shape[-1]} and {k.shape[-1]} came")
    if k.shape[-2] != v.shape[-2]:
        raise ValueError(f"k and v must have the same number of steps; {k.shape[-2]} and {v.shape[-2]} came")


def check_mask(mask: Tensor, scores: Tensor) -> Tensor:
    """The mask spread over the scores (…, T, S); refuse one that isn't boolean or doesn't broadcast."""
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        came = mask.dtype if isinstance(mask, Tensor) else f"a {type(mask).__name__}"
        raise TypeError(f"mask must be a boolean tensor, True where a query may attend; {came} came")
    if mask.device != scores.device:
        raise ValueError(f"mask must be on {scores.device}, where q is; it is on {mask.device}")
    if mask.ndim == 3 and scores.ndim == 4:
        mask = mask.unsqueeze(1)  # (B, T, S): the same for every head
    try:
        return mask.expand_as(scores)
    except RuntimeError:
        came, wanted = tuple(mask.shape), tuple(scores.shape)
        raise ValueError(f"mask must broadcast to the scores {wanted}; {came} came") from None


def refuse_what_differs(module: nn.MultiheadAttention) -> None:
    """Refuse by name what MultiHeadAttention can't take over from torch."""
    if not isinstance(module, nn.MultiheadAttention):
        raise TypeError(f"from_torch wants a torch.nn.MultiheadAttention; a {type(module).__name__} came")
    D = module.embed_dim
    came = {
        "bias": module.in_proj_bias is not None,
        "add_bias_kv": module.bias_k is not None,
        "add_zero_attn": module.add_zero_attn,
        "kdim": module.kdim,
        "vdim": module.vdim,
        "dropout": module.dropout,
    }
    wanted = {"bias": True, "add_bias_kv": False, "add_zero_attn": False, "kdim": D, "vdim": D, "dropout": 0.0}
    for name, value in wanted.items():
        if came[name] != value:
            raise ValueError(f"from_torch takes a module with {name}={value}; {name}={came[name]} came")
