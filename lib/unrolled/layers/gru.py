"""The gated recurrent unit: one step (`GRUCell`) and a whole sequence (`GRU`).

    r = σ(x W_xr + b_xr + h W_hr + b_hr)            how much of the past the proposal sees
    z = σ(x W_xz + b_xz + h W_hz + b_hz)            how much of the past to keep
    n = tanh(x W_xn + b_xn + r ⊙ (h W_hn + b_hn))   the proposal
    h ← (1 − z) ⊙ n + z ⊙ h                         the state, which is also the output

The three blocks of columns stand side by side in `W_xh` (D, 3H) and `W_hh` (H, 3H), in torch's order.
Shapes: B batch, T time steps, D input features, H hidden units; vectors are rows.
Source: Cho et al. (2014), arXiv:1406.1078, equations 5 to 8. This is torch's form: r acts after the matrix product,
where Cho et al. let it act on h before.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from . import expect
from .gates import Force, check_names, hold
from .weights import add_weights, copy_from_torch, copy_to_torch, refuse_what_differs, sizes


class Trace(NamedTuple):
    """All that was computed: (B, H) each for one step, (B, T, H) for a sequence."""

    r: Tensor
    z: Tensor
    n: Tensor
    h: Tensor


class GRUCell(nn.Module):
    """One step: x (B, D) and the state h (B, H) to a trace. `force={"z": 1.0}` holds a gate at a value."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        add_weights(self, input_size, hidden_size, blocks=3)

    def forward(self, x: Tensor, h: Tensor, force: Force | None = None) -> Trace:
        expect.tensor("x", x, self.W_xh, "B", self.input_size)
        expect.tensor("h", h, self.W_xh, len(x), self.hidden_size)
        check_names(force, "rzn")
        x_r, x_z, x_n = (x @ self.W_xh + self.b_xh).chunk(3, dim=-1)  # (B, H) each
        h_r, h_z, h_n = (h @ self.W_hh + self.b_hh).chunk(3, dim=-1)
        r, z = hold(force, r=(x_r + h_r).sigmoid(), z=(x_z + h_z).sigmoid())
        (n,) = hold(force, n=(x_n + r * h_n).tanh())
        h = (1 - z) * n + z * h
        return Trace(r, z, n, h)

    extra_repr = sizes


class GRU(nn.Module):
    """The cell applied along time: x (B, T, D), from a zero state unless `h0` (B, H) is given."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.cell = GRUCell(input_size, hidden_size)

    def forward(self, x: Tensor, h0: Tensor | None = None, force: Force | None = None) -> Trace:
        expect.tensor("x", x, self.cell.W_xh, "B", "T", self.input_size)
        h = x.new_zeros(len(x), self.hidden_size) if h0 is None else h0
        expect.tensor("h0", h, self.cell.W_xh, len(x), self.hidden_size)
        steps = []
        for x_t in x.unbind(dim=1):  # (B, D), T times
            steps.append(self.cell(x_t, h, force))
            h = steps[-1].h
        return Trace(*(torch.stack(parts, dim=1) for parts in zip(*steps, strict=True)))

    @classmethod
    def from_torch(cls, module: nn.GRU) -> Self:
        """The same network with its trace open: one layer, one direction. Raises on what it can't take, by name."""
        refuse_what_differs(module, nn.GRU)
        with torch.device("meta"):  # no numbers yet, so none are drawn
            layer = cls(module.input_size, module.hidden_size)
        copy_from_torch(layer.cell, module)
        return layer

    def to_torch(self) -> nn.GRU:
        """torch's own module with these weights, `batch_first=True`."""
        with torch.device("meta"):
            module = nn.GRU(self.input_size, self.hidden_size, batch_first=True)
        copy_to_torch(self.cell, module)
        return module
