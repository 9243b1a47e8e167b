"""What all kinds of exercise share: check, and the next hint."""

from typing import Any

from unrolled.exercises import progress
from unrolled.exercises.engine.verdict import NOT_ATTEMPTED, Verdict
from unrolled.exercises.engine.wrap import wrapped

given_hints: dict[str, int] = {}


def check(exercise: Any, answer: Any) -> None:
    """Judge, print, keep. Whatever the answer or this engine does, a learner never sees a traceback."""
    try:
        verdict = exercise.judge(answer)
        print(wrapped(verdict.message))
        note = keep(exercise, verdict, answer)
    except KeyboardInterrupt:
        note = "You stopped the check. Nothing is lost: run the cell again when you like."
    except Exception as error:
        note = (
            f"Not yet. The exercise {exercise.id} itself is broken ({type(error).__name__}: {error}). "
            "This is no fault of yours; please report it."
        )
    if note:
        print(wrapped(note))


def keep(exercise: Any, verdict: Verdict, answer: Any) -> str:
    """Record an attempt; returns what the learner must be told, mostly nothing."""
    if verdict.outcome == NOT_ATTEMPTED:
        return ""
    return progress.record(exercise.id, exercise.notebook, verdict.outcome, answer)


def hint(exercise: Any) -> None:
    """Print the next hint; after the last one, it again."""
    n = min(given_hints.get(exercise.id, 0), len(exercise.hints) - 1)
    given_hints[exercise.id] = n + 1
    last = n + 1 == len(exercise.hints)
    print(wrapped(f"Hint {n + 1} of {len(exercise.hints)}: {exercise.hints[n]}"))
    if last:
        print("That was the last one; .solution() shows an answer.")
