"""A network of 8 units with made-up weights, and 12 steps."""

import torch
from unrolled.layers import RNN
from unrolled.show.widgets.paths import Paths


def example(units: int = 8, steps: int = 12, seed: int = 0, **state: object) -> Paths:
    draw = torch.Generator().manual_seed(seed)
    rnn = RNN(3, units).double()
    for weight in rnn.parameters():
        weight.data = torch.randn(weight.shape, generator=draw).double() / units**0.5
    x, sent = (torch.randn(steps, n, generator=draw).double() for n in (3, units))
    return Paths(rnn.cell, x, torch.nn.functional.normalize(sent, dim=-1), **{"step": 4, **state})
