"""What a page draws with: plots, pictures with alternative text, and pictures with controls."""

from .arrows import arrows
from .audio import listen, midi, sound, wav
from .cells import lstm_step, rnn_step
from .colours import GATE_COLOURS, PALETTE
from .explore import Explorer, explore
from .frames import frames
from .gates import coloured_text, gates
from .graph import graph
from .music import engraved, piano_roll
from .picture import image, picture
from .plots import bars, heatmap, lines
from .widgets.attention import Attention
from .widgets.clip import Clip
from .widgets.gate_lab import GateLab
from .widgets.paths import Paths
from .widgets.sampler import Sampler
from .widgets.slider import Slider, slider
from .widgets.training_watch import TrainingWatch
from .widgets.unroll import Reading, Unroll
from .widgets.word_map import WordMap
from .word_map import word_map

__all__ = [
    "GATE_COLOURS",
    "PALETTE",
    "Attention",
    "Clip",
    "Explorer",
    "GateLab",
    "Paths",
    "Reading",
    "Sampler",
    "Slider",
    "TrainingWatch",
    "Unroll",
    "WordMap",
    "arrows",
    "bars",
    "coloured_text",
    "engraved",
    "explore",
    "frames",
    "gates",
    "graph",
    "heatmap",
    "image",
    "lines",
    "listen",
    "lstm_step",
    "midi",
    "piano_roll",
    "picture",
    "rnn_step",
    "slider",
    "sound",
    "wav",
    "word_map",
]
