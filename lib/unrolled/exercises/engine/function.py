"""An exercise in which a function, or a class, is written. What it does is compared, not how it is written."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from unrolled.exercises.engine import desk, explain
from unrolled.exercises.engine.calls import Run, follow
from unrolled.exercises.engine.cases import Case
from unrolled.exercises.engine.compare import difference
from unrolled.exercises.engine.stub import is_stub
from unrolled.exercises.engine.verdict import Mistake, Verdict, correct, not_attempted, not_yet

SECONDS = 5.0  # that an answer may take, all calls together


def plain_call(answer: Callable, *arguments: Any) -> Any:
    return answer(*arguments)


class Function:
    """A function to write.

    reference: the right answer; its parameters, after the exercise's id, are the signature.
    cases: called without arguments, gives the cases: `sized(…)`, or a list of tuples of arguments.
    use: how the answer is used, `use(answer, *arguments)`, where it is a class or gives back a function.
    gradients: the gradients of what it returns, by all its float arguments, are compared as well.
    given: the code that the page begins with, where this is more than a stub.
    tolerance: the largest difference allowed, as a share of the largest value wanted.
    exact_dtype: whether float64 in place of float32, and the like, is refused.
    why: what is said after "Correct."
    """

    kind = "function"

    def __init__(
        self,
        id: str,
        notebook: str,
        minutes: int,
        reference: Callable,
        cases: Callable[[], Sequence],
        mistakes: Sequence[Mistake],
        hints: Sequence[str],
        why: str = "",
        use: Callable = plain_call,
        given: Any = None,
        gradients: bool = False,
        tolerance: float = 1e-4,
        exact_dtype: bool = False,
        seconds: float = SECONDS,
    ):
        self.id, self.notebook, self.minutes = id, notebook, minutes
        self.reference, self.mistakes, self.hints, self.why = reference, list(mistakes), list(hints), why
        self.make_cases, self.use, self.given, self.gradients = cases, use, given, gradients
        self.tolerance, self.exact_dtype, self.seconds = tolerance, exact_dtype, seconds

    @property
    def signature(self) -> str:
        return f"{self.id}({', '.join(inspect.signature(self.reference).parameters)})"

    @functools.cached_property
    def names(self) -> list[str]:
        """Of the arguments."""
        if self.use is plain_call:
            return list(inspect.signature(self.reference).parameters)
        return list(inspect.signature(self.use).parameters)[1:]

    @functools.cached_property
    def cases(self) -> list[Case]:
        return [each if isinstance(each, Case) else Case(tuple(each), {}) for each in self.make_cases()]

    @functools.cached_property
    def wanted(self) -> Run:
        return self.follow(self.reference)

    @functools.cached_property
    def known(self) -> list[tuple[Mistake, Run]]:
        return [(each, self.follow(each.answer)) for each in self.mistakes]

    def follow(self, answer: Any, seconds: float | None = None) -> Run:
        return follow(answer, self.cases, self.use, self.gradients, seconds or self.seconds)

    def judge(self, answer: Any, seconds: float | None = None) -> Verdict:
        """Say what an answer is, without printing. `seconds` bounds its time."""
        if is_stub(answer, self.given):
            return not_attempted(f"Write {self.id} in the cell above, run it, then run this one again.")
        misfit = explain.misfit(answer, self)
        if misfit:
            return not_yet(misfit)
        run = self.follow(answer, seconds)
        printed = explain.printed(run)
        if self.agree(run, self.wanted) and run.ended == "done":
            changed = explain.changed(run, self.names)
            return not_yet(changed + printed) if changed else correct(self.why + printed)
        if run.ended == "done":
            for mistake, known in self.known:
                if self.agree(run, known):
                    return not_yet(mistake.sentence + printed, mistake.name)
        return not_yet(explain.wrong(run, self, seconds or self.seconds) + printed)

    def agree(self, run: Run, other: Run) -> bool:
        """Whether two answers did the same: equal values, and errors of the same type at the same calls."""
        words = all(call.failure for call in run.calls)  # with nothing but errors to go by, their words count too
        pairs = zip(run.calls, other.calls, strict=False)
        return len(run.calls) == len(other.calls) and all(self.alike(*pair, words) for pair in pairs)

    def alike(self, call, other, words: bool) -> bool:
        if call.failure or other.failure:
            mine, theirs = (each.failure and each.failure[: 2 if words else 1] for each in (call, other))
            return mine == theirs
        return difference(call.value, other.value, self.tolerance, self.exact_dtype) is None

    def check(self, answer: Any = ...) -> None:
        """Print what `judge` says, and keep the attempt. Never raises."""
        desk.check(self, answer)

    def hint(self) -> None:
        """Print the next hint."""
        desk.hint(self)

    def solution(self) -> None:
        """Print the reference answer."""
        print(inspect.getsource(self.reference).rstrip().replace(self.reference.__name__, self.id))
