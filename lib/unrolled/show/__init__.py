"""What a page draws with: plots, pictures with alternative text, and pictures with controls."""

from .colours import GATE_COLOURS, PALETTE
from .explore import Explorer, explore
from .picture import image, picture
from .plots import bars, heatmap, lines
from .widgets.slider import Slider, slider

__all__ = [
    "GATE_COLOURS",
    "PALETTE",
    "Explorer",
    "Slider",
    "bars",
    "explore",
    "heatmap",
    "image",
    "lines",
    "picture",
    "slider",
]
