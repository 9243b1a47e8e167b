"""Gradients from the definition: move one entry a little, and see what happens.

    ∂f/∂x_i ≈ (f(x + ε e_i) − f(x − ε e_i)) / 2ε

The formula is off by ε² f'''/6, and rounding adds about 10⁻¹⁶ |f|/ε, so the error is least, about 10⁻¹⁰, where
ε is near the cube root of the machine's precision, 6·10⁻⁶ in float64.
Source: Press, Teukolsky, Vetterling and Flannery, Numerical recipes (3rd edition, 2007), section 5.7.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from . import expect

EPSILON = torch.finfo(torch.float64).eps ** (1 / 3)


@torch.no_grad()
def numerical_gradient(f: Callable[[Tensor], Tensor | float], x: Tensor, epsilon: float = EPSILON) -> Tensor:
    """The gradient of f at x (any shape, float64) by central differences: two calls of f for every entry of x.

    f takes a tensor like x and gives one number. Raises TypeError for another dtype: in float32 rounding would
    leave three digits.
    """
    if expect.tensor("x", x).dtype != torch.float64:
        raise TypeError(f"x must be torch.float64, or rounding drowns the difference; {x.dtype} came")
    expect.positive("epsilon", epsilon)
    ups_and_downs = [(value(f, x, n, epsilon), value(f, x, n, -epsilon)) for n in range(x.numel())]
    return x.new_tensor([(up - down) / (2 * epsilon) for up, down in ups_and_downs]).reshape(x.shape)


def value(f: Callable[[Tensor], Tensor | float], x: Tensor, n: int, change: float) -> float:
    """f where entry n of x, counted in one row, has moved by `change`."""
    moved = x.detach().clone(memory_format=torch.contiguous_format)
    moved.view(-1)[n] += change
    result = torch.as_tensor(f(moved))
    if result.numel() != 1:
        raise ValueError(f"f must give one number; shape {tuple(result.shape)} came")
    return result.item()
