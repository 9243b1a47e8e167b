"""An exercise in which a function, or a class, is written. What it does is compared, not how it is written."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from unrolled.exercises.engine import desk, explain
from unrolled.exercises.engine.calls import Call, Run, follow
from unrolled.exercises.engine.cases import Case
from unrolled.exercises.engine.compare import difference
from unrolled.exercises.engine.stub import is_stub
from unrolled.exercises.engine.verdict import Mistake, Verdict, correct, not_attempted, not_yet

SECONDS = 5.0  # that an answer may take, all calls together
OWN = 12  # times as long may the reference and the known mistakes take, however busy the machine is


class Function:
    """A function to write.

    reference: the right answer; its parameters, after the exercise's id, are the signature.
    cases: called without arguments, gives the cases: `sized(…)`, or a list of tuples of arguments.
    use: how the answer is used, `use(answer, *arguments)`, where it is not simply called with the arguments.
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
        use: Callable | None = None,
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
        signature = inspect.signature(self.use or self.reference)
        return list(signature.parameters)[1 if self.use else 0 :]

    @property
    def called(self) -> str:
        """The name of the answer in the cell: the exercise's own, or that of the class that is given there."""
        return self.given.__name__ if isinstance(self.given, type) else self.id

    @functools.cached_property
    def cases(self) -> list[Case]:
        return [each if isinstance(each, Case) else Case(tuple(each), {}) for each in self.make_cases()]

    @functools.cached_property
    def wanted(self) -> Run:
        run = self.follow(self.reference, OWN * self.seconds)
        failure = next((call.failure for call in run.calls if call.failure), None)
        if failure or run.ended != "done":
            raise ValueError(f"the reference answer of {self.id} {(failure and failure.words) or 'takes too long'}")
        return run

    @functools.cached_property
    def known(self) -> list[tuple[Mistake, Run]]:
        return [(each, self.follow(each.answer, OWN * self.seconds)) for each in self.mistakes]

    def follow(self, answer: Any, seconds: float | None = None) -> Run:
        """What an answer does on all cases."""
        gradients = self.names if self.gradients else []
        return follow(answer, self.cases, self.use or called, gradients, seconds or self.seconds)

    def judge(self, answer: Any, seconds: float | None = None) -> Verdict:
        """Say what an answer is, without printing. `seconds` bounds its time."""
        if is_stub(answer, self.given):
            verb = "Mend" if self.given else "Write"
            return not_attempted(f"{verb} {self.called} in the cell above, run it, then run this one again.")
        if not callable(answer):
            return not_yet(explain.not_callable(answer, self.called))
        if not self.use and (misfit := explain.misfit(answer, self.names[: len(self.cases[0].arguments)])):
            return not_yet(misfit)
        _ = self.wanted, self.known  # made before the answer runs, which may change torch itself
        return self.verdict(self.follow(answer, seconds), seconds or self.seconds)

    def verdict(self, run: Run, seconds: float) -> Verdict:
        """What is to be said of what an answer did, with what it printed behind."""
        printed = "\n  ".join(["\n\nIt printed:", *run.printed]) if run.printed else ""
        if run.ended != "done":
            return not_yet(explain.no_end(run.ended, seconds) + printed)
        if self.agree(run, self.wanted):
            changed = self.changed(run)
            return not_yet(explain.changed(changed) + printed) if changed else correct(self.why + printed)
        mistake = self.diagnosis(run)
        if mistake:
            return not_yet(mistake.sentence + printed, mistake.name)
        return not_yet(self.explanation(run) + printed)

    def diagnosis(self, run: Run) -> Mistake | None:
        """The known mistake that did the same; failing that, one that did the same wherever both gave values."""
        found = (mistake for alike in (self.agree, self.resemble) for mistake, known in self.known if alike(run, known))
        return next(found, None)

    def agree(self, run: Run, other: Run) -> bool:
        """Whether two answers did the same: equal values, and errors of the same type at the same calls."""
        words = all(call.failure for call in run.calls)  # with nothing but errors to go by, their words count too
        pairs = zip(run.calls, other.calls, strict=True)
        return all(self.fail_alike(*pair, words) or self.alike(*pair) for pair in pairs)

    def resemble(self, run: Run, known: Run) -> bool:
        """Whether two answers gave equal values at all calls where neither raised, and not only right ones."""
        rows = zip(run.calls, known.calls, self.wanted.calls, strict=True)
        both = [row for row in rows if not row[0].failure and not row[1].failure]
        return all(self.alike(*row[:2]) for row in both) and any(not self.alike(*row[::2]) for row in both)

    def alike(self, call: Call, other: Call) -> bool:
        """Whether two calls gave equal values."""
        neither = not call.failure and not other.failure
        return neither and difference(call.value, other.value, self.tolerance, self.exact_dtype) is None

    def fail_alike(self, call: Call, other: Call, words: bool) -> bool:
        """Whether two calls raised errors of the same type, and in the same words if these count."""
        both = call.failure and other.failure
        return bool(both) and call.failure[: 1 + words] == other.failure[: 1 + words]

    def changed(self, run: Run) -> list[str]:
        """The names of the arguments that were changed in place."""
        return [name for n, name in enumerate(self.names) if any(n in call.changed for call in run.calls)]

    def explanation(self, run: Run) -> str:
        """What differs first, where no known mistake explains it."""
        half = len(self.cases)
        if any(
            not self.alike(*pair) and not pair[0].failure for pair in zip(run.calls, run.calls[half:], strict=False)
        ):
            return explain.another()
        pairs = zip(self.cases, run.calls, self.wanted.calls, strict=False)
        case, call, wanted = next(each for each in pairs if not self.alike(*each[1:]))
        tried = explain.tried(case.arguments, self.names)
        if call.failure:
            return explain.failure(call.failure) + tried
        found = difference(call.value, wanted.value, self.tolerance, self.exact_dtype)
        return explain.value(found, self.tolerance) + tried

    def check(self, answer: Any = ...) -> None:
        """Print what `judge` says, and keep the attempt. Never raises."""
        desk.check(self, answer)

    def hint(self) -> None:
        """Print the next hint."""
        desk.hint(self)

    def solution(self) -> None:
        """Print the reference answer, under the exercise's name."""
        print(inspect.getsource(self.reference).rstrip().replace(self.reference.__name__, self.called))


def called(answer: Callable, *arguments: Any) -> Any:
    return answer(*arguments)
