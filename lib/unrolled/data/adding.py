"""The adding problem: two numbers among many are marked; what is their sum?

At every step the network sees a number between 0 and 1, and a mark that is 1 at two steps and 0 elsewhere. One marked
step lies in the first half, one in the second. After the last step the network says the sum of the two.
Always saying 1, the mean of the sum, makes a mean squared error of 1/6 in the long run; on a set in hand it is
`guessing(y)`.

Shapes: B batch, T time steps, D = 2 (number, mark).
Source: Hochreiter and Schmidhuber (1997), experiment 4; in this form Le, Jaitly and Hinton (2015).
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Batch(NamedTuple):
    """What a network sees, and what it is asked for."""

    x: Tensor  # (B, T, 2): number, mark
    y: Tensor  # (B, 1): the sum of the two marked numbers


def sample(batch_size: int, length: int, generator: torch.Generator | None = None) -> Batch:
    """Fresh sequences of `length` steps, at least 2."""
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; at least 1 sequence is wanted")
    if length < 2:
        raise ValueError(f"length is {length}; at least 2 steps are wanted, one for each marked number")
    half = length // 2
    first = torch.randint(half, (batch_size,), generator=generator)
    second = torch.randint(half, length, (batch_size,), generator=generator)
    numbers = torch.rand(batch_size, length, generator=generator)
    marks = torch.zeros(batch_size, length)
    rows = torch.arange(batch_size)
    marks[rows, first] = 1
    marks[rows, second] = 1
    y = (numbers * marks).sum(dim=1, keepdim=True)
    return Batch(torch.stack([numbers, marks], dim=-1), y)


def guessing(y: Tensor) -> float:
    """The mean squared error of who always says 1, on these answers."""
    return (y - 1).square().mean().item()
