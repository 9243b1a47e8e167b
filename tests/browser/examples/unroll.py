"""An unrolled loop with made-up numbers."""

import torch
from unrolled.show.widgets.unroll import Reading, Unroll

WORDS = "I love recurrent neural networks!"


def read(words: list[str]) -> Reading:
    draw = torch.Generator().manual_seed(0)
    T = len(words) - 1
    return Reading(words[:-1], torch.randn(T, 8, generator=draw).tanh(), words[1:], torch.rand(T, generator=draw))


def example() -> Unroll:
    return Unroll(read, WORDS)
