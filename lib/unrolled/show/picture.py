"""Every picture of the course goes through here, so that each has its alternative text."""

import base64
import html
import io

import matplotlib.pyplot as plt
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def image(drawing: Figure | Axes, alt: str) -> str:
    """The figure as an HTML image with its alternative text; the figure is closed.

    JupyterLab ignores the alternative text of a plain PNG, hence HTML.
    Raises TypeError for anything but a figure or axes, ValueError where the text is empty.
    """
    figure = drawing.get_figure(root=True) if isinstance(drawing, Axes) else drawing
    if not isinstance(figure, Figure):
        raise TypeError(f"drawing must be a matplotlib figure or axes; a {type(drawing).__name__} came")
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say in words what the picture shows; {alt!r} came")
    png = io.BytesIO()
    try:
        figure.savefig(png, format="png", dpi=144, facecolor="white")
    finally:
        plt.close(figure)  # else the inline backend shows it again, without its text
    source = f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
    width = f"{96 * figure.get_figwidth():.0f}"
    return f'<img alt="{html.escape(alt)}" width="{width}" style="max-width: 100%" src="{source}">'


def picture(drawing: Figure | Axes, alt: str) -> None:
    """Show a figure with its alternative text, which says what is to be seen, with numbers from the data."""
    display(HTML(image(drawing, alt)))
