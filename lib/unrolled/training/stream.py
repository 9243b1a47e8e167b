"""Batches without end, from a function or from something that can be gone through again and again."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Stream:
    """`next()` gives a batch: a fresh one from a function, or the next of an iterable, which begins anew when used up.

    It remembers its place (`passed` batches of this round, and the random state the round began with), so that an
    unfinished round can be taken up again: `rewind(passed, round_began)`.
    """

    def __init__(self, batches: Callable[[], Any] | Iterable[Any], generator: torch.Generator):
        if not callable(batches) and not isinstance(batches, Iterable):
            raise TypeError(
                f"batches is a {type(batches).__name__}; a function that gives a batch, or a list of them, is wanted"
            )
        self.batches = batches
        self.generator = generator
        self.begin()

    def begin(self) -> None:
        self.round_began = self.generator.get_state()
        self.passed = 0
        self.round = None if callable(self.batches) else iter(self.batches)

    def next(self) -> Any:
        if self.round is None:
            return self.batches()
        for batch in self.round:
            self.passed += 1
            return batch
        if self.passed == 0 or self.round is self.batches:
            raise ValueError(
                f"batches gave {self.passed} batches and then no more; a function that gives a fresh batch each time, "
                "or a list that can be gone through again, is wanted"
            )
        self.begin()
        return self.next()

    def rewind(self, passed: int, round_began: Tensor) -> None:
        """Take up the round that began with this random state, after this many batches."""
        self.generator.set_state(round_began)
        self.begin()
        if self.round is not None:
            for _ in range(passed):
                self.next()


def to_device(batch: Any, device: torch.device) -> Any:
    """The batch with every tensor in it on `device`."""
    return mapped(batch, lambda tensor: tensor.to(device))


def mapped(batch: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The batch with every tensor in it changed; tuples (named ones too), lists and dicts are gone through."""
    if isinstance(batch, Tensor):
        return change(batch)
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(mapped(part, change) for part in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(mapped(part, change) for part in batch)
    if isinstance(batch, dict):
        return {name: mapped(part, change) for name, part in batch.items()}
    return batch
