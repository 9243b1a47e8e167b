"""The full runs of chapter 03: the adding problem over 100 steps, four networks, and some of them started otherwise.

    python tests/bench/adding_problem.py        about 15 minutes on one core; writes data/results/03_adding_problem.json

Every run is told by its curve on one validation set, and by its error on other sequences, with the weights that were
best on the validation set. The rates were found by trying, one network at a time; so the networks are not ranked.
"""

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import adding, files
from unrolled.models.classifier import Classifier
from unrolled.models.initialisation import identity_recurrence_, open_forget_gate_
from unrolled.training import fit, seed_everything

LENGTH, BATCH, STEPS, SEEDS = 100, 50, 1500, (0, 1, 2)


def tanh(hidden_size: int = 64) -> nn.Module:
    return nn.RNN(2, hidden_size, batch_first=True)


def orthogonal_tanh() -> nn.Module:
    rnn = tanh()
    nn.init.orthogonal_(rnn.weight_hh_l0)
    return rnn


def relu(start: Callable[[nn.Module], nn.Module] = lambda rnn: rnn) -> nn.Module:
    return start(nn.RNN(2, 100, nonlinearity="relu", batch_first=True))


def lstm(bias: float = 1.0) -> nn.Module:
    return open_forget_gate_(nn.LSTM(2, 64, batch_first=True), bias)


def gru() -> nn.Module:
    return nn.GRU(2, 64, batch_first=True)


# name: (layer, rate); gradients are clipped to length 1 throughout
RUNS = {
    "tanh": (tanh, 1e-3),
    "ReLU with identity": (lambda: relu(identity_recurrence_), 3e-3),
    "LSTM": (lstm, 1e-2),
    "GRU": (gru, 1e-2),
    "tanh, rate 0.01": (tanh, 1e-2),
    "tanh, rate 0.0003": (tanh, 3e-4),
    "tanh, orthogonal start": (orthogonal_tanh, 1e-3),
    "ReLU without identity": (relu, 3e-3),
    "LSTM, forget bias 0": (lambda: lstm(0.0), 1e-2),
    "LSTM, forget bias 3": (lambda: lstm(3.0), 1e-2),
}


def error(model: nn.Module, batch: adding.Batch) -> Tensor:
    return F.mse_loss(model(batch.x).y, batch.y)


def run(layer: Callable[[], nn.Module], rate: float, seed: int, validation: adding.Batch, test: adding.Batch) -> dict:
    seed_everything(seed)
    model = Classifier(layer(), 1)
    began = time.process_time()
    history = fit(
        model,
        lambda: adding.sample(BATCH, LENGTH),
        error,
        steps=STEPS,
        lr=rate,
        clip_norm=1.0,
        validate=lambda m: error(m, validation).item(),
        validate_every=50,
        progress=False,
    )
    with torch.no_grad():
        final = error(model, test).item()
    return {
        "rate": rate,
        "seconds": round(time.process_time() - began, 1),
        "validation": [[step, round(value, 5)] for step, value in history.validation],
        "test": round(final, 5),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=list(RUNS), help="some of the runs; nothing is written then")
    only = parser.parse_args().only
    validation, test = (adding.sample(1000, LENGTH, torch.Generator().manual_seed(1000 + n)) for n in (0, 1))
    runs: dict[str, list[dict]] = {}
    for name in only:
        runs[name] = []
        for seed in SEEDS:
            runs[name].append(run(*RUNS[name], seed, validation, test))
            below = next((step for step, value in runs[name][-1]["validation"] if value < 0.01), None)
            print(
                f"{name}, seed {seed}: test {runs[name][-1]['test']}, below 0.01 after {below}, "
                f"{runs[name][-1]['seconds']} s",
                flush=True,
            )
    if only == list(RUNS):
        values = {
            "length": LENGTH,
            "batch": BATCH,
            "steps": STEPS,
            "guessing": {"validation": adding.guessing(validation.y), "test": adding.guessing(test.y)},
            "runs": runs,
        }
        files.save_results(
            "03_adding_problem", command="python tests/bench/adding_problem.py", seeds=SEEDS, values=values
        )


if __name__ == "__main__":
    main()
