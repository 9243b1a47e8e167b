"""A gradient of two numbers before and after clipping, by norm and by value, and how far each turns it."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from ..arrows import arrows
from .widget import STYLE, Number, Widget, script

REACH = 5.0  # of both numbers, either way


class Clip(Widget):
    """`Clip((4, 2), limit=2)`: the first and second number of a gradient, and the limit of both ways of clipping.

    Raises traitlets.TraitError for a number beyond ±5 and for a limit outside 0.1 to 4; ValueError for a gradient of
    other than two numbers.
    """

    _esm, _css = script("clip"), STYLE
    controls = ("first", "second", "limit")

    first = Number(4.0, min=-REACH, max=REACH).tag(sync=True)
    second = Number(2.0, min=-REACH, max=REACH).tag(sync=True)
    limit = Number(2.0, min=0.1, max=4.0).tag(sync=True)

    def __init__(self, gradient: Sequence[float] = (4.0, 2.0), limit: float = 2.0):
        if len(gradient) != 2:
            raise ValueError(f"a gradient of two numbers is wanted; {len(gradient)} came")
        first, second = map(float, gradient)
        super().__init__(first=first, second=second, limit=float(limit))
        self.begin()

    def draw(self) -> tuple[Axes, str]:
        g, length = (self.first, self.second), (self.first**2 + self.second**2) ** 0.5
        norm = [number * min(1.0, self.limit / (length + 1e-6)) for number in g]
        value = [min(max(number, -self.limit), self.limit) for number in g]
        vectors = {"gradient": g, "by norm": norm, "by value": value}
        ax = arrows(vectors, x="first number", y="second number", limit=self.limit)
        tips = ", ".join(f"{name} ({x:.2f}, {y:.2f})" for name, (x, y) in vectors.items())
        return ax, f"Three arrows from one point, clipped at {self.limit:g}: {tips}."
