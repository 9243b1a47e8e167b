"""A recurrent network drawn step by step: inputs below, states in a row, outputs above, the same weights throughout."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from .colours import PALETTE

INPUT, STATE, OUTPUT, LOSS = 0.0, 1.0, 2.0, 3.0  # heights of the rows
COLOURS = {INPUT: PALETTE[5], STATE: PALETTE[4], OUTPUT: PALETTE[2], LOSS: PALETTE[1]}


def graph(
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    states: Sequence[str] | None = None,
    losses: Sequence[str] | None = None,
    weights: tuple[str, str, str] | None = None,
    first: str = "",
    total: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The unrolled graph of T steps; an empty text leaves a box out. `weights` names the arrows: in, along, out.

    `first` is the state before the first step, `total` what all losses lead into.
    """
    T = len(inputs)
    ax = ax or plt.subplots(figsize=(0.9 + 1.25 * T, 2.0 + 0.6 * bool(losses)), layout="constrained")[1]
    rows = {INPUT: inputs, STATE: states or [""] * T, OUTPUT: outputs, LOSS: losses or [""] * T}
    there = {height: [bool(text) or height == STATE for text in row] for height, row in rows.items()}
    enter, along, leave = weights or ("", "", "")
    for t in range(T):
        for low, name in [(INPUT, enter), (STATE, leave), (OUTPUT, "")]:
            if there[low][t] and there[low + 1][t]:
                arrow(ax, (t, low), (t, low + 1), name)
        if t:
            arrow(ax, (t - 1, STATE), (t, STATE), along, room(rows[STATE][t - 1]), room(rows[STATE][t]))
        for height, row in rows.items():
            if there[height][t]:
                box(ax, t, height, row[t])
    if first:
        arrow(ax, (-1, STATE), (0, STATE), along, room(first), room(rows[STATE][0]))
        box(ax, -1, STATE, first)
    if total:
        for t in range(T):
            arrow(ax, (t, LOSS), ((T - 1) / 2, LOSS + 1), "")
        box(ax, (T - 1) / 2, LOSS + 1, total, LOSS)
    top = LOSS + bool(total) if losses else OUTPUT
    ax.set(xlim=(-0.6 - bool(first), T - 0.4), ylim=(-0.45, top + 0.45))
    ax.axis("off")
    return ax


def box(ax: Axes, t: float, height: float, text: str, row: float | None = None) -> None:
    colour = COLOURS[height if row is None else row]
    style = {"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": "none", "alpha": 0.55}
    ax.text(t, height, text or "h", ha="center", va="center", fontsize=9, bbox=style, zorder=3, parse_math=False)


def room(text: str) -> float:
    """Half the width of a box with this text, in points, and a little air."""
    return 9 + 2.6 * len(text or "h")


def arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], name: str, before: float = 14, after: float = 14
) -> None:
    style = {"arrowstyle": "-|>", "shrinkA": before, "shrinkB": after, "color": "#555555"}
    ax.annotate("", end, start, arrowprops=style, zorder=1)
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    offset = (4, 0) if start[0] == end[0] else (0, 6)
    ax.annotate(name, middle, xytext=offset, textcoords="offset points", fontsize=8, color="#333333",
                ha="left" if offset[0] else "center", va="center" if offset[0] else "bottom")  # fmt: skip
