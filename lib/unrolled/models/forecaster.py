"""Many to many: after every step, say what comes next.

    h_1 … h_T = recurrent(x)            any recurrent layer
    y_t = h_t W_hy + b_y                V numbers at every step

`without_memory` cuts the wire that leads back: the same network, step by step, with nothing carried along.
Shapes: B batch, T time steps, D input features, H hidden units, V numbers in a forecast.
"""

from torch import Tensor, nn

from .recurrent import Answer, readout, refuse_unreadable, run, traced


class Forecaster(nn.Module):
    """`Forecaster(RNN(2, 32), 2)(x).y` is a forecast (B, T, 2) after every step of x (B, T, 2).

    The layer is ours, or torch's with one layer, one direction and `batch_first=True`, which trains faster;
    `traced()` then gives the same model with our layer.
    """

    def __init__(self, recurrent: nn.Module, output_size: int):
        super().__init__()
        refuse_unreadable(recurrent)
        self.recurrent = recurrent
        self.W_hy, self.b_y = readout(recurrent.hidden_size, output_size)

    def forward(self, x: Tensor) -> Answer:
        """x (B, T, D) to y (B, T, V), with the trace of the layer."""
        trace = run(self.recurrent, x)
        return Answer(trace.h @ self.W_hy + self.b_y, trace)

    def traced(self) -> "Forecaster":
        """A copy with the same weights, in which torch's layer is replaced by ours."""
        return traced(self)


def without_memory(rnn: nn.Module) -> nn.Module:
    """Set W_hh (H, H) of a simple RNN, ours or torch's, to zero for good: each step then sees its own input alone."""
    if not isinstance(rnn, nn.RNN) and not hasattr(rnn, "nonlinearity"):
        raise TypeError(f"rnn must be a simple RNN, ours or torch's; a {type(rnn).__name__} came")
    weight = rnn.weight_hh_l0 if isinstance(rnn, nn.RNN) else rnn.cell.W_hh
    weight.requires_grad_(False).zero_()
    return rnn
