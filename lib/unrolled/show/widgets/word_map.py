"""Word vectors as points, turned and searched; what the picture makes neighbours beside the neighbours that are.

Shapes: F moments of training, N words, D features, A axes, k neighbours.
"""

import math
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from ..word_map import word_map
from .widget import STYLE, Widget, packed, script

MOST, NEAR = 500, 15  # words, which are drawn at once; neighbours, which are listed


class WordMap(Widget):
    """`WordMap(words, vectors, project, nearest, nearest_drawn)`: N words and their vectors (N, D), or (F, N, D) at F
    moments of training, which `moments` name.

    - project: `project(vectors)` gives each vector's place on the axes, (N, D) to (N, A), A from 2 to 10.
    - nearest, nearest_drawn: `nearest(vectors, k)` gives the k nearest of each, by what counts (N, k);
      `nearest_drawn(points, k)` those in a picture, whose points are (N, 2) or (N, 3).
    - tries: words that get a button.

    `view` is "2-D" or "3-D", on the axes `across`, `up` and `deep`, counted from 1; `turn` and `tilt` are in degrees;
    `moment` counts from 1; an axis or moment beyond the end is the last. Raises ValueError for sizes that don't fit,
    numbers that aren't finite, more than 500 words, a word that is not among them.
    """

    _esm, _css = script("word_map"), STYLE
    controls = ("word", "k", "view", "across", "up", "deep", "turn", "tilt", "moment")

    word = traitlets.Unicode().tag(sync=True)
    k = traitlets.Int(10, min=3, max=NEAR).tag(sync=True)
    view = traitlets.Enum(["2-D", "3-D"], "2-D").tag(sync=True)
    across = traitlets.Int(1, min=1).tag(sync=True)
    up = traitlets.Int(2, min=1).tag(sync=True)
    deep = traitlets.Int(3, min=1).tag(sync=True)
    turn = traitlets.Int(30, min=-180, max=180).tag(sync=True)
    tilt = traitlets.Int(20, min=-90, max=90).tag(sync=True)
    moment = traitlets.Int(1, min=1).tag(sync=True)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)  # N
    tries = traitlets.List(traitlets.Unicode()).tag(sync=True)
    moments = traitlets.List(traitlets.Unicode()).tag(sync=True)  # F
    dimensions = traitlets.Int().tag(sync=True)  # D
    axes = traitlets.Int().tag(sync=True)  # A
    points = traitlets.Unicode().tag(sync=True)  # (F, N, A), float32 in base64
    near = traitlets.Unicode().tag(sync=True)  # (F, N, 15), indices of the true neighbours, uint16 in base64
    cosines = traitlets.Unicode().tag(sync=True)  # (F, N, 15), float32 in base64
    spread = traitlets.List(traitlets.Float()).tag(sync=True)  # (F,) the variance in all D dimensions

    def __init__(
        self,
        words: Sequence[str],
        vectors: Tensor,
        project: Callable[[Tensor], Tensor],
        nearest: Callable[[Tensor, int], Tensor],
        nearest_drawn: Callable[[Tensor, int], Tensor],
        *,
        moments: Sequence[str] = ("now",),
        word: str | None = None,
        tries: Sequence[str] = (),
    ):
        super().__init__()
        vectors = fitting(vectors, words, moments)
        self.nearest_drawn = nearest_drawn
        self.drawn = torch.stack([torch.as_tensor(project(each)).detach().cpu().float() for each in vectors])
        if self.drawn.shape[:2] != vectors.shape[:2] or not 2 <= self.drawn.shape[2] <= 10:
            raise ValueError(f"project must give ({len(words)}, 2 to 10); {tuple(self.drawn.shape[1:])} came")
        self.true = torch.stack([nearest(each, NEAR) for each in vectors])
        unit = F.normalize(vectors, dim=2)
        cosines = (unit[:, :, None] * unit[torch.arange(len(unit))[:, None, None], self.true]).sum(dim=3)
        self.words, self.moments, self.tries = list(words), list(moments), list(tries)
        self.dimensions, self.axes = vectors.shape[2], self.drawn.shape[2]
        self.points, self.cosines = packed(self.drawn, "<f4"), packed(cosines, "<f4")
        self.near = packed(self.true, "<u2")
        self.spread = vectors.var(dim=1).sum(dim=1).tolist()
        self.word, self.moment = self.words[0] if word is None else word, len(moments)
        self.deep = min(3, self.axes)
        self.begin()

    @traitlets.validate("word")
    def _drawn(self, proposal: dict) -> str:
        if self.words and proposal["value"] not in self.words:
            raise ValueError(f"{proposal['value']!r} is not among the {len(self.words)} words drawn")
        return proposal["value"]

    @traitlets.observe("word")
    def _found(self, change: dict) -> None:
        self.problem = ""  # of a search before it

    @traitlets.validate("across", "up", "deep", "moment")
    def _there(self, proposal: dict) -> int:
        most = len(self.moments) if proposal["trait"].name == "moment" else self.axes
        return min(proposal["value"], most or proposal["value"])

    def place(self) -> Tensor:
        """The words' places on the axes chosen, at the present moment: (N, 2) or (N, 3), float64."""
        chosen = [self.across - 1, self.up - 1, self.deep - 1][: int(self.view[0])]
        return self.drawn[self.moment - 1][:, chosen].double()

    def draw(self) -> tuple[Figure, str]:
        points, n, k = self.place(), self.words.index(self.word), self.k
        true, drawn = self.true[self.moment - 1, :, :k], self.nearest_drawn(points, k)
        kept = (true[:, :, None] == drawn[:, None, :]).any(dim=2).double().mean(dim=1)
        names = [f"axis {self.across}", f"axis {self.up}"] if self.view == "2-D" else ["", ""]
        ax = plt.subplots(figsize=(7, 4.8))[1]
        ax.figure.subplots_adjust(left=0.1, right=0.99, bottom=0.11, top=0.98)  # half the time of a layout worked out
        seen = points if self.view == "2-D" else turned(points, self.turn, self.tilt)[:, :2]
        sets = {"true": true[n].tolist(), "drawn": drawn[n].tolist(), "x": names[0], "y": names[1], "ax": ax}
        word_map(seen, self.words, chosen=n, **sets)
        keeps = [self.words[m] for m in true[n].tolist() if m in drawn[n].tolist()]
        return ax.figure, (
            f"Of the {k} nearest to “{self.word}” in all {self.dimensions} dimensions, "
            f"the picture in {self.view} keeps {len(keeps)}{': ' if keeps else ''}{', '.join(keeps)}. "
            f"Over all {len(self.words)} words it keeps {100 * kept.mean():.0f}\u00a0%. "
            f"Training: {self.moments[self.moment - 1]}."
        )


def turned(points: Tensor, turn: float, tilt: float) -> Tensor:
    """Points (N, 3) turned about the upright axis, then tilted towards the eye, in degrees; the third is depth."""
    (ct, st), (cp, sp) = ((math.cos(angle), math.sin(angle)) for angle in (math.radians(turn), math.radians(tilt)))
    x, y, z = points.unbind(1)
    back = ct * z - st * x
    return torch.stack([ct * x + st * z, cp * y - sp * back, sp * y + cp * back], dim=1)


def fitting(vectors: Tensor, words: Sequence[str], moments: Sequence[str]) -> Tensor:
    """vectors as (F, N, D); refuse sizes that don't fit."""
    if not isinstance(vectors, Tensor) or vectors.ndim not in (2, 3):
        came = tuple(vectors.shape) if isinstance(vectors, Tensor) else f"a {type(vectors).__name__}"
        raise ValueError(f"vectors must be a tensor (N, D) or (F, N, D); {came} came")
    vectors = vectors.detach().cpu() if vectors.ndim == 3 else vectors.detach().cpu()[None]
    if vectors.shape[:2] != (len(moments), len(words)):
        raise ValueError(
            f"vectors must be for {len(moments)} moments and {len(words)} words; {tuple(vectors.shape[:2])} came"
        )
    if not NEAR < len(words) <= MOST:
        raise ValueError(f"{NEAR + 1} to {MOST} words are drawn; {len(words)} came")
    if not vectors.isfinite().all():
        raise ValueError("vectors must hold finite numbers")
    return vectors
