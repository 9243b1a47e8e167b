"""One step of one unit, drawn with its numbers: the RNN's cell and the LSTM's, in the same signs.

Round boxes are operations, square ones numbers. A gate keeps its colour (`GATE_COLOURS`).
"""

from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from .colours import GATE_COLOURS

ACTS = {  # which parts belong to which of the four acts
    "forget": ("c before", "f", "keep"),
    "store": ("i", "g", "write"),
    "update": ("c before", "keep", "write", "add", "c"),
    "output": ("c", "tanh", "o", "show", "h"),
}
GREY, FADED, INK = "#5D5D5D", "#C8C8C8", "#222222"


class Part(NamedTuple):
    """A box at (x, y) with what stands in it; `to` names the parts its arrows lead to, `result` is written above."""

    x: float
    y: float
    text: str
    colour: str = GREY
    round: bool = False
    to: tuple[str, ...] = ()
    result: str = ""


def rnn_step(before: Tensor, step: NamedTuple, *, ax: Axes | None = None) -> Axes:
    """An RNN's step (`RNNCell`) from the state `before`, one unit of one sequence: (1, 1) each."""
    parts = {
        "h before": Part(0, 2, number("h before", before), GATE_COLOURS["h"], to=("add",)),
        "x": Part(1.4, 0, "x", to=("add",)),
        "add": Part(1.4, 2, "×W +", round=True, to=("a",)),
        "a": Part(2.6, 2, number("a", step.a), to=("tanh",)),
        "tanh": Part(3.7, 2, "tanh", round=True, to=("h",)),
        "h": Part(4.8, 2, number("h", step.h), GATE_COLOURS["h"]),
    }
    return draw(parts, "RNN: the whole state is written anew", ax)


def lstm_step(before: Tensor, step: NamedTuple, *, act: str | None = None, ax: Axes | None = None) -> Axes:
    """An LSTM's step (`LSTMCell`) from the memory `before`, one unit of one sequence: (1, 1) each.

    `act` ("forget", "store", "update" or "output") fades all that does not belong to it.
    """
    if act is not None and act not in ACTS:
        raise ValueError(f"act is {act!r}; wanted one of {', '.join(ACTS)}")
    parts = {
        "c before": Part(0, 2, number("c before", before), GATE_COLOURS["c"], to=("keep",)),
        "f": gate("f", 1.3, step, "keep"),
        "keep": Part(1.3, 2, "×", round=True, to=("add",), result=f"{(step.f * before).item():.2f}"),
        "i": gate("i", 2.2, step, "write"),
        "write": Part(2.7, 1, "×", round=True, to=("add",), result=f"{(step.i * step.g).item():.2f}"),
        "g": gate("g", 3.2, step, "write"),
        "add": Part(2.7, 2, "+", round=True, to=("c",)),
        "c": Part(4, 2, number("c", step.c), GATE_COLOURS["c"], to=("tanh",)),
        "tanh": Part(5.1, 2, "tanh", round=True, to=("show",), result=f"{step.c.tanh().item():.2f}"),
        "o": gate("o", 6.1, step, "show"),
        "show": Part(6.1, 2, "×", round=True, to=("h",)),
        "h": Part(7.2, 2, number("h", step.h), GATE_COLOURS["h"]),
    }
    return draw(parts, "LSTM: the memory c is kept, and added to", ax, ACTS.get(act))


def gate(name: str, x: float, step: NamedTuple, to: str) -> Part:
    return Part(x, 0, number(name, getattr(step, name)), GATE_COLOURS[name], to=(to,))


def number(name: str, value: Tensor) -> str:
    """The name over the number; raises ValueError for more than one."""
    if value.numel() != 1:
        raise ValueError(f"{name} must be one number, of one unit of one sequence; shape {tuple(value.shape)} came")
    return f"{name}\n{value.item():.2f}"


def draw(parts: dict[str, Part], title: str, ax: Axes | None, bright: tuple[str, ...] | None = None) -> Axes:
    """Boxes and arrows; what is not `bright` is faded."""
    ax = ax or plt.subplots(figsize=(6.4, 2.3), layout="constrained")[1]
    bright = bright or tuple(parts)
    for name, part in parts.items():
        for other in part.to:
            arrow(ax, part, parts[other], GREY if {name, other} <= set(bright) else FADED)
        box(ax, part, faded=name not in bright)
    ax.set(xlim=(-0.6, max(part.x for part in parts.values()) + 0.6), ylim=(-0.5, 2.6))
    ax.set_title(title, fontsize=10, loc="left")
    ax.axis("off")
    return ax


def box(ax: Axes, part: Part, *, faded: bool) -> None:
    ink, edge = (FADED, FADED) if faded else (INK, part.colour)
    style = {"boxstyle": "circle,pad=0.25" if part.round else "square,pad=0.35", "facecolor": "white", "linewidth": 2}
    middle = {"ha": "center", "va": "center", "fontsize": 9, "color": ink}
    ax.text(part.x, part.y, part.text, bbox=style | {"edgecolor": edge}, zorder=3, **middle)
    ax.text(part.x + 0.27, part.y + 0.38, part.result, zorder=3, **middle | {"ha": "left"})


def arrow(ax: Axes, start: Part, end: Part, colour: str) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "shrinkA": 14, "shrinkB": 20 if end.text == "×W +" else 14}
    ax.annotate("", (end.x, end.y), (start.x, start.y), arrowprops=style, zorder=1)
