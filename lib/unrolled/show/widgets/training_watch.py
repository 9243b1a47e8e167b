"""A training run, watched while it goes: loss and gradient norm, with pause and stop."""

import math
import time
from collections.abc import Iterable
from typing import Any

import matplotlib.pyplot as plt
import traitlets
from matplotlib.figure import Figure

from .widget import STYLE, Widget, script

EVERY = 0.15  # seconds between two drawings
POINTS = 300  # in a curve; of a longer run every so many steps are drawn
EARLIER = 24  # runs that stay in sight


class TrainingWatch(Widget):
    """`watch = TrainingWatch()`, shown, then `fit(model, batches, loss, …, callback=watch)`.

    It is told of each step (`step` of `steps`, `loss`, `gradient_norm`), waits while the reader has pressed pause, and
    answers True once stop was pressed, which ends `fit` as its patience does. `fit` says when the run is over, and by
    what: `end` tells it. Where several runs follow one another, the curves of the earlier ones stay, faintly.
    The gradient norm is the one before clipping. Pause and stop do nothing while no run is under way.
    `pick` is the run that is drawn strongly and told of, 0 the latest; `names` may name the runs, in their order.
    `TrainingWatch(log=True)` begins with logarithmic axes. Raises traitlets.TraitError for a `pick` below
    0; one that is not there, or out of sight, becomes 0.
    """

    _esm, _css = script("training_watch"), STYLE
    controls = ("pick", "log")

    pick = traitlets.Int(0, min=0).tag(sync=True)
    log = traitlets.Bool(False).tag(sync=True)
    paused = traitlets.Bool(False).tag(sync=True)
    stopped = traitlets.Bool(False).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)  # that are to be
    end = traitlets.Unicode().tag(sync=True)  # how the run ended, where `fit` has said so
    at = traitlets.List(traitlets.Int()).tag(sync=True)  # the steps that are drawn
    losses = traitlets.List().tag(sync=True)  # at these; None where not finite
    norms = traitlets.List().tag(sync=True)
    earlier = traitlets.List().tag(sync=True)  # at, losses and norms of each run before this one, the last 24
    run = traitlets.Int(1).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of the runs; those after the last are numbered

    def __init__(self, names: Iterable[str] = (), *, log: bool = False):
        super().__init__(names=list(names), log=log)
        self.seen: list[Any] = []
        self.drawn = 0.0
        hear_at_once(self.comm)
        self.begin()

    @traitlets.validate("pick")
    def _in_sight(self, proposal: dict) -> int:
        return proposal["value"] if self.run - len(self.earlier) <= proposal["value"] < self.run else 0

    def __call__(self, step: Any) -> bool:
        """Take note of a step; True where training is to end."""
        if self.seen and step.step <= self.seen[-1].step:
            self.next_run()
        if not self.seen or self.end:  # a run begins or is taken up: what was pressed while none was under way is over
            self.end, self.paused, self.stopped = "", False, False
        self.seen.append(step)
        if self.paused or step.step >= step.steps or time.monotonic() - self.drawn > EVERY:
            self.tell()
        while self.paused and not self.stopped and step.step < step.steps:
            time.sleep(0.05)  # the browser's messages come on another thread
        if self.stopped:
            self.tell()
        return self.stopped

    def ended(self, error: BaseException | None = None) -> None:
        """The run is over, by this error where one broke it off."""
        if self.seen and not self.end:
            self.tell()
            self.end = how(error, self.stopped, self.step == self.steps)

    def next_run(self) -> None:
        """Put the curves so far behind those to come."""
        self.tell()
        self.earlier = [*self.earlier, [self.at, self.losses, self.norms]][-EARLIER:]
        self.run, self.seen, self.drawn = self.run + 1, [], 0.0  # its first step is drawn at once
        self.pick = self._in_sight({"value": self.pick})

    def tell(self) -> None:
        """Hand the curves to the browser."""
        self.drawn = time.monotonic()
        stride = math.ceil(len(self.seen) / POINTS)
        chosen = self.seen[::stride]
        if chosen[-1] is not self.seen[-1]:
            chosen = [*chosen, self.seen[-1]]
        with self.hold_sync():
            self.step, self.steps = self.seen[-1].step, self.seen[-1].steps
            self.at = [each.step for each in chosen]
            self.losses, self.norms = (
                [finite(each.loss) for each in chosen],
                [finite(each.gradient_norm) for each in chosen],
            )

    def draw(self) -> tuple[Figure, str]:
        figure, axes = plt.subplots(2, 1, figsize=(6, 3), sharex=True, layout="constrained")
        runs = [*self.earlier, [self.at, self.losses, self.norms]]
        number = self._in_sight({"value": self.pick}) or self.run
        chosen = runs[number - self.run - 1]
        for n, (ax, name) in enumerate(zip(axes, ["loss", "gradient norm"], strict=True), start=1):
            for run in runs:
                values = [math.nan if value is None else value for value in run[n]]
                ax.plot(run[0], values, color=f"C{n - 1}", alpha=1.0 if run is chosen else 0.3)
            ax.set(ylabel=name, yscale="log" if self.log else "linear")
            ax.spines[["top", "right"]].set_visible(False)
        axes[1].set(xlabel="step")
        if not self.at:
            return figure, "Two empty panels, loss and gradient norm; training has not begun."
        first, last = (math.nan if each is None else each for each in (chosen[1][0], chosen[1][-1]))
        name = f", “{self.names[number - 1]}”" if number <= len(self.names) else ""
        which = f"Run {number} of {self.run}{name}: after" if self.earlier else "After"
        steps = f"{self.step} of {self.steps} steps" if number == self.run else f"{chosen[0][-1]} steps"
        return figure, f"{which} {steps} the loss went from {first:.3g} to {last:.3g}."


def hear_at_once(comm: Any) -> None:
    """Let what the buttons say be heard while a cell runs, on the thread that the browser asks for.

    ipykernel (7.4) hands a message to the thread that last spoke to that widget, which here is the one that trains;
    it would hear of a pause when all is over. Where the frontend knows no such threads, it still does.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, asked_for: asked_for


def how(error: BaseException | None, stopped: bool, whole: bool) -> str:
    """What ended a run, in words."""
    if error is None:
        return "done" if whole else "stopped by you" if stopped else "ended before its last step"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else f"broken off by {type(error).__name__}"


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
