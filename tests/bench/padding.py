"""Batches of different lengths: what it costs to take the padding for text.

    nice -n 10 python tests/bench/padding.py

writes data/results/05_padding.json. About four minutes on one free core. Paragraphs of Python's documentation, each
a sequence of its own, padded to the longest of its batch. Two models of each seed differ in one thing: the mean of the
loss goes over the real words, or over every cell of the batch. Both are scored on paragraphs that neither has seen:
by the mean that they trained on, and by the mean over real words.
"""

import math
import sys
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from unrolled.data import batching, documentation, files, words
from unrolled.models.language_model import LanguageModel
from unrolled.training import fit, seed_everything

SEEDS = (0, 1, 2)
SHORTEST, LONGEST, BATCH = 4, 100, 16
EMBED, HIDDEN, STEPS, RATE = 64, 96, 400, 6e-3


class Batch(NamedTuple):
    x: Tensor  # (B, T)
    y: Tensor  # (B, T)
    real: Tensor  # (B, T), True where y is a word


def sequences(text: str, vocabulary: words.Vocabulary) -> list[Tensor]:
    found = [words.tokenise(paragraph) for paragraph in documentation.paragraphs(text)]
    return [vocabulary.encode(each) for each in found if SHORTEST <= len(each) <= LONGEST]


def batch(chosen: list[Tensor]) -> Batch:
    tokens, lengths = batching.pad(chosen)
    return Batch(tokens[:, :-1], tokens[:, 1:], batching.real(lengths - 1))


def cells(model: LanguageModel, given: Batch) -> Tensor:
    """−ln p of every cell (B, T), real or not."""
    logits = model(given.x).logits
    return F.cross_entropy(logits.transpose(1, 2), given.y, reduction="none")


def over_real(model: LanguageModel, given: Batch) -> Tensor:
    return cells(model, given)[given.real].mean()


def over_all(model: LanguageModel, given: Batch) -> Tensor:
    return cells(model, given).mean()


@torch.no_grad()
def scores(model: LanguageModel, unseen: list[Tensor]) -> dict[str, float]:
    """Perplexity over real words, and over all cells of batches as they were trained on."""
    losses, masks = [], []
    for start in range(0, len(unseen), BATCH):
        given = batch(unseen[start : start + BATCH])
        losses.append(cells(model, given).flatten())
        masks.append(given.real.flatten())
    nats, real = torch.cat(losses).double(), torch.cat(masks)
    found = {"real words": math.exp(nats[real].mean()), "all cells": math.exp(nats.mean())}
    return found | {"share of real cells": real.double().mean().item()}


def trained(loss, known: list[Tensor], vocab_size: int, seed: int) -> LanguageModel:
    seed_everything(seed)
    model = LanguageModel(vocab_size, EMBED, HIDDEN, "lstm", dropout=0.1)

    def draw() -> Batch:
        return batch([known[n] for n in torch.randint(len(known), (BATCH,)).tolist()])

    steps = {"steps": STEPS, "lr": RATE, "schedule": "cosine", "clip_norm": 1.0}
    fit(model, draw, loss, **steps, progress=sys.stderr.isatty())
    return model.eval()


def main() -> None:
    train, held_out = documentation.split(documentation.load())
    vocabulary = words.vocabulary(words.tokenise(train), at_least=3)
    known, unseen = sequences(train, vocabulary), sequences(held_out, vocabulary)
    values = {"paragraphs": [len(known), len(unseen)], "over real words": {}, "over all cells": {}}
    for seed in SEEDS:
        for name, loss in (("over real words", over_real), ("over all cells", over_all)):
            values[name][str(seed)] = scores(trained(loss, known, len(vocabulary), seed), unseen)
            print(seed, name, values[name][str(seed)], flush=True)
    files.save_results("05_padding", command="python tests/bench/padding.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
