"""Many to one: read a sequence, then answer once, after the last step.

    h_1 … h_T = recurrent(x)            any recurrent layer
    y = h_T W_hy + b_y                  V numbers: logits of V classes, or a value

Shapes: B batch, T time steps, D input features, H hidden units, V numbers in the answer.
"""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled.layers import GRU, LSTM, RNN

TWINS = {nn.RNN: RNN, nn.LSTM: LSTM, nn.GRU: GRU}  # torch's layer, and ours that shows everything


class States(NamedTuple):
    """All that torch's layers let us see."""

    h: Tensor  # (B, T, H)


class Answer(NamedTuple):
    """What the model says, and the trace of its layer: `trace.h` always, the gates where the layer is ours."""

    y: Tensor  # (B, V)
    trace: NamedTuple


class Classifier(nn.Module):
    """`Classifier(LSTM(9, 32), 4)(x).y` are 4 logits for every sequence in x (B, T, D).

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
        trace = self.recurrent(x)
        if type(self.recurrent) in TWINS:
            trace = States(trace[0])  # torch gives (every h, last state)
        return Answer(trace.h[:, -1] @ self.W_hy + self.b_y, trace)

    def traced(self) -> "Classifier":
        """A copy with the same weights, in which torch's layer is replaced by ours."""
        twin = copy.deepcopy(self)
        if type(self.recurrent) in TWINS:
            twin.recurrent = TWINS[type(self.recurrent)].from_torch(self.recurrent)
        return twin


def refuse_unreadable(recurrent: nn.RNNBase) -> None:
    """ValueError for what would be read wrongly: with time first, the last sequence would pass for the last step."""
    if not recurrent.batch_first:
        raise ValueError("recurrent has batch_first=False; batch_first=True is wanted, so that x is (B, T, D)")
    if recurrent.num_layers != 1 or recurrent.bidirectional:
        raise ValueError(
            f"recurrent has num_layers={recurrent.num_layers}, bidirectional={recurrent.bidirectional}; "
            "one layer in one direction is wanted"
        )
