"""What a layer expects of its inputs, and the sentence that a reader gets instead of a matrix product's complaint."""

import torch
from torch import Tensor


def tensor(name: str, value: object, like: Tensor, *sizes: int | str) -> None:
    """Refuse a `value` that is no float tensor of these sizes, of the dtype and on the device of `like`.

    A size given as a letter ("B", "T") may be anything from 1 up.
    Raises TypeError or ValueError, naming the argument, what came and what was wanted.
    """
    wanted = "(" + ", ".join(map(str, sizes)) + ("," if len(sizes) == 1 else "") + ")"
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a tensor of shape {wanted}; a {type(value).__name__} came")
    came = tuple(value.shape)
    fits = len(came) == len(sizes) and all(
        c == s if isinstance(s, int) else c > 0 for c, s in zip(came, sizes, strict=True)
    )
    if not fits:
        empty = " (nothing may be empty)" if 0 in came else ""
        raise ValueError(f"{name} must have shape {wanted}; {came} came{empty}")
    if not value.is_floating_point():
        raise TypeError(f"{name} must hold floating-point numbers; {value.dtype} came")
    if not may_meet(value, like):
        raise TypeError(f"{name} must be {like.dtype}, as the weights are; {value.dtype} came")
    if value.device != like.device:
        raise ValueError(f"{name} must be on {like.device}, where the weights are; it is on {value.device}")


def may_meet(a: Tensor, b: Tensor) -> bool:
    """Are they of one dtype, or does autocast see to it?"""
    return a.dtype == b.dtype or torch.is_autocast_enabled(b.device.type)


def indices(name: str, value: object, below: int) -> None:
    """Refuse a `value` that is no integer tensor with entries from 0 to `below` − 1."""
    whole_numbers(name, value)
    outside = value[(value < 0) | (value >= below)]
    if outside.numel():
        raise ValueError(f"{name} must lie between 0 and {below - 1}; {outside[0].item()} came")


def whole_numbers(name: str, value: object) -> None:
    """Refuse a `value` that is no tensor of whole numbers."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a tensor of whole numbers; a {type(value).__name__} came")
    if value.dtype not in (torch.int64, torch.int32):
        raise TypeError(f"{name} must hold whole numbers (torch.long); {value.dtype} came")


def size(name: str, value: object) -> int:
    """A size as handed to a constructor: a whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; {value!r} came")
    return value
