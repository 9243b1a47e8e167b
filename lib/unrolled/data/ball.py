"""A ball in a box: where will it be in the next frame?

The ball moves on a straight line at constant speed and bounces off the four walls of the box from −1 to 1. A frame
tells where it is, never where it is going.

Shapes: B batch, T frames, D = 2 coordinates.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Batch(NamedTuple):
    """The frames that are seen, and for each the place in the frame after it."""

    x: Tensor  # (B, T, 2)
    y: Tensor  # (B, T, 2)


def sample(
    batch_size: int, length: int, generator: torch.Generator | None = None, speed: tuple[float, float] = (0.1, 0.3)
) -> Batch:
    """Balls from any place, in any direction, at a speed within the bounds (box widths are 2, a frame is a step)."""
    if batch_size < 1 or length < 1:
        raise ValueError(f"batch_size and length must be at least 1; {batch_size} and {length} came")
    place = torch.rand(batch_size, 1, 2, generator=generator) * 2 - 1  # (B, 1, 2)
    angle = torch.rand(batch_size, 1, 1, generator=generator) * 2 * math.pi
    low, high = speed
    length_of_step = low + (high - low) * torch.rand(batch_size, 1, 1, generator=generator)
    step = length_of_step * torch.cat([angle.cos(), angle.sin()], dim=-1)  # (B, 1, 2)
    frames = torch.arange(length + 1).view(1, -1, 1)  # (1, T + 1, 1)
    path = reflect(place + frames * step)
    return Batch(path[:, :-1], path[:, 1:])


def reflect(place: Tensor) -> Tensor:
    """Fold a straight line back into the box at every wall: a triangle wave of period 4."""
    return 1 - ((place + 1) % 4 - 2).abs()
