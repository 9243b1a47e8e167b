"""Many to one: read a sequence, then answer once, after the last step.

    h_1 … h_T = recurrent(x)            any recurrent layer
    y = h_T W_hy + b_y                  V numbers: logits of V classes, or a value

Shapes: B batch, T time steps, D input features, H hidden units, V numbers in the answer.
"""

from torch import Tensor, nn

from .recurrent import Answer, readout, refuse_unreadable, run, traced


class Classifier(nn.Module):
    """`Classifier(LSTM(9, 32), 4)(x).y` are 4 logits for every sequence in x (B, T, D).

    The layer is ours, or torch's with one layer, one direction and `batch_first=True`, which trains faster;
    `traced()` then gives the same model with our layer.
    """

    def __init__(self, recurrent: nn.Module, output_size: int):
        super().__init__()
        refuse_unreadable(recurrent)
        self.recurrent = recurrent
        self.W_hy, self.b_y = readout(recurrent.hidden_size, output_size)

    def forward(self, x: Tensor) -> Answer:
        """x (B, T, D) to y (B, V), with the trace of the layer."""
        trace = run(self.recurrent, x)
        return Answer(trace.h[:, -1] @ self.W_hy + self.b_y, trace)

    def traced(self) -> "Classifier":
        """A copy with the same weights, in which torch's layer is replaced by ours."""
        return traced(self)
