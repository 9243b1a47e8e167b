"""Tasks where it is known which cell must be looked at: copy, reverse, and sort.

    copy      c a d  →  c a d      step t must look at cell t
    reverse   c a d  →  d a c      step t must look at cell T − 1 − t
    sort      c a d  →  a c d      step t must look at the cell of the next symbol in order

Symbols are the 26 letters, as numbers. For sorting, the symbols of a sequence are distinct, so that only one cell is
right; in the other tasks they may repeat.

Shapes: B batch, T time steps.
"""

from typing import NamedTuple

import torch
from torch import Tensor

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYMBOLS = len(LETTERS)
START = SYMBOLS  # what stands for "nothing written yet"
TASKS = ("copy", "reverse", "sort")


class Batch(NamedTuple):
    """What is read, what is to be written, and where each symbol of it stands."""

    x: Tensor  # (B, T), symbols
    y: Tensor  # (B, T), symbols
    where: Tensor  # (B, T): y[b, t] is x[b, where[b, t]]


def sample(task: str, batch_size: int, length: int = 10, generator: torch.Generator | None = None) -> Batch:
    """Fresh sequences of one of the TASKS; `length` is from 1 up, for sorting at most 26."""
    refuse_bad(task, batch_size, length)
    if task == "sort":
        x = torch.rand(batch_size, SYMBOLS, generator=generator).argsort(dim=1)[:, :length]
        y, where = x.sort(dim=1)
        return Batch(x, y, where)
    x = torch.randint(SYMBOLS, (batch_size, length), generator=generator)
    where = torch.arange(length).expand(batch_size, length)
    where = where.flip(1) if task == "reverse" else where.clone()
    return Batch(x, x.gather(1, where), where)


def written(y: Tensor) -> Tensor:
    """The symbol written last, for each step: y (B, T) one step later, with START in front."""
    return torch.cat([torch.full_like(y[:, :1], START), y[:, :-1]], dim=1)


def text(symbols: Tensor) -> str:
    """One sequence (T,) as letters; START is shown as a dot."""
    return "".join((LETTERS + "·")[k] for k in symbols.tolist())


def refuse_bad(task: str, batch_size: int, length: int) -> None:
    """ValueError for what cannot be drawn."""
    if task not in TASKS:
        raise ValueError(f"task is {task!r}; one of {', '.join(TASKS)} is wanted")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; at least 1 sequence is wanted")
    if length < 1:
        raise ValueError(f"length is {length}; at least 1 step is wanted")
    if task == "sort" and length > SYMBOLS:
        raise ValueError(f"length is {length}; {SYMBOLS} letters give at most {SYMBOLS} distinct symbols")
