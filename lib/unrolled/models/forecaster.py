"""Many to many: after every step, say what comes next.

    h_1 … h_T = recurrent(x)            any recurrent layer
    y_t = h_t W_hy + b_y                V numbers at every step

`without_memory` cuts the wire that leads back: the same network, step by step, with nothing carried along.
Shapes: B batch, T time steps, D input features, H hidden units, V numbers in a forecast.
"""

import copy

import torch
from torch import Tensor, nn

from .classifier import TWINS, Answer, States, refuse_unreadable


class Forecaster(nn.Module):
    """`Forecaster(RNN(2, 32), 2)(x).y` is a forecast (B, T, 2) after every step of x (B, T, 2).

    The layer is ours, or torch's with one layer, one direction and `batch_first=True`, which trains faster;
    `traced()` then gives the same model with our layer.
    """

    def __init__(self, recurrent: nn.Module, output_size: int):
        super().__init__()
        if type(recurrent) in TWINS:
            refuse_unreadable(recurrent)
        H = recurrent.hidden_size
        bound = H**-0.5  # as in torch.nn.Linear
        self.recurrent = recurrent
        self.W_hy = nn.Parameter(torch.empty(H, output_size).uniform_(-bound, bound))
        self.b_y = nn.Parameter(torch.empty(output_size).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Answer:
        """x (B, T, D) to y (B, T, V), with the trace of the layer."""
        trace = self.recurrent(x)
        if type(self.recurrent) in TWINS:
            trace = States(trace[0])  # torch gives (every h, last state)
        return Answer(trace.h @ self.W_hy + self.b_y, trace)

    def traced(self) -> "Forecaster":
        """A copy with the same weights, in which torch's layer is replaced by ours."""
        twin = copy.deepcopy(self)
        if type(self.recurrent) in TWINS:
            twin.recurrent = TWINS[type(self.recurrent)].from_torch(self.recurrent)
        return twin


def without_memory(rnn: nn.Module) -> nn.Module:
    """Set W_hh (H, H) of a simple RNN, ours or torch's, to zero for good: each step then sees its own input alone."""
    weight = rnn.weight_hh_l0 if isinstance(rnn, nn.RNN) else rnn.cell.W_hh
    weight.requires_grad_(False).zero_()
    return rnn
