"""A tune seen: a piano roll, and sheet music.

A note is anything with `start` and `lasts`, in quarters, and `pitch`, MIDI's number.
Sheet music is drawn by verovio in a process of its own: some scores end the process that draws them.
"""

import base64
import html
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from IPython.display import HTML, display
from matplotlib.axes import Axes

from .colours import PALETTE
from .plots import axes

NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"]
SECONDS = 30.0  # that drawing a score may take
DRAW = """
import sys, verovio
verovio.enableLog(verovio.LOG_OFF)
kit = verovio.toolkit()
kit.setOptions({"pageWidth": 2100, "scale": 40, "adjustPageHeight": True, "header": "none", "footer": "none",
                "breaks": "auto", "pageHeight": 20000, "svgViewBox": True})
if not kit.loadData(sys.stdin.buffer.read().decode()):
    sys.exit("verovio can't read this score")
sys.stdout.buffer.write(kit.renderToSVG(1).encode())
"""


def piano_roll(notes: Sequence[Any], *, bars: Sequence[float] = (), ax: Axes | None = None) -> Axes:
    """A stroke for each note: along x when and how long, in quarters, along y its pitch; `bars` are bar lines."""
    if not notes:
        raise ValueError("notes is empty; at least one note is wanted")
    ax = axes(ax, width=8.0, height=2.8)
    for note in notes:
        ax.broken_barh(
            [(float(note.start), 0.94 * float(note.lasts))], (note.pitch - 0.4, 0.8), color=PALETTE[0], linewidth=0
        )
    for place in bars:
        ax.axvline(float(place), color="#cccccc", linewidth=0.8, zorder=0)
    low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
    ticks = [pitch for pitch in range(low, high + 1) if pitch % 12 in (0, 2, 4, 7, 9)]
    ax.set_yticks(ticks, [name(pitch) for pitch in ticks], fontsize=8)
    ax.set(xlabel="quarter notes from the beginning", ylabel="pitch", ylim=(low - 1, high + 1))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def name(pitch: int) -> str:
    """MIDI's number as a letter and an octave: 60 is C4, 69 is A4."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def engrave(musicxml: str, seconds: float = SECONDS) -> str:
    """Sheet music as SVG. ValueError, with the reason, where verovio refuses, breaks off or takes too long."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", DRAW], input=musicxml.encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"verovio did not finish within {seconds:g} s") from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["without a word"]
        how = f"was ended by signal {-done.returncode}" if done.returncode < 0 else f"broke off: {last[0]}"
        raise ValueError(f"verovio {how}")
    drawn = done.stdout.decode()
    if "<svg" not in drawn:
        raise ValueError("verovio drew nothing")
    return drawn


def sheet(musicxml: str, alt: str) -> str:
    """HTML with the sheet music and its alternative text; where it can't be drawn, the reason in its place."""
    if not alt.strip():
        raise ValueError(f"alt must say in words what the score shows; {alt!r} came")
    try:
        source = base64.b64encode(engrave(musicxml).encode()).decode()
    except ValueError as error:
        return f"<p>There is no sheet music of this tune: {html.escape(str(error))}.</p><p>{html.escape(alt)}</p>"
    return (
        f'<img alt="{html.escape(alt)}" width="800" style="max-width: 100%; background: white" '
        f'src="data:image/svg+xml;base64,{source}">'
    )


def engraved(musicxml: str, alt: str) -> None:
    """Show the sheet music."""
    display(HTML(sheet(musicxml, alt)))
