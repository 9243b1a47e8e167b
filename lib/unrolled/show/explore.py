"""A picture with controls: `show.explore(function, **controls)` draws what the function gives for their values."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .picture import image
from .widgets.keys import Keys
from .widgets.slider import Slider

Draw = Callable[..., tuple[Figure | Axes, str]]


class Explorer(ipywidgets.VBox):
    """Controls above, the picture below them, and a sentence that says what the picture shows and changes with it.

    `explorer.set(radius=1.2)` moves a control from Python; `explorer.sentence` is what the picture says now.
    """

    def __init__(self, function: Draw, controls: dict[str, ipywidgets.Widget]):
        self.function, self.controls = function, controls
        self.sentence, self.frame, self.says = "", ipywidgets.HTML(), ipywidgets.HTML()
        row = ipywidgets.HBox(list(controls.values()), layout={"flex_flow": "wrap"})
        super().__init__([row, self.frame, self.says, Keys()])
        self.draw()
        for control in controls.values():
            control.observe(self.draw, "value")

    def values(self) -> dict[str, Any]:
        """What each control says; a slider's number keeps its kind, though the browser sends 0.0 as 0."""
        return {name: own_kind(control) for name, control in self.controls.items()}

    def set(self, **values: Any) -> None:
        """Move controls by name. Raises ValueError for a name that isn't there."""
        for name, value in values.items():
            if name not in self.controls:
                raise ValueError(f"there is no control {name!r}; there are {', '.join(self.controls)}")
            self.controls[name].value = value

    def draw(self, _change: object = None) -> None:
        """Draw for the present values. What goes wrong is said under the picture, and raised."""
        before = set(plt.get_fignums())
        try:
            drawing, self.sentence = self.function(**self.values())
            self.frame.value = image(drawing, self.sentence)
        except Exception as error:
            self.frame.value = ""
            self.sentence = f"For these values there is no picture. {type(error).__name__}: {error}"
            for number in set(plt.get_fignums()) - before:  # half drawn; the next cell would show it
                plt.close(number)
            raise
        finally:
            self.says.value = f'<p role="status" style="max-width: 46em">{html.escape(self.sentence)}</p>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict | tuple:
        """The live widget; where no kernel runs, the picture as it was first drawn."""
        bundle = super()._repr_mimebundle_(**kwargs)
        (bundle[0] if isinstance(bundle, tuple) else bundle).update(
            {"text/plain": self.sentence, "text/html": self.frame.value + self.says.value}
        )
        return bundle


def own_kind(control: ipywidgets.Widget) -> Any:
    return float(control.value) if isinstance(control, Slider) and control.decimals else control.value


def explore(function: Draw, **controls: Any) -> Explorer:
    """A picture that follows its controls.

    `function(**values)` is pure and returns a figure (or axes) and the sentence that says what is to be seen. Each
    control is named as the argument that it sets: a `show.slider`, a list of texts to choose from, True or False for a
    check box, or any widget of ipywidgets with a `value`. A control's label is its name, underscores as spaces (but for
    the name of a weight, such as W_hh).
    """
    return Explorer(function, {name: control(name, value) for name, value in controls.items()})


def control(name: str, given: Any) -> ipywidgets.Widget:
    """The widget for what was given."""
    label = name if name != name.lower() else name.replace("_", " ")  # W_hh keeps its line
    if isinstance(given, Slider):
        given.label = given.label or label
        return given
    if isinstance(given, bool):
        return ipywidgets.Checkbox(value=given, description=label, indent=False)
    if isinstance(given, list | tuple):
        return ipywidgets.Dropdown(options=given, description=label, style={"description_width": "initial"})
    if isinstance(given, ipywidgets.Widget) and hasattr(given, "value"):
        given.description = given.description or label
        return given
    raise TypeError(f"{name} must be a slider, a list, True or False, or a widget; a {type(given).__name__} came")
