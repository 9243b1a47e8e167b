"""A second run of 400 steps, in the middle; the first was ended after 100."""

import math
from types import SimpleNamespace

from unrolled.show.widgets.training_watch import TrainingWatch


def step(n: int) -> SimpleNamespace:
    return SimpleNamespace(step=n, steps=400, loss=2 * math.exp(-n / 100) + 0.1, gradient_norm=1 + math.sin(n / 9) / 2)


def example(names: tuple[str, ...] = ()) -> TrainingWatch:
    watch = TrainingWatch(names)
    for n in [*range(1, 101), *range(1, 201)]:
        watch(step(n))
    watch.tell()
    return watch
