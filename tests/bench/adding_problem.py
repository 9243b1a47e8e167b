"""The full runs of chapter 03: the adding problem over 100 steps, four networks, and some of them started otherwise.

    python tests/bench/adding_problem.py        about 12 minutes on one free core

writes data/results/03_adding_problem.json. A run that is finished is kept in build/adding_problem/ and not made again.

Every run is told by its curve on one validation set, and by its error on other sequences, with the weights that were
best on the validation set. The rates were found by trying, one network at a time; so the networks are not ranked.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import adding, files
from unrolled.models.classifier import Classifier
from unrolled.models.initialisation import identity_recurrence_, open_forget_gate_
from unrolled.training import fit, seed_everything

LENGTH, BATCH, SEEDS = 100, 50, (0, 1, 2)
KEPT = Path(__file__).parents[2] / "build" / "adding_problem"


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


# name: (layer, rate, steps); gradients are clipped to length 1 throughout
RUNS = {
    "tanh": (tanh, 1e-3, 1500),
    "ReLU, identity": (lambda: relu(identity_recurrence_), 3e-3, 1500),
    "LSTM": (lstm, 1e-2, 1500),
    "GRU": (gru, 1e-2, 600),
    "tanh, rate 0.01": (tanh, 1e-2, 1500),
    "tanh, orthogonal": (orthogonal_tanh, 1e-3, 1500),
    "ReLU, torch's start": (relu, 3e-3, 1500),
    "ReLU, rate 0.001": (relu, 1e-3, 1500),
    "ReLU, rate 0.01": (relu, 1e-2, 1500),
    "LSTM, forget bias 0": (lambda: lstm(0.0), 1e-2, 1500),
    "LSTM, forget bias 3": (lambda: lstm(3.0), 1e-2, 1500),
}


def error(model: nn.Module, batch: adding.Batch) -> Tensor:
    return F.mse_loss(model(batch.x).y, batch.y)


def run(name: str, seed: int, validation: adding.Batch, test: adding.Batch) -> dict:
    layer, rate, steps = RUNS[name]
    seed_everything(seed)
    model = Classifier(layer(), 1)
    began = time.process_time()
    history = fit(
        model,
        lambda: adding.sample(BATCH, LENGTH),
        error,
        steps=steps,
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


def kept(name: str, seed: int, *batches: adding.Batch) -> dict:
    """The run, made now unless it has been."""
    path = KEPT / f"{name}, seed {seed}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(run(name, seed, *batches)))
    found = json.loads(path.read_text())
    print(f"{path.stem}: test {found['test']}, {found['seconds']} s", flush=True)
    return found


def main() -> None:
    validation, test = (adding.sample(1000, LENGTH, torch.Generator().manual_seed(1000 + n)) for n in (0, 1))
    values = {
        "length": LENGTH,
        "batch": BATCH,
        "guessing": {"validation": adding.guessing(validation.y), "test": adding.guessing(test.y)},
        "runs": {name: [kept(name, seed, validation, test) for seed in SEEDS] for name in RUNS},
    }
    command = "python tests/bench/adding_problem.py"
    files.save_results("03_adding_problem", command=command, seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
