"""What single units of a network track: how well the value of one unit tells a property of the text.

For a property that is true or false (inside quotes) the score is the area under the ROC curve: the chance that the
unit is higher at a step where it is true than at one where it is false; 0.5 is guessing. For a number (the column) it
is Pearson's correlation. A unit may be turned round: then its sign is −1, and its values are taken times −1.

The best of many units is good by luck alone, so it is chosen on one half of the text and scored on the other.
Shapes: T time steps, H hidden units.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Tracked(NamedTuple):
    """The unit that was chosen, whether it is turned round (−1), and its score on both halves."""

    unit: int
    sign: int
    chosen: float
    score: float


def areas(values: Tensor, label: Tensor) -> Tensor:
    """The area under the ROC curve of every unit: values (T, H), label (T,) true or false, to (H,)."""
    check(values, label)
    if label.dtype != torch.bool:
        raise TypeError(f"label must be boolean; {label.dtype} came")
    true = int(label.sum())
    false = len(label) - true
    if not true or not false:
        raise ValueError(f"label is {bool(true)} at every step; an area wants steps of both kinds")
    columns = values.T.contiguous()  # (H, T)
    ordered, wanted = columns.sort(dim=1).values, columns[:, label].contiguous()
    below, up_to = (torch.searchsorted(ordered, wanted, right=right) for right in (False, True))
    ranks = (below + up_to + 1).double() / 2  # of the true steps, from 1; equal values share the mean of theirs
    return (ranks.sum(dim=1) - true * (true + 1) / 2) / (true * false)


def correlations(values: Tensor, number: Tensor) -> Tensor:
    """Pearson's correlation of every unit with a number: values (T, H), number (T,), to (H,). Constant units get 0."""
    check(values, number)
    values, number = (part.double() - part.double().mean(dim=0) for part in (values, number))
    spread = values.norm(dim=0) * number.norm()
    return torch.where(spread > 0, number @ values / spread, 0.0)


def find(values: Tensor, target: Tensor) -> Tracked:
    """The best unit on the first half of the steps, scored on the second: values (T, H), target (T,)."""
    half = len(values) // 2
    one_half, other_half = (scores(values[part], target[part]) for part in (slice(half), slice(half, None)))
    unit = int(one_half.abs().argmax())
    sign = 1 if one_half[unit] >= 0 else -1
    plain = [sign * float(half_scores[unit]) for half_scores in (one_half, other_half)]
    if target.dtype == torch.bool:
        plain = [(1 + score) / 2 for score in plain]
    return Tracked(unit, sign, *plain)


def scores(values: Tensor, target: Tensor) -> Tensor:
    """Between −1 and 1 for every unit, 0 for one that says nothing: 2 · area − 1, or the correlation."""
    return 2 * areas(values, target) - 1 if target.dtype == torch.bool else correlations(values, target)


def check(values: Tensor, target: Tensor) -> None:
    """A sentence for what does not fit."""
    if values.ndim != 2 or target.shape != values.shape[:1]:
        wanted = "values (T, H) and one target for each step (T,)"
        raise ValueError(f"{wanted} are wanted; {tuple(values.shape)} and {tuple(target.shape)} came")
