"""The loop that opens into the unrolled graph: its numbers are a real network's, on the reader's own words."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from ..graph import graph
from .widget import STYLE, Widget, answers, script

LONGEST = 8  # words; more do not fit beside each other


class Reading(NamedTuple):
    """What a network made of a sentence of T words."""

    words: Sequence[str]  # the T words that it read
    h: Tensor  # (T, H) the state after each of them
    said: Sequence[str]  # what it said after each of them
    p: Tensor  # (T,) the probability that it gave to what it said


class Unroll(Widget):
    """`Unroll(read, "I love recurrent neural networks!")`, where `read(words)` runs a network and gives a `Reading`.

    Step, back and play; `unrolled` opens the loop, `weight` lights one weight at every step. Raises ValueError for a
    sentence of fewer than 2 or more than 8 words, and for a reading whose parts don't fit or aren't finite.
    """

    _esm, _css = script("unroll"), STYLE
    controls = ("text", "unrolled", "step", "weight")

    text = traitlets.Unicode().tag(sync=True)
    unrolled = traitlets.Bool(True).tag(sync=True)
    step = traitlets.Int(1, min=1).tag(sync=True)
    weight = traitlets.Enum(["none", "W_xh", "W_hh", "W_hy"], "W_hh").tag(sync=True)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    h = traitlets.List().tag(sync=True)  # (T, H)
    said = traitlets.List(traitlets.Unicode()).tag(sync=True)
    p = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(self, read: Callable[[list[str]], Reading], text: str):
        super().__init__()
        self.read, self.taken = read, ""
        self.take(text)
        self.text, self.step = text, len(self.words)
        self.begin()

    def take(self, text: str) -> None:
        """Let the network read the text."""
        words = text.split()
        if not 2 <= len(words) <= LONGEST:
            raise ValueError(f"a sentence of 2 to {LONGEST} words is wanted; {len(words)} came")
        reading = fitting(self.read(words))
        self.taken = text
        with self.hold_sync():
            self.step = min(self.step, len(reading.words))
            self.words, self.said = list(reading.words), list(reading.said)
            self.h, self.p = reading.h.detach().tolist(), reading.p.detach().tolist()

    @traitlets.observe("text")
    @answers
    def _read_again(self, change: dict) -> None:
        if change["new"] != self.taken:
            self.take(change["new"])
        if change["new"] == self.start.get("text"):  # a reset may have set the step while the sentence was shorter
            self.step = self.start["step"]

    @traitlets.validate("step")
    def _there(self, proposal: dict) -> int:
        return min(proposal["value"], max(1, len(self.words)))

    def draw(self) -> tuple[Figure, str]:
        t = self.step - 1
        shown = slice(None) if self.unrolled else slice(t, t + 1)
        words, said = self.words[shown], self.said[shown]
        figure, ax = plt.subplots(figsize=(1.6 + 1.4 * len(words), 2.3), layout="constrained")
        states = [f"{h[0]:.2f}, …" for h in self.h[shown]]  # the first unit of each
        first = "h₀" if self.unrolled or t == 0 else "h before"
        graph(words, said, states=states, weights=("W_xh", "W_hh", "W_hy"), first=first, ax=ax)
        pairs = ", ".join(f"after {word} it says {guess}" for word, guess in zip(words, said, strict=True))
        over = (
            f"unrolled over {len(self.words)} steps" if self.unrolled else f"at step {self.step} of {len(self.words)}"
        )
        times = "once" if len(words) == 1 else f"{len(words)} times"
        lit = "" if self.weight == "none" else f" {self.weight} is one matrix, drawn {times}."
        return figure, (
            f"The loop {over}, the same weights at each: {pairs}. "
            f"Step {self.step} says “{self.said[t]}” with probability {self.p[t]:.2f}.{lit}"
        )


def fitting(reading: Reading) -> Reading:
    """Refuse numbers that are not finite, and other lengths than that of the words."""
    sizes = {name: len(getattr(reading, name)) for name in Reading._fields}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"a reading has as many h, said and p as words; {sizes} came")
    if not (reading.h.isfinite().all() and reading.p.isfinite().all()):
        raise ValueError("the numbers of a reading must be finite")
    return reading
