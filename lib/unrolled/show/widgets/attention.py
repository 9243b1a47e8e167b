"""Where each query looks: scores, mask and softmax of every cell, step by step, and what wrong choices do to them."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import traitlets
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from ..colours import PALETTE
from ..plots import heatmap
from .widget import STYLE, Number, Widget, answers, script

MOST = 24  # tokens, and keys
NUMBERS = 100_000  # in q and k together; what the browser is sent
MASKS = ["none", "causal", "padding", "causal and padding"]
BLOCKED, EXCHANGED, SCORES, WEIGHTS = WAYS = [
    "−∞ before the softmax",
    "True and False exchanged",
    "scores multiplied by the mask",
    "weights multiplied, after the softmax",
]


class Attention(Widget):
    """`Attention(words, q, k)`: tokens (T,), queries q (L, N, T, D), (N, T, D) or (T, D), keys k the same with S for T.

    - keys: the S names of the columns, where a sequence attends to another; else the tokens.
    - where: for each token the column, from 0, where it ought to look (T,), where that is known.
    - lengths: how many of the S keys are real, a number or a tensor of one; the rest is padding.
    - read: `read(words)` gives tokens, q and k (and keys, and where) of the reader's own text; `text` is the one that
      gave the first, the tokens unless said.
    - leading: what the leading axes are, {"layer": ["1", …], "head": ["1", …]} unless given.

    Any control's first value may be given by its name: `row=5, column=4, mask="causal"`. Layers, heads, rows and
    columns are counted from 1; one beyond the end is the last.
    Raises ValueError for shapes that don't fit, numbers that aren't finite, more than 24 tokens or keys;
    TypeError for a control that isn't there; traitlets.TraitError for a value that it can't have.
    """

    _esm, _css = script("attention"), STYLE
    controls = (
        *("view", "layer", "head", "row", "column"),
        *("mask", "length", "way", "sharpness", "scaled", "over", "text"),
    )

    view = traitlets.Enum(["map", "arcs"], "map").tag(sync=True)
    layer = traitlets.Int(1, min=1).tag(sync=True)
    head = traitlets.Int(1, min=1).tag(sync=True)
    row = traitlets.Int(1, min=1).tag(sync=True)  # the query
    column = traitlets.Int(1, min=1).tag(sync=True)  # the key
    mask = traitlets.Enum(MASKS, "none").tag(sync=True)
    length = traitlets.Int(None, min=0, allow_none=True).tag(sync=True)  # keys that are not padding
    way = traitlets.Enum(WAYS, BLOCKED).tag(sync=True)
    sharpness = Number(1.0, min=0.0, max=3.0).tag(sync=True)  # every query is multiplied by it
    scaled = traitlets.Bool(True).tag(sync=True)  # divided by √d_k
    over = traitlets.Enum(["keys", "queries"], "keys").tag(sync=True)  # what the softmax sums over
    text = traitlets.Unicode().tag(sync=True)
    reads = traitlets.Bool(False).tag(sync=True)
    leading = traitlets.List().tag(sync=True)  # [name, names] of the layers, then of the heads
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    key_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    q = traitlets.List().tag(sync=True)  # (L, N, T, D)
    k = traitlets.List().tag(sync=True)  # (L, N, S, D)
    where = traitlets.List(traitlets.Int()).tag(sync=True)  # (T,), or empty

    def __init__(
        self,
        tokens: Sequence[str],
        q: Tensor,
        k: Tensor,
        keys: Sequence[str] | None = None,
        where: Sequence[int] | Tensor | None = None,
        *,
        lengths: int | Tensor | None = None,
        read: Callable[[list[str]], Sequence[Any]] | None = None,
        leading: dict[str, Sequence[str]] | None = None,
        **state: Any,
    ):
        super().__init__()
        self.read, self.taken = read, state.get("text", " ".join(tokens)) if read else ""
        self.take(tokens, q, k, keys, where)
        self.leading = named(leading, q)
        self.reads, self.text = read is not None, self.taken
        self.length = None if lengths is None else one(lengths)
        for name, value in self.known(state).items():
            setattr(self, name, value)
        if not {"row", "column"} & set(state):
            self.row, self.column = strongest(self.weights())
        self.begin()

    def take(
        self,
        tokens: Sequence[str],
        q: Tensor,
        k: Tensor,
        keys: Sequence[str] | None = None,
        where: Sequence[int] | Tensor | None = None,
    ) -> None:
        """Show these instead."""
        keys = tokens if keys is None else keys
        q, k = fitting("q", q, "tokens", tokens), fitting("k", k, "keys", keys)
        if (q.shape[:2], q.shape[-1]) != (k.shape[:2], k.shape[-1]):
            raise ValueError(f"q and k must fit, apart from their tokens; {tuple(q.shape)} and {tuple(k.shape)} came")
        if q.numel() + k.numel() > NUMBERS:
            raise ValueError(f"q and k hold {q.numel() + k.numel():,} numbers; {NUMBERS:,} are the most")
        if self.q and q.shape[:2] != (len(self.q), len(self.q[0])):
            raise ValueError(f"q must have as many layers and heads as before; {tuple(q.shape)} came")
        if self.mask.startswith("causal") and len(tokens) != len(keys):
            raise ValueError(f"a causal mask wants as many keys as tokens; {len(keys)} and {len(tokens)} came")
        where = columns(where, len(tokens), len(keys))
        with self.hold_sync():
            self.tokens, self.key_names = list(tokens), list(keys)
            self.q, self.k, self.where = q.tolist(), k.tolist(), where
            self.row, self.column = min(self.row, len(tokens)), min(self.column, len(keys))
            self.length = self.length if self.length is None else min(self.length, len(keys))

    @traitlets.observe("text")
    @answers
    def _read_again(self, change: dict) -> None:
        if self.read is None:
            return
        if change["new"] != self.taken:
            words = change["new"].split()
            if not 1 <= len(words) <= MOST:
                raise ValueError(f"a text of 1 to {MOST} words is wanted; {len(words)} came")
            self.take(*self.read(words))
            self.taken = change["new"]
        if change["new"] == self.start.get("text"):  # a reset may have set these while the text was shorter
            for name in ("row", "column", "length"):
                setattr(self, name, self.start[name])

    @traitlets.validate("layer", "head", "row", "column", "length")
    def _there(self, proposal: dict) -> int | None:
        name, value = proposal["trait"].name, proposal["value"]
        if not self.q or value is None:
            return value
        most = {
            "layer": len(self.q),
            "head": len(self.q[0]),
            "row": len(self.tokens),
            "column": len(self.key_names),
            "length": len(self.key_names),
        }
        return min(value, most[name])

    @traitlets.observe("length")
    def _kept(self, change: dict) -> None:  # None passes by what validates
        if change["new"] is None and "padding" in self.mask:
            self.length = change["old"]
            raise traitlets.TraitError(f"the mask {self.mask!r} wants a length; None came")

    @traitlets.validate("mask")
    def _possible(self, proposal: dict) -> str:
        mask = proposal["value"]
        if "padding" in mask and self.length is None:
            raise traitlets.TraitError(f"the mask {mask!r} wants `lengths`")
        if "causal" in mask and len(self.tokens) != len(self.key_names):
            raise traitlets.TraitError(
                f"a causal mask wants as many keys as tokens; {len(self.key_names)} and {len(self.tokens)} are there"
            )
        return mask

    def allowed(self) -> Tensor:
        """(T, S), True where the present mask lets a query attend."""
        T, S = len(self.tokens), len(self.key_names)
        allowed = torch.ones(T, S, dtype=torch.bool)
        if "causal" in self.mask:
            allowed = allowed.tril()
        if "padding" in self.mask:
            allowed = allowed & (torch.arange(S) < self.length)
        return allowed

    def weights(self) -> Tensor:
        """(T, S), of the present state, with all its wrong choices, in float64."""
        q, k = (torch.tensor(x[self.layer - 1][self.head - 1], dtype=torch.float64) for x in (self.q, self.k))
        allowed, dim = self.allowed(), -1 if self.over == "keys" else -2
        scores = self.sharpness * (q @ k.mT) / (q.shape[-1] ** 0.5 if self.scaled else 1.0)
        if self.way == SCORES:
            return (scores * allowed).softmax(dim=dim)
        if self.way == WEIGHTS:
            return scores.softmax(dim=dim) * allowed
        open_ = allowed if self.way == BLOCKED or self.mask == "none" else ~allowed
        return scores.masked_fill(~open_, -torch.inf).softmax(dim=dim).nan_to_num(0.0)  # of −∞ alone: nothing

    def draw(self) -> tuple[Axes, str]:
        weights, t, s = self.weights(), self.row - 1, self.column - 1
        names = {"x": "key (column)", "y": f"query (row){' attends to' if len(self.tokens) > 4 else ''}"}
        plain = {
            side: [name.replace("$", r"\$") for name in these]  # else matplotlib reads mathematics
            for side, these in {"rows": self.tokens, "columns": self.key_names}.items()
        }
        ax = heatmap(weights, value="weight", limits=(0, 1), **plain, **names)
        for row, column in enumerate(self.where):
            ax.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor="#333333", linewidth=1.5, linestyle=":"))
        ax.add_patch(Rectangle((s, t), 1, 1, fill=False, edgecolor=PALETTE[1], linewidth=2))
        best = [alone(row) for row in weights]
        pairs = zip(self.tokens, best, weights.amax(dim=1).tolist(), strict=True)
        looks = ", ".join(
            f"“{token}” to {'nothing' if most == 0 else 'several alike' if b is None else f'“{self.key_names[b]}”'}"
            f" ({most:.2f})"
            for token, b, most in pairs
        )
        sums, hits = weights.sum(dim=1), sum(b == s for b, s in zip(best, self.where, strict=False))
        return ax, (
            f"Attention of {len(self.tokens)} queries to {len(self.key_names)} keys, each to its strongest: {looks}. "
            f"Framed: “{self.tokens[t]}” to “{self.key_names[s]}”, {weights[t, s]:.2f}. "
            f"Rows sum to {sums.min():.2f} at least, {sums.max():.2f} at most."
            + (f" The strongest cell is the right one (dotted) in {hits} of {len(best)} rows." if self.where else "")
        )


def fitting(name: str, x: Tensor, names: str, tokens: Sequence[str]) -> Tensor:
    """x as (L, N, T, D) in float64; refuse what has other sizes than its tokens, and too many of them."""
    if isinstance(tokens, str) or not 1 <= len(tokens) <= MOST:
        came = repr(tokens) if isinstance(tokens, str) else len(tokens)
        raise ValueError(f"{names} must be a list of 1 to {MOST}, to be seen at once; {came} came")
    if not isinstance(x, Tensor) or not 2 <= x.ndim <= 4 or 0 in x.shape or x.shape[-2] != len(tokens):
        came = tuple(x.shape) if isinstance(x, Tensor) else f"a {type(x).__name__}"
        raise ValueError(f"{name} must be a tensor (L, N, {len(tokens)}, D), one row for each of {names}; {came} came")
    x = x.detach().cpu().double()
    if not x.isfinite().all():
        raise ValueError(f"{name} must hold finite numbers; {x[~x.isfinite()][0]} came")
    return x[(None,) * (4 - x.ndim)]


def columns(where: Sequence[int] | Tensor | None, tokens: int, keys: int) -> list[int]:
    """One column for each token, or none at all."""
    where = [] if where is None else where.tolist() if isinstance(where, Tensor) else list(where)
    if where and (len(where) != tokens or not all(isinstance(s, int) and 0 <= s < keys for s in where)):
        raise ValueError(f"where must name for each of {tokens} tokens a column from 0 to {keys - 1}; {where} came")
    return where


def named(leading: dict[str, Sequence[str]] | None, q: Tensor) -> list:
    """Name and names of the layers, then of the heads; where there is one, nothing is chosen."""
    sizes = q.shape[:-2]
    if leading is None:
        names = ("layer", "head")[2 - len(sizes) :]
        leading = {name: [str(n + 1) for n in range(size)] for name, size in zip(names, sizes, strict=True)}
    if [len(names) for names in leading.values()] != list(sizes):
        came = {name: len(names) for name, names in leading.items()}
        raise ValueError(f"leading must name each of the leading axes {tuple(sizes)} of q; {came} came")
    pairs = [[name, list(names)] for name, names in leading.items()]
    return [["layer", ["1"]], ["head", ["1"]]][: 2 - len(pairs)] + pairs


def one(lengths: int | Tensor) -> int:
    """The length of the one sequence that is shown."""
    if isinstance(lengths, Tensor):
        if lengths.numel() != 1:
            raise ValueError(f"lengths must be one number, of the sequence shown; {tuple(lengths.shape)} came")
        lengths = lengths.item()
    if not isinstance(lengths, int) or isinstance(lengths, bool) or lengths < 0:
        raise ValueError(f"lengths must be a whole number of at least 0; {lengths!r} came")
    return lengths


def alone(row: Tensor) -> int | None:
    """The column of the largest weight of a row (S,), from 0; None where there is none, or several alike."""
    most = row.max()
    return int(row.argmax()) if most > 0 and (row > most - 1e-9).sum() == 1 else None


def strongest(weights: Tensor) -> tuple[int, int]:
    """Row and column of the largest weight, from 1."""
    place = int(weights.argmax())
    return place // weights.shape[1] + 1, place % weights.shape[1] + 1
