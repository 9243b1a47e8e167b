"""What a function is tried on: seeded inputs, with all sizes different and with sizes equal."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor


class Case(NamedTuple):
    """The arguments of one call, and the sizes they were made with where there are any."""

    arguments: tuple
    sizes: dict[str, int]


class Draw(NamedTuple):
    """Seeded numbers: draw(B, D) is standard normal, draw.integers(V, B, T) below V, draw.booleans(T, T) a mask."""

    generator: torch.Generator

    def __call__(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator)

    def integers(self, high: int, *shape: int) -> Tensor:
        return torch.randint(high, shape, generator=self.generator)

    def booleans(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator) < 0.5


def sized(inputs: Callable[..., tuple], *sizes: dict[str, int], seed: int = 0) -> Callable[[], list[Case]]:
    """One case for each set of sizes: `inputs(draw, B=2, D=3)` returns the arguments of a call.

    The first set has all sizes different, so that a wrong layout can't hide; another has them equal, so that a
    mistake that would raise gives numbers instead.
    """

    def make() -> list[Case]:
        draw = Draw(torch.Generator().manual_seed(seed))
        return [Case(tuple(inputs(draw, **each)), each) for each in sizes]

    return make


def fresh(value: Any) -> Any:
    """A copy that shares no memory with `value`."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, torch.Generator):
        return torch.Generator(value.device).set_state(value.get_state())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(fresh, value))
    if isinstance(value, list | tuple):
        return type(value)(map(fresh, value))
    if isinstance(value, dict):
        return {key: fresh(each) for key, each in value.items()}
    return copy.deepcopy(value)


def untouched(before: Any, after: Any) -> bool:
    """Whether an argument is still what it was, to the last bit. Of what is neither data nor container: taken as so."""
    if isinstance(before, Tensor):
        same = isinstance(after, Tensor) and (before.shape, before.dtype) == (after.shape, after.dtype)
        return same and torch.equal(before.nan_to_num(), after.detach().nan_to_num())
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after)
    if isinstance(before, list | tuple):
        return isinstance(after, list | tuple) and len(before) == len(after) and all(map(untouched, before, after))
    if isinstance(before, dict):
        same = isinstance(after, dict) and list(before) == list(after)
        return same and all(untouched(before[key], after[key]) for key in before)
    if isinstance(before, bool | int | float | str | bytes):
        return before == after or before != before  # noqa: PLR0124  (NaN)
    return True
