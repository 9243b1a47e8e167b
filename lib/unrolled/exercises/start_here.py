"""Exercises of 00, start here."""

import torch
from torch import Tensor

from unrolled.exercises.engine import Function, Mistake, sized

NOTEBOOK = "00_start_here"


def running_mean_reference(x: Tensor) -> Tensor:
    """x (T,) -> (T,): at each step, the mean of the values so far."""
    return x.cumsum(dim=0) / torch.arange(1, len(x) + 1)


def mean_of_all(x: Tensor) -> Tensor:
    return x.mean().expand(len(x))


def plain_sum(x: Tensor) -> Tensor:
    return x.cumsum(dim=0)


def divided_by_length(x: Tensor) -> Tensor:
    return x.cumsum(dim=0) / len(x)


def counted_from_zero(x: Tensor) -> Tensor:
    return x.cumsum(dim=0) / torch.arange(len(x))


def without_the_current(x: Tensor) -> Tensor:
    before = x.cumsum(dim=0) - x
    return before / torch.arange(len(x)).clamp(min=1)


def from_the_end(x: Tensor) -> Tensor:
    return running_mean_reference(x.flip(0)).flip(0)


running_mean = Function(
    id="running_mean",
    notebook=NOTEBOOK,
    minutes=4,
    reference=running_mean_reference,
    cases=sized(lambda draw, T: (draw(T) + 1,), {"T": 5}, {"T": 3}),
    mistakes=[
        Mistake(
            "mean_of_all", mean_of_all, "Every step holds the mean of the whole sequence, and so knows the future."
        ),
        Mistake("plain_sum", plain_sum, "These are sums so far; a mean divides by how many there were."),
        Mistake(
            "divided_by_length", divided_by_length, "Step t has seen t values, and is divided here by all T of them."
        ),
        Mistake(
            "counted_from_zero", counted_from_zero, "The first step has seen one value, and is divided here by zero."
        ),
        Mistake(
            "without_the_current", without_the_current, "Each step leaves its own value out, and so lags one behind."
        ),
        Mistake(
            "from_the_end", from_the_end, "This runs from the end: each step holds the mean of what is still to come."
        ),
    ],
    hints=[
        "Write a loop: keep a sum, add one value at a time, divide by how many there are so far.",
        "x.cumsum(dim=0) holds all the sums so far; torch.arange(1, T + 1) counts 1, 2, … T.",
    ],
    why="Each step uses what came before it and nothing that comes after.",
)
