"""What an exercise says of an answer, and the mistakes that it knows."""

from typing import Any, NamedTuple

NOT_ATTEMPTED = "not attempted"
NOT_YET = "not yet"
CORRECT = "correct"


class Verdict(NamedTuple):
    """One of the three outcomes, the name of the known mistake or None, and the text that is shown."""

    outcome: str
    mistake: str | None
    message: str


class Mistake(NamedTuple):
    """A wrong answer that learners give, and the sentence that names the misunderstanding behind it."""

    name: str
    answer: Any
    sentence: str


def not_attempted(message: str) -> Verdict:
    return Verdict(NOT_ATTEMPTED, None, f"Not attempted. {message}")


def not_yet(message: str, mistake: str | None = None) -> Verdict:
    return Verdict(NOT_YET, mistake, f"Not yet. {message}")


def correct(why: str) -> Verdict:
    return Verdict(CORRECT, None, f"Correct. {why}".strip())
