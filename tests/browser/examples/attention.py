"""The sentence of chapter 06 with made-up numbers, in two layers of three heads; other words than these are zeros."""

import torch
from torch import Tensor
from unrolled.show.widgets.attention import Attention

WORDS = ["He", "tossed", "the", "tennis", "ball", "to", "serve"]


def vectors(words: list[str]) -> tuple[Tensor, Tensor]:
    """q and k (2, 3, T, 4); a word has the same wherever it stands."""
    draw = torch.Generator().manual_seed(0)
    table = torch.randn(2, 2, 3, len(WORDS), 4, generator=draw) * 1.5
    known = [WORDS.index(word) if word in WORDS else None for word in words]
    columns = [torch.zeros(2, 2, 3, 4) if n is None else table[..., n, :] for n in known]
    return torch.stack(columns, dim=-2).unbind()


def read(words: list[str]) -> tuple[list[str], Tensor, Tensor]:
    return words, *vectors(words)


def example() -> Attention:
    return Attention(*read(WORDS), lengths=5, read=read, layer=2, head=3, row=5, column=4, sharpness=1.5, length=4)
