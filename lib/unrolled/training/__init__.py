"""Training and sampling. This room knows no model by name: it takes a model and functions as they are handed.

from unrolled.training import fit, save, load, seed_everything, pick_device, generate
"""

from unrolled.training.checkpoint import CheckpointError, load, notes, save
from unrolled.training.device import fast_dtype, pick_device, seed_everything
from unrolled.training.fit import History, Step, fit
from unrolled.training.sample import distribution, draw, generate

__all__ = [
    "CheckpointError",
    "History",
    "Step",
    "distribution",
    "draw",
    "fast_dtype",
    "fit",
    "generate",
    "load",
    "notes",
    "pick_device",
    "save",
    "seed_everything",
]
