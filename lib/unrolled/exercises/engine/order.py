"""An exercise in which lines of a program are put in order (a Parsons problem)."""

import ast
import random
import string
from collections.abc import Iterable, Sequence
from typing import Any

from unrolled.exercises.engine import desk
from unrolled.exercises.engine.verdict import Mistake, Verdict, correct, not_attempted, not_yet


class Order:
    """Lines to put in order; they are given in the right order, and shown shuffled, the same way every time.

    A line is named by its place in `lines`, from 0. A mistake's answer lists two or more of them, and is met by every
    order in which these follow one another so: [3, 2] is "line 3 somewhere before line 2".
    also: further right orders, all lines each.
    """

    kind = "order"

    def __init__(
        self,
        id: str,
        notebook: str,
        minutes: int,
        lines: Sequence[str],
        mistakes: Sequence[Mistake],
        hints: Sequence[str],
        also: Sequence[Sequence[int]] = (),
        why: str = "",
    ):
        self.id, self.notebook, self.minutes, self.why = id, notebook, minutes, why
        self.lines, self.hints = list(lines), list(hints)
        self.orders = [list(range(len(lines))), *map(list, also)]
        self.wrong = [(each.name, list(each.answer), each.sentence) for each in mistakes]
        self.labels = shuffled(id, len(lines))
        for name, order, _ in self.wrong:
            if any(among(right, order) == order for right in self.orders):
                raise ValueError(f"{id}, {name}: a right order makes this mistake too")

    @property
    def reference(self) -> str:
        return self.say(self.orders[0])

    @property
    def mistakes(self) -> list[Mistake]:
        """Each with an order of all lines that makes it."""
        return [Mistake(name, self.say(self.example(order)), sentence) for name, order, sentence in self.wrong]

    @property
    def signature(self) -> str:
        return f"the order of {' '.join(sorted(self.labels))}"

    def show(self) -> None:
        """Print the lines, shuffled, each with its letter."""
        for label, n in sorted((label, n) for n, label in enumerate(self.labels)):
            print(f"  {label}  {self.lines[n]}")

    def say(self, order: Sequence[int]) -> str:
        return " ".join(self.labels[n] for n in order)

    def example(self, order: list[int]) -> list[int]:
        """The right order, with the named lines exchanged among themselves."""
        places = sorted(order)
        swap = dict(zip(places, order, strict=True))
        return [swap.get(n, n) for n in self.orders[0]]

    def judge(self, answer: Any) -> Verdict:
        """Say what an answer is, without printing: letters in a text, with or without spaces, or a list of them."""
        if answer is None or answer is Ellipsis or str(answer).strip() in ("", "..."):
            return not_attempted(f'Write the letters in your order, such as "{" ".join(sorted(self.labels))}".')
        said = [
            letter for each in (answer if isinstance(answer, list | tuple) else [answer]) for letter in letters(each)
        ]
        problem = self.incomplete(said)
        if problem:
            return not_yet(problem)
        order = [self.labels.index(label) for label in said]
        if order in self.orders:
            return correct(self.why)
        readable = self.can_run(order)
        for name, wrong, sentence in self.wrong:
            if among(order, wrong) == wrong and (readable or not self.can_run(self.example(wrong))):
                return not_yet(sentence, name)
        if not readable:
            return not_yet(
                "Python can't read the lines in this order: indented ones follow a line that ends in a colon."
            )
        good = max(common(order, each) for each in self.orders)
        return not_yet(in_place(good, said[good]))

    def can_run(self, order: Sequence[int]) -> bool:
        """Whether the indentation makes sense; always true where the lines are no Python even in the right order."""
        return parses(self.lines[n] for n in order) or not parses(self.lines[n] for n in self.orders[0])

    def incomplete(self, said: list[str]) -> str:
        unknown = [each for each in said if each not in self.labels]
        if unknown:
            return f"There is no line {unknown[0][:20]}; they are {' '.join(sorted(self.labels))}."
        doubled = sorted({each for each in said if said.count(each) > 1})
        if doubled:
            return f"{doubled[0]} stands there more than once; each line is used one time."
        missing = [each for each in sorted(self.labels) if each not in said]
        return f"{' '.join(missing)} is missing; each line is used one time." if missing else ""

    def check(self, answer: Any = ...) -> None:
        """Print what `judge` says, and keep the attempt. Never raises."""
        desk.check(self, answer)

    def hint(self) -> None:
        """Print the next hint."""
        desk.hint(self)

    def solution(self) -> None:
        """Print the lines in the right order."""
        print("\n".join(f"  {self.labels[n]}  {self.lines[n]}" for n in self.orders[0]))


def shuffled(id: str, count: int) -> list[str]:
    """The label of each line: letters in an order that hangs on the exercise's id alone, and is not the right one."""
    labels = list(string.ascii_uppercase[:count])
    mixed = list(labels)
    random.Random(id).shuffle(mixed)
    return mixed if mixed != labels else mixed[::-1]


def parses(lines: Iterable[str]) -> bool:
    try:
        ast.parse("\n".join(lines))
    except SyntaxError:
        return False
    return True


def letters(text: Any) -> list[str]:
    return [each for each in str(text).upper() if each.isalnum()]


def among(order: list[int], some: list[int]) -> list[int]:
    """Some of the lines, as they follow one another in an order."""
    return [n for n in order if n in some]


def common(order: list[int], other: list[int]) -> int:
    """How many of the first lines agree."""
    return next((n for n, pair in enumerate(zip(order, other, strict=True)) if pair[0] != pair[1]), len(order))


def in_place(good: int, following: str) -> str:
    """How far an order is right, and the line that breaks it."""
    if not good:
        return f"{following} can't come first."
    lines = "line is" if good == 1 else f"{good} lines are"
    return f"The first {lines} in place; {following} can't come next."
