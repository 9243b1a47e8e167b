"""Words as points in a plane, and the neighbours of one of them: those it has, and those the picture gives it."""

from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from .colours import PALETTE

POINTS = 8  # size of the letters; one is about 0.6 as wide as high
PLACES = [(4, 0, "left", "center"), (-4, 0, "right", "center"), (0, 5, "center", "bottom"), (0, -5, "center", "top")]


def word_map(
    points: Tensor,
    words: Sequence[str],
    *,
    chosen: int | None = None,
    true: Iterable[int] = (),
    drawn: Iterable[int] = (),
    x: str = "first axis",
    y: str = "second axis",
    ax: Axes | None = None,
) -> Axes:
    """points (N, 2) with their words, as many written out as find room, the first of the list first.

    With `chosen`, its `true` neighbours are joined to it by lines and written out, and those it has in the picture
    alone (`drawn` and not true) stand in rings.
    """
    ax = ax or plt.subplots(figsize=(6.4, 4.6), layout="constrained")[1]
    points = torch.as_tensor(points).detach().cpu().double()
    ax.plot(points[:, 0], points[:, 1], ".", color="#C4C4C4", markersize=4)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xlabel=x, ylabel=y)
    true = list(true)
    false = [n for n in drawn if n not in true]
    for n in true:
        ax.plot(*points[[chosen, n]].T, color=PALETTE[0], linewidth=0.8, marker=".", markevery=[1])
    ax.plot(*points[false].T, "o", markerfacecolor="none", color=PALETTE[6])
    if chosen is None:
        named = [(n, "#333333") for n in range(len(words))]
    else:
        ax.plot(*points[chosen], "o", color=PALETTE[1])
        named = [(chosen, PALETTE[1]), *((n, PALETTE[0]) for n in true), *((n, PALETTE[6]) for n in false)]
    write(ax, [(points[n].tolist(), words[n], colour) for n, colour in named])
    return ax


def write(ax: Axes, labels: Sequence[tuple[Sequence[float], str, str]]) -> None:
    """Write each label beside its point, on the first side where it covers no other; without room it is left out."""
    ax.autoscale_view()
    layout = ax.figure.get_layout_engine()
    if layout is not None:
        layout.execute(ax.figure)  # so that the axes have their final size
    taken: list[tuple[float, float, float, float]] = []
    for place, word, colour in labels:
        for dx, dy, ha, va in PLACES:
            box = covered(ax, place, word, dx, dy)
            if not any(overlap(box, other) for other in taken):
                taken.append(box)
                how = {"xytext": (dx, dy), "textcoords": "offset points", "fontsize": POINTS, "ha": ha, "va": va}
                ax.annotate(word, place, color=colour, parse_math=False, **how)
                break


def covered(ax: Axes, place: Sequence[float], word: str, dx: float, dy: float) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a label, in points of the page."""
    across, up = (value * 72 / ax.figure.dpi for value in ax.transData.transform(place))
    width, height = 0.6 * POINTS * len(word), 1.2 * POINTS
    left = across + dx - width * (0.5 if dx == 0 else dx < 0)
    bottom = up + dy - height * (0.5 if dy == 0 else dy < 0)
    return left, bottom, left + width, bottom + height


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
