"""A language of thirty made-up words, in which the next depends on the last alone."""

import torch
from torch import Tensor
from unrolled.show.widgets.sampler import Sampler
from unrolled.training import distribution

NAMES = [f"word{n}" for n in range(30)]
TABLE = torch.randn(30, 30, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2


def read(numbers: list[int]) -> Tensor:
    return TABLE[numbers[-1]]


def encode(text: str) -> list[int]:
    return [NAMES.index(word) for word in text.split() if word in NAMES]


def example() -> Sampler:
    return Sampler(
        read, NAMES, encode=encode, join=" ".join, distribution=distribution, prompt="word3 word7", temperature=0.8
    )
