"""Pairs of sentences of the same words in another order, with opposite meaning.

    the food was good not bad at all        1
    the food was bad not good at all        0

Written for this course: six nouns and five pairs of adjectives, 60 sentences of eight words.
Shapes: B batch, T = 8 words, V = SIZE words in the vocabulary.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

NOUNS = ["food", "film", "room", "trip", "song", "coffee"]
ADJECTIVES = [("good", "bad"), ("warm", "cold"), ("kind", "rude"), ("clean", "dirty"), ("fresh", "stale")]
VOCABULARY = ["the", "was", "not", "at", "all", *NOUNS, *(word for pair in ADJECTIVES for word in pair)]
SIZE = len(VOCABULARY)


class Batch(NamedTuple):
    """What a network sees, and whether it is praise (1) or not (0)."""

    x: Tensor  # (B, T, V), one-hot
    y: Tensor  # (B,)


def encode(sentences: list[str]) -> Tensor:
    """Sentences of equal length to one-hot vectors (B, T, V). ValueError for a word outside the vocabulary."""
    words = [sentence.split() for sentence in sentences]
    for word in (word for sentence in words for word in sentence):
        if word not in VOCABULARY:
            raise ValueError(f"{word!r} is not in the vocabulary, which has {', '.join(VOCABULARY)}")
    if len({len(sentence) for sentence in words}) != 1:
        raise ValueError(f"sentences must have the same number of words; {[len(s) for s in words]} came")
    index = torch.tensor([[VOCABULARY.index(word) for word in sentence] for sentence in words])
    return F.one_hot(index, SIZE).to(torch.get_default_dtype())


def split(generator: torch.Generator | None = None) -> tuple[Batch, Batch]:
    """A training part, and a test part of ten combinations of noun and adjectives that the first part lacks.

    Food that is good or bad is always in the test part: it is the lecture's pair of sentences.
    """
    lectures, *others = [(noun, pair) for noun in NOUNS for pair in ADJECTIVES]
    order = torch.randperm(len(others), generator=generator).tolist()
    test, train = [lectures, *(others[n] for n in order[:9])], [others[n] for n in order[9:]]
    return both_ways(train), both_ways(test)


def both_ways(combinations: list[tuple[str, tuple[str, str]]]) -> Batch:
    """Each combination as praise and as its opposite."""
    praise = [f"the {noun} was {good} not {bad} at all" for noun, (good, bad) in combinations]
    blame = [f"the {noun} was {bad} not {good} at all" for noun, (good, bad) in combinations]
    return Batch(encode(praise + blame), torch.tensor([1] * len(praise) + [0] * len(blame)))
