"""The weights that every recurrent cell has, and how they come from torch's modules and go back.

A cell with k blocks of columns holds W_xh (D, kH), W_hh (H, kH), b_xh (kH,) and b_hh (kH,). torch keeps the same
numbers as weight_ih_l0 (kH, D), weight_hh_l0 (kH, H), bias_ih_l0 and bias_hh_l0, its vectors being columns.
"""

import torch
from torch import Tensor, nn

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


def copy_from_torch(cell: nn.Module, module: nn.RNNBase) -> None:
    """Replace the weights of `cell` by those of `module`, bit for bit, in its dtype and on its device."""
    for ours, theirs in TORCH_NAMES.items():
        setattr(cell, ours, taken_over(getattr(module, theirs)))


def copy_to_torch(cell: nn.Module, module: nn.RNNBase) -> None:
    """The same in the other direction."""
    for ours, theirs in TORCH_NAMES.items():
        hand_over([getattr(cell, ours)], module, theirs)
    module.flatten_parameters()  # on a GPU, cuDNN wants them in one piece


def taken_over(weight: Tensor) -> nn.Parameter:
    """A copy of torch's weight or bias in our layout, frozen if it was."""
    copy = turned(weight.detach()).clone(memory_format=torch.contiguous_format)
    return nn.Parameter(copy, requires_grad=weight.requires_grad)


def hand_over(weights: list[Tensor], module: nn.Module, name: str) -> None:
    """Make a copy of these, one below the other in torch's layout, the parameter `name` of a torch module."""
    copy = torch.cat([turned(weight.detach()) for weight in weights])
    setattr(module, name, nn.Parameter(copy, requires_grad=any(weight.requires_grad for weight in weights)))


def turned(weight: Tensor) -> Tensor:
    """A matrix between torch's layout and ours; a bias as it is."""
    return weight.mT if weight.ndim == 2 else weight


def sizes(cell: nn.Module) -> str:
    """What a cell shows of itself when it is printed."""
    return f"{cell.input_size}, {cell.hidden_size}"
