"""An exercise in which a number is predicted before the page computes it."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from unrolled.exercises.engine import desk
from unrolled.exercises.engine.explain import say_type
from unrolled.exercises.engine.verdict import Mistake, Verdict, correct, not_attempted, not_yet


class Number:
    """A number to find. A `reference` that takes long is given as a function without arguments.

    tolerance: how far an answer may be from the number, in its own unit; that of known wrong numbers too.
    unit: said after numbers, such as "steps".
    """

    kind = "number"

    def __init__(
        self,
        id: str,
        notebook: str,
        minutes: int,
        reference: float | Callable[[], float],
        mistakes: Sequence[Mistake],
        hints: Sequence[str],
        tolerance: float = 0.0,
        unit: str = "",
        why: str = "",
    ):
        self.id, self.notebook, self.minutes, self.unit = id, notebook, minutes, unit
        self.make_reference, self.mistakes, self.hints = reference, list(mistakes), list(hints)
        self.tolerance, self.why = tolerance, why

    @property
    def reference(self) -> float:
        return self.make_reference() if callable(self.make_reference) else self.make_reference

    @property
    def signature(self) -> str:
        return f"a number of {self.unit}" if self.unit else "a number"

    def judge(self, answer: Any) -> Verdict:
        """Say what an answer is, without printing."""
        if answer is None or answer is Ellipsis:
            return not_attempted("Put your number in place of the dots, and run the cell again.")
        number = as_number(answer)
        if number is None:
            return not_yet(f"A number is wanted, such as 12 or 0.5, and this is {describe(answer)}.")
        if math.isnan(number) or math.isinf(number):
            return not_yet(f"A finite number is wanted, and this is {number}.")
        if self.near(number, self.reference, self.tolerance):
            return correct(self.why)
        for mistake in self.mistakes:
            if self.near(number, mistake.answer, min(self.tolerance, 0.02 * abs(mistake.answer))):
                return not_yet(mistake.sentence, mistake.name)
        side = "small" if number < self.reference else "large"
        return not_yet(f"{self.say(number)} is too {side}.")

    def near(self, number: float, other: float, tolerance: float) -> bool:
        return abs(number - other) <= tolerance + 1e-9 * abs(other)

    def say(self, number: float) -> str:
        return f"{number:g} {self.unit}".strip()

    def check(self, answer: Any = ...) -> None:
        """Print what `judge` says, and keep the attempt. Never raises."""
        desk.check(self, answer)

    def hint(self) -> None:
        """Print the next hint."""
        desk.hint(self)

    def solution(self) -> None:
        """Print the number."""
        print(f"{self.say(self.reference)}. {self.why}".strip())


def as_number(answer: Any) -> float | None:
    """The number an answer is: Python's, numpy's, or a tensor with one value; None if it is no number."""
    if isinstance(answer, Tensor | np.ndarray):
        answer = answer.item() if math.prod(answer.shape) == 1 else None
    if isinstance(answer, np.generic):
        answer = answer.item()
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return None
    return answer if isinstance(answer, float) or abs(answer) < 10**300 else math.inf


def describe(answer: Any) -> str:
    if isinstance(answer, str):
        return f"the text {answer[:40]!r}: write it without quotes and without its unit"
    if isinstance(answer, Tensor | np.ndarray) and math.prod(answer.shape) != 1:
        return f"{math.prod(answer.shape)} numbers, of shape {tuple(answer.shape)}"
    return say_type(answer)
