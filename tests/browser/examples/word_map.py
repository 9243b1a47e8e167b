"""Made-up words in three groups, at two moments: before and after the groups came together."""

import torch
from unrolled.models.neighbours import nearest, nearest_drawn
from unrolled.show.widgets.word_map import WordMap

WORDS = [f"{kind}{n}" for n in range(14) for kind in ("bird", "tree", "stone")]


def vectors() -> torch.Tensor:
    """(2, 42, 12)"""
    draw = torch.Generator().manual_seed(0)
    before = torch.randn(42, 12, generator=draw)
    groups = 2 * torch.randn(3, 12, generator=draw)
    return torch.stack([before, before + groups.repeat(14, 1)])


def example() -> WordMap:
    def project(each: torch.Tensor) -> torch.Tensor:
        return each[:, :6]

    moments = ["before the first step", "after 3 rounds"]
    return WordMap(
        WORDS, vectors(), project, nearest, nearest_drawn, moments=moments, word="tree3", tries=["bird1", "stone2"]
    )
