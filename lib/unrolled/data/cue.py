"""A cue at the first step, asked for at the last: how far back can a network look?

Every sequence is T symbols, one-hot: first one of 4 cues, then distractors that say nothing, at last the question
mark. The answer is which cue it was. Between cue and question lie T − 1 steps. Guessing gets one in four right.

Shapes: B batch, T time steps, D = 9 symbols (4 cues, 4 distractors, 1 question mark).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

CUES = 4
DISTRACTORS = 4
SYMBOLS = CUES + DISTRACTORS + 1
QUESTION = SYMBOLS - 1  # the index of the question mark


class Batch(NamedTuple):
    """What a network sees, and what it is asked for."""

    x: Tensor  # (B, T, D), one-hot
    y: Tensor  # (B,), the index of the cue, 0 to 3


def sample(batch_size: int, length: int, generator: torch.Generator | None = None) -> Batch:
    """Fresh sequences of `length` steps, at least 2: the cue and the question."""
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; at least 1 sequence is wanted")
    if length < 2:
        raise ValueError(f"length is {length}; at least 2 steps are wanted, one for the cue and one for the question")
    y = torch.randint(CUES, (batch_size,), generator=generator)
    symbols = torch.randint(CUES, CUES + DISTRACTORS, (batch_size, length), generator=generator)  # (B, T)
    symbols[:, 0] = y
    symbols[:, -1] = QUESTION
    return Batch(F.one_hot(symbols, SYMBOLS).to(torch.get_default_dtype()), y)
