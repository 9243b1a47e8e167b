"""How long the check of an exercise takes, of a right answer, in milliseconds.

    nice -n 10 python tests/bench/quick_checks.py        some seconds on one free core

prints one line for each function exercise of the course.
"""

import statistics
import time

import torch
from unrolled import exercises
from unrolled.exercises.engine import Function

ROUNDS = 5


def milliseconds(exercise: Function) -> float:
    """The median over ROUNDS checks of the reference, after one that warms up."""
    exercise.judge(exercise.reference)
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        exercise.judge(exercise.reference)
        taken.append(1000 * (time.perf_counter() - begin))
    return statistics.median(taken)


def main() -> None:
    torch.set_num_threads(1)
    for id, exercise in exercises.everything().items():
        if isinstance(exercise, Function):
            print(f"{milliseconds(exercise):8.1f} ms  {id}")


if __name__ == "__main__":
    main()
