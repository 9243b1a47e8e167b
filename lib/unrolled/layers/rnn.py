"""The simple recurrent network: one step (`RNNCell`) and a whole sequence (`RNN`).

    a = x W_xh + b_xh + h W_hh + b_hh      what comes in, and what is remembered
    h ← φ(a)                               the new state; φ is tanh or ReLU

Shapes: B batch, T time steps, D input features, H hidden units; vectors are rows.
Source: Elman (1990), "Finding structure in time", Cognitive Science 14; the form with two biases is torch's.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from . import expect
from .weights import add_weights, copy_from_torch, copy_to_torch, refuse_what_differs, sizes

NONLINEARITIES = {"tanh": torch.tanh, "relu": torch.relu}


class Trace(NamedTuple):
    """All that was computed: (B, H) each for one step, (B, T, H) for a sequence."""

    a: Tensor
    h: Tensor


class RNNCell(nn.Module):
    """One step: x (B, D) and the state h (B, H) to a trace."""

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh"):
        super().__init__()
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(f"nonlinearity must be one of {', '.join(NONLINEARITIES)}; {nonlinearity!r} came")
        self.nonlinearity = nonlinearity
        add_weights(self, input_size, hidden_size, blocks=1)

    def forward(self, x: Tensor, h: Tensor) -> Trace:
        expect.tensor("x", x, self.W_xh, "B", self.input_size)
        expect.tensor("h", h, self.W_xh, len(x), self.hidden_size)
        a = x @ self.W_xh + self.b_xh + h @ self.W_hh + self.b_hh
        return Trace(a, NONLINEARITIES[self.nonlinearity](a))

    def extra_repr(self) -> str:
        return f"{sizes(self)}, {self.nonlinearity}"


class RNN(nn.Module):
    """The cell applied along time: x (B, T, D), from a zero state unless `h0` (B, H) is given."""

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh"):
        super().__init__()
        self.input_size, self.hidden_size, self.nonlinearity = input_size, hidden_size, nonlinearity
        self.cell = RNNCell(input_size, hidden_size, nonlinearity)

    def forward(self, x: Tensor, h0: Tensor | None = None) -> Trace:
        expect.tensor("x", x, self.cell.W_xh, "B", "T", self.input_size)
        h = x.new_zeros(len(x), self.hidden_size) if h0 is None else h0
        expect.tensor("h0", h, self.cell.W_xh, len(x), self.hidden_size)
        steps = []
        for x_t in x.unbind(dim=1):  # (B, D), T times
            steps.append(self.cell(x_t, h))
            h = steps[-1].h
        return Trace(*(torch.stack(parts, dim=1) for parts in zip(*steps, strict=True)))

    @classmethod
    def from_torch(cls, module: nn.RNN) -> Self:
        """The same network with its trace open: one layer, one direction. Raises on what it can't take, by name."""
        refuse_what_differs(module, nn.RNN)
        with torch.device("meta"):  # no numbers yet, so none are drawn
            layer = cls(module.input_size, module.hidden_size, module.nonlinearity)
        copy_from_torch(layer.cell, module)
        return layer

    def to_torch(self) -> nn.RNN:
        """torch's own module with these weights, `batch_first=True`."""
        with torch.device("meta"):
            module = nn.RNN(self.input_size, self.hidden_size, nonlinearity=self.nonlinearity, batch_first=True)
        copy_to_torch(self.cell, module)
        return module
