"""An exercise with options, each with its own explanation."""

import string
import textwrap
from collections.abc import Sequence
from typing import Any

from unrolled.exercises.engine import desk
from unrolled.exercises.engine.verdict import Mistake, Verdict, correct, not_attempted, not_yet
from unrolled.exercises.engine.wrap import wrapped


class Choice:
    """One of several options: pairs of text and explanation, lettered from A on; `reference` is the right letter."""

    kind = "choice"

    def __init__(
        self,
        id: str,
        notebook: str,
        minutes: int,
        question: str,
        options: Sequence[tuple[str, str]],
        reference: str,
        hints: Sequence[str],
    ):
        self.id, self.notebook, self.minutes, self.question = id, notebook, minutes, question
        self.options = dict(zip(string.ascii_uppercase, options, strict=False))
        self.reference, self.hints = reference, list(hints)

    @property
    def mistakes(self) -> list[Mistake]:
        """All options but the right one; each is named by its letter."""
        wrong = (letter for letter in self.options if letter != self.reference)
        return [Mistake(letter, letter, self.options[letter][1]) for letter in wrong]

    @property
    def signature(self) -> str:
        return f"one of {' '.join(self.options)}"

    def show(self) -> None:
        """Print the question and its options."""
        print(wrapped(self.question))
        for letter, (text, _) in self.options.items():
            print(textwrap.indent(wrapped(f"{letter}  {text}", indent="   "), "  "))

    def judge(self, answer: Any) -> Verdict:
        """Say what an answer is, without printing: a letter of either case, or the number of the option from 1."""
        if answer is None or answer is Ellipsis or str(answer).strip() in ("", "..."):
            return not_attempted("Put the letter of your choice, in quotes, in place of the dots.")
        letter = self.letter(answer)
        if letter is None:
            return not_yet(f"A letter is wanted, {self.signature}, and this is {str(answer)[:40]!r}.")
        explanation = self.options[letter][1]
        return correct(explanation) if letter == self.reference else not_yet(explanation, letter)

    def letter(self, answer: Any) -> str | None:
        said = str(answer).strip().strip("().:").strip().upper()
        numbers = any(each.isdecimal() for text, _ in self.options.values() for each in text)  # then 1 may mean 1
        if not numbers and said.isdecimal() and 1 <= int(said) <= len(self.options):
            said = list(self.options)[int(said) - 1]
        return said if said in self.options else None

    def check(self, answer: Any = ...) -> None:
        """Print what `judge` says, and keep the attempt. Never raises."""
        desk.check(self, answer)

    def hint(self) -> None:
        """Print the next hint."""
        desk.hint(self)

    def solution(self) -> None:
        """Print the right option."""
        text, explanation = self.options[self.reference]
        print(f"{self.reference}  {text.rstrip('.')}. {explanation}")
