"""Frames of a ball in its box: older ones paler, with the place it goes to and what networks guessed."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from .colours import PALETTE

GUESSES = {"no memory": PALETTE[1], "memory": PALETTE[0]}
MARKERS = {"no memory": "x", "memory": "+"}


def frames(
    path: Tensor, *, truth: Tensor | None = None, guesses: dict[str, Tensor] | None = None, ax: Axes | None = None
) -> Axes:
    """path (T, 2), the last frame darkest; `truth` (2,) as a ring, each of `guesses` (2,) as a cross."""
    ax = ax or plt.subplots(figsize=(4.6, 3.2), layout="constrained")[1]
    for age, (across, up) in enumerate(reversed(path.tolist())):
        ax.scatter(across, up, s=120, color="#333333", alpha=0.65**age, linewidths=0)
    if truth is not None:
        ax.scatter(*truth.tolist(), s=150, facecolors="none", edgecolors=PALETTE[2], linewidths=2, label="truth")
    for name, guess in (guesses or {}).items():
        ax.scatter(
            *guess.tolist(), marker=MARKERS.get(name, "x"), s=70, color=GUESSES.get(name, PALETTE[3]), label=name
        )
    if truth is not None or guesses:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    edge = max([1.15, *(0.1 + guess.abs().max().item() for guess in (guesses or {}).values())])
    ax.set(xlim=(-edge, edge), ylim=(-edge, edge), xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel="across", ylabel="up")
    ax.add_patch(plt.Rectangle((-1, -1), 2, 2, fill=False, color="#999999"))
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal")
    return ax
