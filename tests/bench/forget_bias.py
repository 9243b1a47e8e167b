"""A cue at the first step, asked for at the last: the LSTM at four forget biases beside tanh network and GRU.

    nice -n 10 python tests/bench/forget_bias.py        about a minute on one free core

writes data/results/04_forget_bias.json: the share of right answers per network, distance and seed.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import cue, files
from unrolled.models.classifier import Classifier
from unrolled.models.initialisation import open_forget_gate_
from unrolled.training import fit

SEEDS = (0, 1, 2)
DISTANCES = (5, 10, 20, 40, 80)
HIDDEN, BATCH, STEPS, RATE = 32, 32, 200, 1e-3
BIASES = (0, 1, 3, 5)


def network(kind: str) -> Classifier:
    """Of kind "tanh", "GRU" or "LSTM, b_f = 5"."""
    if kind in ("tanh", "GRU"):
        layer = nn.GRU if kind == "GRU" else nn.RNN
        return Classifier(layer(cue.SYMBOLS, HIDDEN, batch_first=True), cue.CUES)
    lstm = nn.LSTM(cue.SYMBOLS, HIDDEN, batch_first=True)
    return Classifier(open_forget_gate_(lstm, float(kind.split("=")[1])), cue.CUES)


def loss(model: Classifier, batch: cue.Batch) -> Tensor:
    return F.cross_entropy(model(batch.x).y, batch.y)


def right(kind: str, distance: int, seed: int) -> float:
    """The share of right answers on 1,000 fresh sequences, after training from this seed."""
    torch.manual_seed(seed)
    model = network(kind)
    fit(model, lambda: cue.sample(BATCH, distance + 1), loss, steps=STEPS, lr=RATE, progress=False)
    with torch.no_grad():
        test = cue.sample(1000, distance + 1)
        return (model(test.x).y.argmax(dim=1) == test.y).float().mean().item()


def main() -> None:
    torch.set_num_threads(1)
    values = {}
    for kind in ("tanh", *(f"LSTM, b_f = {bias}" for bias in BIASES), "GRU"):
        values[kind] = {distance: [round(right(kind, distance, seed), 3) for seed in SEEDS] for distance in DISTANCES}
        print(kind, values[kind], flush=True)
    files.save_results("04_forget_bias", command="python tests/bench/forget_bias.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
