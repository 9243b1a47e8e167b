"""Train a one-head reader on tasks whose right attention is known, and count the rows whose strongest cell is right.

    nice -n 10 python tests/bench/known_attention.py

writes data/results/06_known_attention.json. About three minutes on one free core. Layer and head are named before the
test: there is one layer, and head 0 is looked at, also where there are four.

    python tests/bench/known_attention.py "sort, no scaling, small start"

makes the rows named alone, and puts them beside the rows that are there, if these were made with the same torch.
"""

import sys
import time

import torch
from torch.nn import functional as F
from unrolled.data import files, lookup
from unrolled.models.lookup import Lookup, share_right
from unrolled.training import fit, seed_everything

SEEDS = (0, 1, 2, 3, 4)
MORE = {"sort": range(11), "sort, no positions": range(11)}  # what is held against each other more closely
LENGTH, BATCH, FRESH = 10, 64, 1000
PLACE = {"query": "place", "rate": 3e-3, "steps": 100}
WRITTEN = {"query": "written", "rate": 2e-3, "steps": 500}
RUNS = {
    "copy": {"task": "copy", **PLACE},
    "reverse": {"task": "reverse", **PLACE},
    "sort": {"task": "sort", **WRITTEN},
    "sort, no scaling": {"task": "sort", **WRITTEN, "scaled": False},
    "sort, no scaling, small start": {"task": "sort", **WRITTEN, "scaled": False, "start": 0.3},
    "sort, four heads": {"task": "sort", **WRITTEN, "num_heads": 4},
    "sort, no positions": {"task": "sort", **WRITTEN, "positions": False},
    "sort, place as query": {"task": "sort", **WRITTEN, "query": "place"},
    "sort, cells mixed first": {"task": "sort", **WRITTEN, "encoder": True},
}


def ask(model: Lookup, batch: lookup.Batch):
    return model(batch.x, lookup.written(batch.y)) if model.query == "written" else model(batch.x)


def start_small(model: Lookup, spread: float) -> None:
    """Symbols and places are drawn with a standard deviation of 1; give them another before training."""
    with torch.no_grad():
        model.embedding.W_e.mul_(spread)
        model.positions.W_p.mul_(spread)


def run(seed: int, task: str, query: str, rate: float, steps: int, start: float = 1.0, **options) -> dict:
    seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Lookup(lookup.SYMBOLS, LENGTH, query, **options)
    if start != 1.0:
        start_small(model, start)
    begun = time.perf_counter()
    fit(
        model,
        lambda: lookup.sample(task, BATCH, LENGTH, generator),
        lambda model, batch: F.cross_entropy(ask(model, batch).y.flatten(0, 1), batch.y.flatten()),
        steps=steps,
        lr=rate,
        progress=False,
    )
    seconds = time.perf_counter() - begun
    fresh = lookup.sample(task, FRESH, LENGTH, torch.Generator().manual_seed(10_000 + seed))
    with torch.no_grad():
        reading = ask(model, fresh)
    heads = reading.weights.unbind(dim=1)  # (B, T, S) each
    on_the_right_cell = reading.weights[:, 0].gather(-1, fresh.where[..., None])
    return {
        "accuracy": (reading.y.argmax(dim=-1) == fresh.y).double().mean().item(),
        "right": share_right(heads[0], fresh.where),
        "right, every head": [share_right(head, fresh.where) for head in heads],
        "right, mean of heads": share_right(reading.weights.mean(dim=1), fresh.where),
        "weight on the right cell": on_the_right_cell.mean().item(),
        "seconds": round(seconds, 2),
    }


def main(names: list[str]) -> None:
    if unknown := set(names) - set(RUNS):
        raise ValueError(f"{', '.join(sorted(unknown))}: no such run; one of {'; '.join(RUNS)} is wanted")
    before = files.results("06_known_attention") if names else None
    if before and before["versions"]["torch"] != torch.__version__:
        raise ValueError(f"the other rows were made with torch {before['versions']['torch']}; make all of them again")
    values = {}
    for name in names or RUNS:
        runs = [run(seed, **RUNS[name]) for seed in MORE.get(name, SEEDS)]
        values[name] = {"settings": RUNS[name], "seeds": list(MORE.get(name, SEEDS))} | {
            key: [each[key] for each in runs] for key in runs[0]
        }
        accuracy, right = (" ".join(f"{v:.4f}" for v in values[name][key]) for key in ("accuracy", "right"))
        print(f"{name}: accuracy {accuracy}; strongest cell right {right}", flush=True)
    values = before["values"] | values if before else values
    command = "python tests/bench/known_attention.py"
    files.save_results("06_known_attention", command=command, seeds=SEEDS, values={name: values[name] for name in RUNS})


if __name__ == "__main__":
    main(sys.argv[1:])
