"""Where in the sequence a vector stands, added to it: fixed sinusoids or learned rows.

    P[t, 2j]     = sin(t / 10000^(2j / D))
    P[t, 2j + 1] = cos(t / 10000^(2j / D))

Shapes: B batch, T time steps, D features of the vector.
Source: Vaswani et al. (2017), arXiv:1706.03762, section 3.5; learned positions are of Gehring et al. (2017),
arXiv:1705.03122.
"""

import torch
from torch import Tensor, nn

from . import expect


class SinusoidalPositions(nn.Module):
    """x (B, T, D) to x + P, for any T; D must be even. Nothing is learned."""

    def __init__(self, embed_dim: int):
        super().__init__()
        if expect.size("embed_dim", embed_dim) % 2:
            raise ValueError(f"embed_dim must be even, for sines and cosines in pairs; {embed_dim} came")
        self.embed_dim = embed_dim
        self.kept = torch.empty(0, embed_dim)  # the longest table asked for, as it was asked for; no weight

    def extra_repr(self) -> str:
        return f"{self.embed_dim}"

    def table(self, length: int) -> Tensor:
        """P (T, D) in float64."""
        t = torch.arange(expect.size("length", length), dtype=torch.float64)[:, None]  # (T, 1)
        j = torch.arange(0, self.embed_dim, 2, dtype=torch.float64)  # 2j: (D/2,)
        angle = t / 10000 ** (j / self.embed_dim)  # (T, D/2)
        return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)  # sin and cos take turns: (T, D)

    def forward(self, x: Tensor, past: int = 0) -> Tensor:
        """`past`: how many steps stand before those of x."""
        expect.tensor("x", x, x, "B", "T", self.embed_dim)
        T = past + x.shape[1]
        if T > len(self.kept) or (self.kept.dtype, self.kept.device) != (x.dtype, x.device):
            self.kept = self.table(T).to(x)
        return x + self.kept[past:T]


class LearnedPositions(nn.Module):
    """x (B, T, D) to x plus the first T rows of a learned table W_p (max_length, D)."""

    def __init__(self, max_length: int, embed_dim: int):
        super().__init__()
        self.max_length, self.embed_dim = expect.size("max_length", max_length), expect.size("embed_dim", embed_dim)
        self.W_p = nn.Parameter(torch.randn(max_length, embed_dim))

    def extra_repr(self) -> str:
        return f"{self.max_length}, {self.embed_dim}"

    def forward(self, x: Tensor, past: int = 0) -> Tensor:
        """`past`: how many steps stand before those of x."""
        expect.tensor("x", x, self.W_p, "B", "T", self.embed_dim)
        T = past + x.shape[1]
        if T > self.max_length:
            raise ValueError(f"x has {T} steps; positions were learned for at most {self.max_length}")
        return x + self.W_p[past:T]
