"""One letter of the sequence is a capital: which letter is it? Its place can be held to a part of the sequence.

    a k q F o e  →  f

Trained with the capital in one half and tested with it in the other, a network shows whether what it learned at one
place holds at another. Guessing gets one in 26 right.

Shapes: B batch, T time steps, V = 52 symbols (26 small letters, then 26 capitals).
"""

from typing import NamedTuple

import torch
from torch import Tensor

LETTERS = 26
SYMBOLS = 2 * LETTERS


class Batch(NamedTuple):
    """What a network sees, what it is asked for, and where the capital stands."""

    x: Tensor  # (B, T), symbols from 0 to 51; 26 and above are capitals
    y: Tensor  # (B,), the letter, 0 to 25
    where: Tensor  # (B,), the place of the capital


def sample(
    batch_size: int, length: int, places: range | None = None, generator: torch.Generator | None = None
) -> Batch:
    """Fresh sequences of `length` letters, the capital at one of `places` (all of them unless given)."""
    places = range(length) if places is None else places
    if batch_size < 1 or length < 1:
        raise ValueError(f"batch_size and length are {batch_size} and {length}; at least 1 of each is wanted")
    if not places or min(places) < 0 or max(places) >= length:
        raise ValueError(f"places is {places}; some of the places 0 to {length - 1} are wanted")
    x = torch.randint(LETTERS, (batch_size, length), generator=generator)
    where = torch.tensor(places)[torch.randint(len(places), (batch_size,), generator=generator)]
    y = x.gather(1, where[:, None])[:, 0]
    x = x.scatter_add(1, where[:, None], torch.full_like(where[:, None], LETTERS))
    return Batch(x, y, where)
