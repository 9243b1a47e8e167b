"""The weights that every recurrent cell has, and how they come from torch's modules and go back.

A cell with k blocks of columns holds W_xh (D, kH), W_hh (H, kH), b_xh (kH,) and b_hh (kH,). torch keeps the same
numbers as weight_ih_l0 (kH, D), weight_hh_l0 (kH, H), bias_ih_l0 and bias_hh_l0, its vectors being columns.
"""

import torch
from torch import nn

from . import expect

TORCH_NAMES = {"W_xh": "weight_ih_l0", "W_hh": "weight_hh_l0", "b_xh": "bias_ih_l0", "b_hh": "bias_hh_l0"}


def add_weights(cell: nn.Module, input_size: int, hidden_size: int, blocks: int) -> None:
    """Give `cell` its weights, uniform in ±1/√H as in torch.nn.RNNCell."""
    D, H = expect.size("input_size", input_size), expect.size("hidden_size", hidden_size)
    cell.input_size, cell.hidden_size = D, H
    bound = H**-0.5
    shapes = {"W_xh": (D, blocks * H), "W_hh": (H, blocks * H), "b_xh": (blocks * H,), "b_hh": (blocks * H,)}
    for name, shape in shapes.items():
        setattr(cell, name, nn.Parameter(torch.empty(shape).uniform_(-bound, bound)))


def refuse_what_differs(module: nn.Module, kind: type[nn.RNNBase]) -> None:
    """Refuse by name what a layer of this course can't take over from torch."""
    if not isinstance(module, kind):
        raise TypeError(f"from_torch wants a torch.nn.{kind.__name__}; a {type(module).__name__} came")
    wanted = {"num_layers": 1, "bidirectional": False, "bias": True, "proj_size": 0}
    for name, value in wanted.items():
        came = getattr(module, name)
        if came != value:
            raise ValueError(f"from_torch takes a module with {name}={value}; {name}={came} came")


@torch.no_grad()
def copy_from_torch(cell: nn.Module, module: nn.RNNBase) -> None:
    """Overwrite the weights of `cell`, bit for bit, in the dtype and on the device of `module`."""
    for ours, theirs in TORCH_NAMES.items():
        weight = getattr(module, theirs).detach()
        setattr(cell, ours, nn.Parameter(weight.mT.contiguous() if weight.ndim == 2 else weight.clone()))


@torch.no_grad()
def copy_to_torch(cell: nn.Module, module: nn.RNNBase) -> None:
    """The same in the other direction."""
    module.to(cell.W_xh.device, cell.W_xh.dtype)
    for ours, theirs in TORCH_NAMES.items():
        weight = getattr(cell, ours)
        getattr(module, theirs).copy_(weight.mT if weight.ndim == 2 else weight)
