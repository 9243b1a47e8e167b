"""The three drawings that every page uses: lines over time, a heatmap, bars with a dot for every seed.

Each takes tensors and returns the axes; the page hands them to `show.picture` with the sentence that says what is seen.
"""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from .colours import PALETTE

GAP = 0.085  # of the height of the axes: labels closer than this would overlap


def axes(ax: Axes | None, width: float = 6.0, height: float = 2.6) -> Axes:
    """The axes given, or new ones."""
    return ax or plt.subplots(figsize=(width, height), layout="constrained")[1]


def lines(
    ys: Tensor,
    *,
    labels: Sequence[str],
    x: str,
    y: str,
    at: Sequence[float] | None = None,
    yscale: str = "linear",
    limits: tuple[float, float] | None = None,
    colours: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """One line per column of ys (T, N), named where it ends; `at` (T,) are the places along x, else 0, 1, 2, …

    `limits` are the lowest and the highest y shown.
    """
    ys = torch.as_tensor(ys).detach().cpu()
    if ys.ndim != 2 or isinstance(labels, str) or len(labels) != ys.shape[1]:
        raise ValueError(f"ys must be (T, N), with a list of N labels; {tuple(ys.shape)} and {labels!r} came")
    ax = axes(ax)
    at = list(range(len(ys))) if at is None else list(at)
    colours = colours or [PALETTE[n % len(PALETTE)] for n in range(ys.shape[1])]
    for column, colour in zip(ys.unbind(dim=1), colours, strict=True):
        ax.plot(at, column.tolist(), color=colour)
    ax.set(xlabel=x, ylabel=y, yscale=yscale, ylim=limits)
    ax.xaxis.set_major_locator(MaxNLocator(integer=all(float(place).is_integer() for place in at)))
    name_ends(ax, at[-1], ys[-1].tolist(), labels, colours)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def name_ends(ax: Axes, end: float, heights: Sequence[float], labels: Sequence[str], colours: Sequence[str]) -> None:
    """Write each label at the end of its line, pushed up where two would overlap."""
    ax.autoscale_view()  # the limits are set late otherwise, and the places come out wrong
    to_fraction = (ax.transData + ax.transAxes.inverted()).transform
    places = sorted((within(to_fraction((end, h))[1]), n) for n, h in enumerate(heights))
    free = -torch.inf
    for place, n in places:
        free = max(place, free + GAP)
        ax.annotate(
            labels[n],
            (end, free),
            xycoords=("data", "axes fraction"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=colours[n],
            annotation_clip=False,
        )


def within(place: float) -> float:
    """A place on the axes: that of a line which leaves them is at their edge, that of one without an end at the top."""
    return min(max(place, 0.0), 1.0) if math.isfinite(place) else 1.0


def heatmap(
    matrix: Tensor,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    x: str,
    y: str,
    value: str,
    centre: float | None = None,
    limits: tuple[float, float] | None = None,
    numbers: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A matrix (T, S) as colours, with its numbers written in when it is small.

    `value` names what the colours mean; `centre` asks for a diverging map around that value.
    """
    matrix = torch.as_tensor(matrix).detach().cpu()
    T, S = matrix.shape
    small = T <= 12 and S <= 12
    ax = axes(ax, width=max(3.6, 1.9 + 0.45 * S), height=max(2.2, 1.0 + 0.36 * T))
    low, high = limits or (None, None)
    sns.heatmap(
        matrix.float().numpy(),
        ax=ax,
        cmap="vlag" if centre is not None else "cividis",
        center=centre,
        vmin=low,
        vmax=high,
        annot=small if numbers is None else numbers,
        fmt=".2f",
        annot_kws={"fontsize": 8},
        xticklabels=list(columns),
        yticklabels=list(rows),
        cbar_kws={"label": value},
    )
    ink(ax)
    ax.set(xlabel=x, ylabel=y)
    ax.tick_params(axis="y", rotation=0)
    ax.tick_params(axis="x", rotation=0 if all(len(c) <= 3 for c in columns) else 90)
    return ax


def ink(ax: Axes) -> None:
    """Write each number of a heatmap in black or white, whichever can be read on its ground (WCAG 2.2, 1.4.3)."""
    mesh = ax.collections[0]
    mesh.update_scalarmappable()
    grounds = mesh.get_facecolors()[~np.ma.getmaskarray(mesh.get_array()).ravel(), :3]
    linear = np.where(grounds <= 0.04045, grounds / 12.92, ((grounds + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    for text, bright in zip(ax.texts, luminance, strict=False):  # no texts where no numbers are written
        text.set_color("black" if bright > 0.179 else "white")


def bars(
    groups: dict[str, Sequence[float]],
    *,
    y: str,
    reference: tuple[str, float] | None = None,
    x: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The mean of each group as a bar, each of its values (one a seed) as a dot, where there is more than one.

    `reference` is a named level.
    """
    if not groups or not all(len(values) and all(map(math.isfinite, values)) for values in groups.values()):
        raise ValueError(f"groups must hold finite numbers, at least one each; {groups} came")
    ax = axes(ax, width=max(3.6, 1.2 + 1.1 * len(groups)))
    names = [name for name, values in groups.items() for _ in values]
    values = [float(value) for group in groups.values() for value in group]
    sns.barplot(x=names, y=values, errorbar=None, color="#A6C8E0", ax=ax)
    places = [list(groups).index(name) + 0.12 * math.sin(2.4 * n) for n, name in enumerate(names)]
    dots = [dot for dot, name in zip(zip(places, values, strict=True), names, strict=True) if len(groups[name]) > 1]
    if dots:  # seaborn's jitter would draw from numpy's generator
        ax.scatter(*zip(*dots, strict=True), color=PALETTE[0], s=25, zorder=3)
    if reference:
        name, level = reference
        ax.axhline(level, color=PALETTE[1], linestyle="--")
        ax.annotate(
            name,
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=PALETTE[1],
        )
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xlabel=x, ylabel=y)
    return ax
