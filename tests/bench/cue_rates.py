"""A cue at the first step, asked for at the last: how far a tanh network learns to look, at two learning rates.

    python tests/bench/cue_rates.py        about a minute on one free core

writes data/results/01_cue_rates.json: the share of right answers for each rate, distance and seed.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import cue, files
from unrolled.models.classifier import Classifier
from unrolled.training import fit, seed_everything

SEEDS = (0, 1, 2)
DISTANCES = (5, 10, 20, 40, 80)
RATES = (1e-3, 1e-2)
HIDDEN, BATCH, STEPS = 32, 32, 200


def loss(model: Classifier, batch: cue.Batch) -> Tensor:
    return F.cross_entropy(model(batch.x).y, batch.y)


@torch.no_grad()
def score(model: Classifier, distance: int) -> float:
    test = cue.sample(1000, distance + 1)
    return (model(test.x).y.argmax(dim=-1) == test.y).float().mean().item()


def right(rate: float, distance: int, seed: int) -> float:
    """The share of right answers on 1,000 fresh sequences, after training from this seed."""
    seed_everything(seed)
    model = Classifier(nn.RNN(cue.SYMBOLS, HIDDEN, batch_first=True), cue.CUES)
    fit(model, lambda: cue.sample(BATCH, distance + 1), loss, steps=STEPS, lr=rate, progress=False)
    return round(score(model, distance), 3)


def main() -> None:
    values = {
        f"{rate:g}": {distance: [right(rate, distance, seed) for seed in SEEDS] for distance in DISTANCES}
        for rate in RATES
    }
    print(values)
    files.save_results("01_cue_rates", command="python tests/bench/cue_rates.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
