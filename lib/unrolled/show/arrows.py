"""Vectors of two numbers as arrows from one point, each named at its tip: what a step of training would do."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from .colours import PALETTE
from .plots import axes


def arrows(
    vectors: Mapping[str, Sequence[float]], *, x: str, y: str, limit: float | None = None, ax: Axes | None = None
) -> Axes:
    """Each of `vectors` (2,) as an arrow from the origin; `limit` draws the square and the circle of that size.

    Raises ValueError for a vector that does not have two finite numbers.
    """
    ax = axes(ax, width=4.6, height=3.4)
    for n, (name, vector) in enumerate(vectors.items()):
        tip = [float(number) for number in vector]
        if len(tip) != 2 or not all(map(math.isfinite, tip)):
            raise ValueError(f"vectors[{name!r}] must be two finite numbers; {tip} came")
        colour = PALETTE[n % len(PALETTE)]
        ax.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2, "shrinkB": 0})
        beside = (5, 3) if n % 2 == 0 else (5, -10)  # so that two tips close together keep their names apart
        ax.annotate(name, tip, xytext=beside, textcoords="offset points", color=colour)
        ax.plot(*tip)  # so that the axes reach that far
    if limit is not None:
        turn = [2 * math.pi * n / 90 for n in range(91)]
        ax.plot([limit * math.cos(a) for a in turn], [limit * math.sin(a) for a in turn], ":", color="#999999")
        ax.plot([-limit, limit, limit, -limit, -limit], [-limit, -limit, limit, limit, -limit], ":", color="#999999")
    ax.set(xlabel=x, ylabel=y, aspect="equal")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
