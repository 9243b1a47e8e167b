"""Long short-term memory: one step (`LSTMCell`) and a whole sequence (`LSTM`).

    i = σ(x W_xi + b_xi + h W_hi + b_hi)        how much to write
    f = σ(x W_xf + b_xf + h W_hf + b_hf)        how much to keep
    g = tanh(x W_xg + b_xg + h W_hg + b_hg)     what to write
    o = σ(x W_xo + b_xo + h W_ho + b_ho)        how much to show
    c ← f ⊙ c + i ⊙ g                           the memory
    h ← o ⊙ tanh(c)                             what the rest of the network sees

The four blocks of columns stand side by side in `W_xh` (D, 4H) and `W_hh` (H, 4H), in torch's order.
Shapes: B batch, T time steps, D input features, H hidden units; vectors are rows.
Source: Hochreiter and Schmidhuber (1997), Neural Computation 9; the forget gate is of Gers, Schmidhuber and Cummins
(2000), Neural Computation 12.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from . import expect
from .gates import Force, check_names, hold
from .weights import add_weights, copy_from_torch, copy_to_torch, refuse_what_differs, sizes


class State(NamedTuple):
    """What one step hands to the next."""

    h: Tensor  # (B, H)
    c: Tensor  # (B, H)


class Trace(NamedTuple):
    """All that was computed: (B, H) each for one step, (B, T, H) for a sequence."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


class LSTMCell(nn.Module):
    """One step: x (B, D) and a state (h, c), each (B, H), to a trace. `force={"f": 1.0}` holds a gate at a value."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        add_weights(self, input_size, hidden_size, blocks=4)

    def forward(self, x: Tensor, state: State, force: Force | None = None) -> Trace:
        expect.tensor("x", x, self.W_xh, "B", self.input_size)
        check_names(force, "ifgo")
        h, c = pair(state)
        expect.tensor("state's h", h, self.W_xh, len(x), self.hidden_size)
        expect.tensor("state's c", c, self.W_xh, len(x), self.hidden_size)
        i, f, g, o = (x @ self.W_xh + self.b_xh + h @ self.W_hh + self.b_hh).chunk(4, dim=-1)  # (B, H) each
        i, f, g, o = hold(force, i=i.sigmoid(), f=f.sigmoid(), g=g.tanh(), o=o.sigmoid())
        c = f * c + i * g
        h = o * c.tanh()
        return Trace(i, f, g, o, c, h)

    extra_repr = sizes


class LSTM(nn.Module):
    """The cell applied along time: x (B, T, D), from a zero state unless a pair (h, c) is given, each (B, H)."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.cell = LSTMCell(input_size, hidden_size)

    def forward(self, x: Tensor, state: State | None = None, force: Force | None = None) -> Trace:
        expect.tensor("x", x, self.cell.W_xh, "B", "T", self.input_size)
        if state is None:
            zeros = x.new_zeros(len(x), self.hidden_size)
            state = State(h=zeros, c=zeros)
        steps = []
        for x_t in x.unbind(dim=1):  # (B, D), T times
            step = self.cell(x_t, state, force)
            state = State(step.h, step.c)
            steps.append(step)
        return Trace(*(torch.stack(parts, dim=1) for parts in zip(*steps, strict=True)))

    @classmethod
    def from_torch(cls, module: nn.LSTM) -> Self:
        """The same network with its trace open: one layer, one direction. Raises on what it can't take, by name."""
        refuse_what_differs(module, nn.LSTM)
        with torch.device("meta"):  # no numbers yet, so none are drawn
            layer = cls(module.input_size, module.hidden_size)
        copy_from_torch(layer.cell, module)
        return layer

    def to_torch(self) -> nn.LSTM:
        """torch's own module with these weights, `batch_first=True`."""
        with torch.device("meta"):
            module = nn.LSTM(self.input_size, self.hidden_size, batch_first=True)
        copy_to_torch(self.cell, module)
        return module


def pair(state: State) -> State:
    """The state as (h, c); a lone tensor, the usual slip of one who comes from an RNN, gets a sentence."""
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise TypeError(f"state must be a pair (h, c), each (B, H); a {type(state).__name__} came")
    return State(*state)
