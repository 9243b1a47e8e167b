"""A slider that a screen reader can read: a label, the browser's own range input, the value and its unit.

ipywidgets' own slider fails the accessibility check, so the course has this one.
"""

from pathlib import Path

import anywidget
import traitlets


class Slider(anywidget.AnyWidget):
    """State of one slider; `value` can be set and read from Python, and is whole where low, high and step are."""

    _esm = Path(__file__).with_suffix(".js")

    label = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    low = traitlets.Float().tag(sync=True)
    high = traitlets.Float().tag(sync=True)
    step = traitlets.Float().tag(sync=True)
    decimals = traitlets.Int().tag(sync=True)
    value = traitlets.Union([traitlets.Int(), traitlets.Float()]).tag(sync=True)
    received = traitlets.Int().tag(sync=True)  # how many moves have come; the front end waits for it before the next

    @traitlets.validate("value")
    def _inside(self, proposal: dict) -> float:
        value = proposal["value"]
        if not self.low <= value <= self.high:
            raise traitlets.TraitError(f"{self.label or 'value'} goes from {self.low:g} to {self.high:g}; {value} came")
        return round(value) if self.decimals == 0 else float(value)

    @traitlets.observe("value")
    def _count(self, _change: object) -> None:
        self.received += 1


def slider(
    low: float, high: float, value: float, *, step: float | None = None, unit: str = "", label: str = ""
) -> Slider:
    """A slider from `low` to `high`, starting at `value`; `step` is 1 where all three are whole, else a hundredth.

    Raises ValueError where low ≤ value ≤ high does not hold or the step isn't above 0.
    """
    whole = all(isinstance(number, int) for number in (low, high, value)) and not isinstance(step, float)
    step = (1 if whole else (high - low) / 100) if step is None else step
    if not (low <= value <= high and low < high and step > 0):
        raise ValueError(f"a slider needs low ≤ value ≤ high and a step above 0; {low}, {value}, {high}, {step} came")
    decimals = 0 if whole else next((n for n in range(1, 7) if abs(step * 10**n - round(step * 10**n)) < 1e-6), 6)
    made = Slider(label=label, unit=unit, low=low, high=high, step=step, decimals=decimals)
    made.value = value  # last, as its kind hangs on the others
    return made
