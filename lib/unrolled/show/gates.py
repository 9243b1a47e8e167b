"""Gates over a text: the values of one unit at every token, and a text coloured by any number.

Shapes: B batch, T tokens, H hidden units.
"""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from torch import Tensor

from .colours import GATE_COLOURS

BETWEEN_0_AND_1 = "iforz"
LETTERS = {"family": "monospace", "fontsize": 9, "ha": "center", "va": "center", "annotation_clip": False}
WIDE, HIGH = 10 * 0.6 / 72, 0.19  # inches for a monospaced character of 10 points: 12 pixels at the 144 a picture has
LEFT, RIGHT, BOTTOM, ROW = 0.55, 0.1, 0.3, 0.55  # inches around the rows, and for each row


def gates(trace: NamedTuple, tokens: Sequence[str], *, unit: int, names: str | None = None) -> Figure:
    """A row of bars for every part of the trace (B=1, T, H), in its gate's colour, over the tokens it belongs to.

    `names` picks the rows ("foc"), in order; without, all that the trace has. Raises ValueError for what isn't there.
    """
    names = names or "".join(name for name in trace._fields if name in GATE_COLOURS)
    if missing := set(names) - set(trace._fields):
        raise ValueError(f"names has {missing.pop()!r}; the trace has {' '.join(trace._fields)}")
    shape = tuple(trace.h.shape)
    if shape[:2] != (1, len(tokens)) or not 0 <= unit < shape[2]:
        raise ValueError(f"trace of shape {shape} has no unit {unit} of one sequence with {len(tokens)} tokens")
    each = min(0.45, max(0.125, 9.0 / len(tokens), 0.1 * max(map(len, tokens))))  # inches a token
    width, height = LEFT + each * len(tokens) + RIGHT, BOTTOM + ROW * len(names)
    figure, rows = plt.subplots(len(names), 1, figsize=(width, height), squeeze=False)
    figure.subplots_adjust(LEFT / width, BOTTOM / height, 1 - RIGHT / width, 1 - 0.05 / height, hspace=0.3)
    for ax, name in zip(rows[:, 0], names, strict=True):
        bars(ax, name, getattr(trace, name)[0, :, unit].detach().cpu(), points=0.85 * 72 * each)
    for place, token in enumerate(tokens):
        rows[-1, 0].annotate(visible(token), (place, 0), (0, -8), ("data", "axes fraction"), "offset points", **LETTERS)
    return figure


def bars(ax: Axes, name: str, values: Tensor, points: float) -> None:
    """One row of bars this wide: gates from 0 to 1, all else around 0."""
    ax.vlines(range(len(values)), 0, values.tolist(), colors=GATE_COLOURS[name], linewidth=points)
    reach = max(1.0, values.abs().max().item())
    ax.set_ylim(*((0, 1.05) if name in BETWEEN_0_AND_1 else (-1.05 * reach, 1.05 * reach)))
    ax.set_xlim(-0.6, len(values) - 0.4)
    ax.axhline(0, color="#999999", linewidth=0.6)
    ax.set_ylabel(name, rotation=0, va="center", labelpad=8, color="#222222")
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.set_xticks([])
    ax.tick_params(axis="y", labelsize=7)


def visible(token: str) -> str:
    """Spaces and line breaks that can be seen; no sign of mathematics to matplotlib."""
    return {" ": "␣", "\n": "↵"}.get(token, token).replace("$", r"\$")


def coloured_text(text: str, values: Tensor, *, value: str, marks: Tensor | None = None, width: int = 72) -> Figure:
    """A text, each character on the colour of its value (T,); characters where `marks` (T,) is true are underlined.

    `value` names what the colours mean; white is 0, and values below it are violet. Lines longer than `width` are
    broken; line breaks are kept.
    """
    values = torch.as_tensor(values).detach().cpu()
    if len(values) != len(text) or not text or (marks is not None and len(marks) != len(text)):
        counts = f"{len(text)} characters, {len(values)} values"
        raise ValueError(f"each character wants one value (and one mark, if any); {counts} came")
    lines = broken(text, width)
    figure = plt.figure(figsize=(width * WIDE + 0.9, len(lines) * HIGH + 0.1))
    ax = figure.add_axes((0, 0, width * WIDE / figure.get_figwidth(), 1))
    grid = torch.full((len(lines), width), torch.nan)
    for row, line in enumerate(lines):
        grid[row, : len(line)] = values[line.start : line.stop]
        write(ax, row, text[line.start : line.stop], None if marks is None else marks[line.start : line.stop])
    place = {"extent": (0, width, len(lines), 0), "aspect": "auto"}
    scale = {"cmap": "PuOr_r", "norm": CenteredNorm()} if values.min() < 0 else {"cmap": "Oranges", "vmin": 0}
    image = ax.imshow(grid.numpy(), alpha=0.75, **scale, **place)
    ax.axis("off")
    bar = figure.colorbar(image, cax=figure.add_axes((1 - 0.75 / figure.get_figwidth(), 0.1, 0.012, 0.8)))
    bar.set_label(value, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def write(ax: Axes, row: int, line: str, marks: Tensor | None) -> None:
    """One line of text, the marked characters underlined."""
    written = line.replace("\n", " ").replace("$", r"\$")
    ax.text(0, row + 0.5, written, family="monospace", fontsize=10, va="center", clip_on=False)
    if marks is not None:
        under = [place for place, marked in enumerate(marks.tolist()) if marked]
        ax.hlines([row + 0.93] * len(under), under, [place + 1 for place in under], color="black", linewidth=1.4)


def broken(text: str, width: int) -> list[range]:
    """The places of each line's characters: a line ends after its line break, or when it is full."""
    lines, start = [], 0
    for place, character in enumerate(text):
        if character == "\n" or place - start == width - 1 or place == len(text) - 1:
            lines.append(range(start, place + 1))
            start = place + 1
    return lines
