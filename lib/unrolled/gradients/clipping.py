"""Clipping: make a gradient short without stopping it.

    by norm     g ← g · min(1, m / (‖g‖ + 10⁻⁶))       all gradients taken as one long vector: keeps the direction
    by value    g_i ← min(max(g_i, −m), m)              every entry by itself: turns the direction

The 10⁻⁶ is torch's. Nothing is changed in place. An infinite or missing entry is refused: a norm of it says nothing.
Source: Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks, algorithm 1;
by value: Mikolov (2012), Statistical language models based on neural networks, section 3.2.2.
"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from . import expect


class Clipped(NamedTuple):
    gradients: list[Tensor]
    norm: float  # before clipping, as torch.nn.utils.clip_grad_norm_ returns it


def clip_by_norm(gradients: Iterable[Tensor], max_norm: float) -> Clipped:
    """The gradients, scaled together to a norm of at most `max_norm`, and the norm they had."""
    gradients, limit = checked("gradients", gradients), expect.positive("max_norm", max_norm)
    wide = torch.promote_types(gradients[0].dtype, torch.float32)  # squares of float16 overflow above 255
    norm = joined(gradients).to(wide).norm()
    if norm.isinf():  # finite entries, but their squares are not
        norm = joined(gradients).cpu().double().norm()
    scale = (limit / (norm + 1e-6)).clamp(max=1.0)
    return Clipped([(gradient.to(wide) * scale).to(gradient) for gradient in gradients], norm.item())


def clip_by_value(gradients: Iterable[Tensor], limit: float) -> list[Tensor]:
    """The gradients, every entry brought between −limit and limit."""
    expect.positive("limit", limit)
    return [gradient.clamp(-limit, limit) for gradient in checked("gradients", gradients)]


def angle(before: Iterable[Tensor], after: Iterable[Tensor]) -> float:
    """The angle in degrees between two lists of gradients, each taken as one long vector."""
    before, after = checked("before", before), checked("after", after)
    if [a.shape for a in before] != [b.shape for b in after]:
        raise ValueError(f"after must have the shapes of before, {listed(before)}; {listed(after)} came")
    u, v = joined(before).double(), joined(after).double()
    if not u.norm() or not v.norm():
        raise ValueError("before and after must each have an entry other than 0; a zero vector has no direction")
    u, v = u / u.norm(), v / v.norm()
    # half the angle by its tangent: exact near 0 and 180 degrees, where arccos(u·v) is not (Kahan, 2006)
    return torch.rad2deg(2 * torch.atan2((u - v).norm(), (u + v).norm())).item()


def checked(name: str, gradients: Iterable[Tensor]) -> list[Tensor]:
    """A list of finite gradients; of a generator such as `(p.grad for p in …)` too."""
    if isinstance(gradients, Tensor):
        raise TypeError(f"{name} must be a list of tensors; one tensor came. Write [tensor] for one alone")
    gradients = list(gradients)
    if not gradients:
        raise ValueError(f"{name} must hold at least one tensor; none came")
    for n, gradient in enumerate(gradients):
        if gradient is None:
            raise ValueError(f"{name}[{n}] must be a tensor; None came. Was backward() called?")
        if not expect.tensor(f"{name}[{n}]", gradient, like=gradients[0]).isfinite().all():
            raise ValueError(
                f"{name}[{n}] must hold finite numbers; an entry is infinite or not a number, no scale mends that"
            )
    return gradients


def joined(gradients: list[Tensor]) -> Tensor:
    return torch.cat([gradient.detach().flatten() for gradient in gradients])


def listed(gradients: list[Tensor]) -> str:
    return ", ".join(str(tuple(gradient.shape)) for gradient in gradients)
