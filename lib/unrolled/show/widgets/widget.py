"""What the course's widgets have in common: state in traits, drawn in the browser, told in words.

The same file draws from saved state where no kernel runs; without JavaScript `figure()` stands in, with its text.
"""

import base64
import functools
import html
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ..colours import GATE_COLOURS, PALETTE
from ..picture import image

HERE = Path(__file__).parent
STYLE = (HERE / "kit.css").read_text(encoding="utf-8")


def script(name: str) -> str:
    """A widget's module: the colours, kit.js, then its own file (an anywidget module can't import a neighbour)."""
    colours = f"const GATE_COLOURS = {json.dumps(GATE_COLOURS)};\nconst PALETTE = {json.dumps(PALETTE)};\n"
    return colours + "".join((HERE / f"{file}.js").read_text(encoding="utf-8") for file in ("kit", name))


def packed(numbers: Tensor, kind: str = "<f8") -> str:
    """Numbers as `unpacked` of kit.js reads them: row by row in base64, float64 unless said."""
    return base64.b64encode(numbers.detach().cpu().contiguous().numpy().astype(kind).tobytes()).decode()


class Number(traitlets.Float):
    """A Float that is a number: the bounds of traitlets let NaN through, which no picture can show."""

    def validate(self, obj: traitlets.HasTraits, value: object) -> float:
        value = super().validate(obj, value)
        return self.error(obj, value) if math.isnan(value) else value


class Widget(anywidget.AnyWidget):
    """Traits that name a control are in `controls`; `reset()` brings them back to how they began."""

    controls: tuple[str, ...] = ()
    start = traitlets.Dict().tag(sync=True)  # the controls' first values
    problem = traitlets.Unicode().tag(sync=True)  # what went wrong, in words for the reader
    answered = traitlets.Int().tag(sync=True)  # how often Python has answered a control

    def known(self, state: dict[str, Any]) -> dict[str, Any]:
        """These first values of controls; raises TypeError for a name that is not a control."""
        for name in state:
            if name not in self.controls:
                raise TypeError(f"{type(self).__name__} has no control {name!r}; it has {', '.join(self.controls)}")
        return state

    def begin(self) -> None:
        """Call at the end of `__init__`: what the controls are now is what reset brings back."""
        self.start = {name: getattr(self, name) for name in self.controls}
        close_earlier(self)

    def reset(self) -> None:
        with self.hold_sync():
            for name, value in self.start.items():
                setattr(self, name, value)
            self.problem = ""

    def draw(self) -> tuple[Figure | Axes, str]:
        """The picture without a browser, and the text that says what it shows."""
        raise NotImplementedError

    def figure(self) -> str:
        """The picture of the present state as HTML, with its alternative text."""
        drawing, alt = self.draw()
        return f'{image(drawing, alt)}<p style="max-width: 46em">{html.escape(alt)}</p>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict | tuple:
        """The live widget; where it can't run, the static figure."""
        bundle = super()._repr_mimebundle_(**kwargs)
        drawing, alt = self.draw()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data.update({"text/plain": alt, "text/html": image(drawing, alt)})
        return bundle


MADE: dict[str, tuple[str, list[Widget]]] = {}  # by cell: its last run, and the widgets that it made


def close_earlier(widget: Widget) -> None:
    """Close what an earlier run of the same cell made: else every run leaves its widgets in the page that is saved."""
    shell = get_ipython()
    asked = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell, run = asked.get("metadata", {}).get("cellId"), asked.get("header", {}).get("msg_id")
    if cell is None:  # no JupyterLab
        return
    last, made = MADE.get(cell, (run, []))
    if last != run:
        for each in made:
            each.close()
        made = []
    MADE[cell] = run, [*made, widget]


def answers(observer: Callable) -> Callable:
    """An observer whose error reaches the reader in words. A ValueError is about the reader's own input: it is said,
    and the widget goes on as it was; anything else is said and raised."""

    @functools.wraps(observer)
    def answer(self: Widget, change: dict) -> None:
        try:
            observer(self, change)
            self.problem = ""
        except ValueError as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = f"Something went wrong here: {type(error).__name__}: {error}"
            raise
        finally:
            self.answered += 1

    return answer
