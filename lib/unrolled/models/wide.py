"""The whole sequence at once: every symbol one-hot, all laid side by side, through one wide hidden layer.

    u = [one_hot(x_1), …, one_hot(x_T)]      (B, T·V)
    y = max(0, u W_uh + b_h) W_hy + b_y

Nothing waits, and nothing is shared: each place has rows of W_uh of its own.

Shapes: B batch, T time steps, V symbols, H hidden units.
"""

import torch
from torch import Tensor, nn

from unrolled.layers import one_hot


class Wide(nn.Module):
    """`Wide(52, 20, 256, 26)(x)` for x (B, 20) of 52 symbols gives 26 logits, (B, 26). It takes no other length."""

    def __init__(self, vocab_size: int, length: int, hidden_size: int, output_size: int):
        super().__init__()
        self.vocab_size, self.length = vocab_size, length
        for name, before, after in [("h", length * vocab_size, hidden_size), ("y", hidden_size, output_size)]:
            bound = before**-0.5  # as in torch.nn.Linear
            source = "u" if name == "h" else "h"
            setattr(self, f"W_{source}{name}", nn.Parameter(torch.empty(before, after).uniform_(-bound, bound)))
            setattr(self, f"b_{name}", nn.Parameter(torch.empty(after).uniform_(-bound, bound)))

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 2 or x.shape[1] != self.length:
            raise ValueError(f"x must have shape (B, {self.length}), as it was built for; {tuple(x.shape)} came")
        u = one_hot(x, self.vocab_size).to(self.W_uh).flatten(1)  # (B, T·V)
        return (u @ self.W_uh + self.b_h).relu() @ self.W_hy + self.b_y
