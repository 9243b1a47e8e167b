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
    sentence of fewer than 2 or more than 8 words.
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
        reading = self.read(words)
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
        figure, ax = plt.subplots(figsize=(1.6 + 1.4 * len(self.words), 2.3), layout="constrained")
        states = [f"{h[0]:.2f}, …" for h in self.h]  # the first unit of each
        graph(self.words, self.said, states=states, weights=("W_xh", "W_hh", "W_hy"), first="h₀", ax=ax)
        pairs = ", ".join(f"after {word} it says {said}" for word, said in zip(self.words, self.said, strict=True))
        return figure, f"The loop unrolled over {len(self.words)} words, the same weights at each: {pairs}."
