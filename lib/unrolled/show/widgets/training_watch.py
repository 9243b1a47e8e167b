"""A training run, watched while it goes: loss and gradient norm, with pause and stop."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
import traitlets
from IPython import get_ipython
from matplotlib.figure import Figure

from .widget import STYLE, Widget, script

EVERY = 0.15  # seconds between two drawings
POINTS = 300  # in a curve; of a longer run every so many steps are drawn


class TrainingWatch(Widget):
    """`watch = TrainingWatch(400)`, shown, then `history = await watch.run(fit, model, batches, loss, lr=1e-3)`.

    As a callback it is told of each step (`step`, `loss`, `gradient_norm`), waits while the reader has pressed pause,
    and answers True once stop was pressed, which ends `fit` with the best weights.
    Raises ValueError for fewer steps than 1.
    """

    _esm, _css = script("training_watch"), STYLE
    controls = ("log",)

    log = traitlets.Bool(False).tag(sync=True)
    paused = traitlets.Bool(False).tag(sync=True)
    stopped = traitlets.Bool(False).tag(sync=True)
    steps = traitlets.Int(1).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    at = traitlets.List(traitlets.Int()).tag(sync=True)  # the steps that are drawn
    losses = traitlets.List().tag(sync=True)  # at these; None where not finite
    norms = traitlets.List().tag(sync=True)

    def __init__(self, steps: int):
        if not isinstance(steps, int) or steps < 1:
            raise ValueError(f"steps is {steps!r}; a whole number of at least 1 is wanted")
        super().__init__(steps=steps)
        self.seen: list[Any] = []
        self.drawn = 0.0
        self.on_msg(self.asked)
        self.begin()

    def asked(self, _widget: Widget, values: dict, _buffers: list) -> None:
        """Pause or stop, as the browser's buttons say."""
        self.paused, self.stopped = bool(values.get("paused")), bool(values.get("stopped", self.stopped))

    async def run(self, fit: Callable, *arguments: Any, **options: Any) -> Any:
        """`fit(…, steps=self.steps, callback=self)` on another thread, so that the page can answer meanwhile."""
        self.seen, self.stopped = [], False
        with answered():
            work = asyncio.to_thread(fit, *arguments, steps=self.steps, callback=self, progress=False, **options)
            training = asyncio.create_task(work)
            try:
                while not training.done():  # awake now and then: a loop that sleeps hears the interrupt only at the end
                    await asyncio.wait({training}, timeout=EVERY)
            except BaseException:
                self.stopped = True  # an interrupted cell leaves no thread that trains on
                await asyncio.wait({training})
                raise
            return training.result()

    def __call__(self, step: Any) -> bool:
        """Take note of a step; True where training is to end."""
        if step.step <= len(self.seen):  # another run
            self.seen, self.stopped = [], False
        self.seen.append(step)
        if self.paused or step.step >= self.steps or time.monotonic() - self.drawn > EVERY:
            self.tell()
        while self.paused and not self.stopped:
            time.sleep(0.05)  # the browser's messages come on another thread
        if self.stopped:
            self.tell()
        return self.stopped

    def tell(self) -> None:
        """Hand the curves to the browser."""
        self.drawn = time.monotonic()
        stride = math.ceil(len(self.seen) / POINTS)
        chosen = self.seen[::stride]
        if chosen[-1] is not self.seen[-1]:
            chosen = [*chosen, self.seen[-1]]
        with self.hold_sync():
            self.step, self.at = self.seen[-1].step, [each.step for each in chosen]
            self.losses, self.norms = (
                [finite(each.loss) for each in chosen],
                [finite(each.gradient_norm) for each in chosen],
            )

    def draw(self) -> tuple[Figure, str]:
        figure, axes = plt.subplots(2, 1, figsize=(6, 3), sharex=True, layout="constrained")
        for ax, name, values in zip(axes, ["loss", "gradient norm"], [self.losses, self.norms], strict=True):
            ax.plot(self.at, [math.nan if value is None else value for value in values])
            ax.set_ylabel(name)
            ax.spines[["top", "right"]].set_visible(False)
        axes[1].set(xlabel="step", xlim=(0, self.steps))
        if not self.at:
            return figure, f"Two empty panels, loss and gradient norm; training of {self.steps} steps has not begun."
        first, last = (math.nan if each is None else each for each in (self.losses[0], self.losses[-1]))
        return figure, f"After {self.step} of {self.steps} steps the loss went from {first:.3g} to {last:.3g}."


@contextmanager
def answered() -> Iterator[None]:
    """Tell the browser of each control's message that it was taken.

    While a cell awaits, ipykernel (7.4) takes them without a word, and a control whose first message is not answered
    by "idle" sends no second one, also when the cell has long ended.
    """
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        yield
        return
    take = kernel.shell_handlers["comm_msg"]

    def take_and_tell(*message: Any) -> None:
        take(*message)
        kernel._publish_status("idle", "shell")

    kernel.shell_handlers["comm_msg"] = take_and_tell
    try:
        yield
    finally:
        kernel.shell_handlers["comm_msg"] = take


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
