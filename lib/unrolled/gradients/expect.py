"""What a function here expects, and the sentence that a reader gets otherwise: argument, what was wanted, what came.

Shapes: B batch, T time steps, D input features, H hidden units.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Weights(Protocol):
    """What a backward pass needs of a cell; a cell of `unrolled.layers` is one as it stands."""

    W_xh: Tensor  # (D, kH), k blocks of H columns: 1 for the RNN, 4 for the LSTM
    W_hh: Tensor  # (H, kH)
    b_xh: Tensor  # (kH,)
    b_hh: Tensor  # (kH,)


class Sizes(NamedTuple):
    B: int
    T: int
    D: int
    H: int


def tensor(name: str, value: object, shape: tuple[int, ...] | None = None, like: Tensor | None = None) -> Tensor:
    """`value`, if it is a floating-point tensor of this shape, of the dtype and on the device of `like`."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a tensor; a {type(value).__name__} came")
    if not value.is_floating_point():
        raise TypeError(f"{name} must hold floating-point numbers; {value.dtype} came")
    if shape is not None and tuple(value.shape) != shape:
        raise ValueError(f"{name} must have shape {shape}; {tuple(value.shape)} came")
    if like is not None and (value.dtype, value.device) != (like.dtype, like.device):
        raise TypeError(f"{name} must be {like.dtype} on {like.device}; {value.dtype} on {value.device} came")
    return value


def sequences(x: object) -> Tensor:
    """`x`, if it is a batch of sequences (B, T, D) with something in it."""
    if tensor("x", x).dim() != 3:
        raise ValueError(f"x must have shape (B, T, D): batch, time, features; {tuple(x.shape)} came")
    if 0 in x.shape:
        raise ValueError(f"x must hold at least one sequence, one step and one feature; shape {tuple(x.shape)} came")
    return x


def sizes(x: object, weights: Weights, blocks: int) -> Sizes:
    """B, T, D and H, if x (B, T, D) and the weights, with `blocks` blocks of H columns, fit each other."""
    B, T, D = sequences(x).shape
    if tensor("W_hh", weights.W_hh).dim() != 2:
        raise ValueError(f"W_hh must be a matrix; shape {tuple(weights.W_hh.shape)} came")
    H = len(weights.W_hh)
    columns = blocks * H
    tensor("W_hh", weights.W_hh, (H, columns), like=x)
    tensor("W_xh", weights.W_xh, (D, columns), like=x)
    tensor("b_xh", weights.b_xh, (columns,), like=x)
    tensor("b_hh", weights.b_hh, (columns,), like=x)
    return Sizes(B, T, D, H)


def state(name: str, given: Tensor | None, x: Tensor, H: int) -> Tensor:
    """The first state (B, H): as given, or zeros."""
    return x.new_zeros(len(x), H) if given is None else tensor(name, given, (len(x), H), like=x)


def close(came: Tensor, wanted: Tensor) -> bool:
    """Equal but for rounding, which grows with the largest number there is; a run that broke may hold NaN."""
    room = max(1e-5, 10 * torch.finfo(wanted.dtype).eps)
    largest = wanted.abs().nan_to_num(posinf=0.0).max().clamp(min=1.0)
    return torch.allclose(came, wanted, rtol=room, atol=room * largest.item(), equal_nan=True)


def positive(name: str, value: object) -> float:
    """`value`, if it is a number above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number; a {type(value).__name__} came")
    if not value > 0:
        raise ValueError(f"{name} must be above 0; {value} came")
    return value


def window(value: object) -> int | None:
    """The length of a window in whole steps; None for no truncation."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"window must be a whole number of steps, or None; a {type(value).__name__} came")
    if value is not None and value < 1:
        raise ValueError(f"window must be at least 1 step, or None for no truncation; {value} came")
    return value
