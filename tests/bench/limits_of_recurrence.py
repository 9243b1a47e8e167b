"""What recurrence costs: one vector for a whole sequence, one step after another; and what a wide layer costs instead.

    nice -n 10 python tests/bench/limits_of_recurrence.py

writes data/results/06_limits_of_recurrence.json. About ten minutes on one free core. Seconds are of one thread and
depend on the machine; what is to be compared is their ratio. With the word `seconds` only they are measured again.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import capital, files, lookup
from unrolled.layers import MultiHeadAttention
from unrolled.models.lookup import Lookup
from unrolled.models.recall import Recall
from unrolled.models.wide import Wide
from unrolled.training import fit, seed_everything

SEEDS = (0, 1, 2)
HIDDEN, BATCH, FRESH, RATE = 32, 64, 1000, 1e-2
LENGTH = 20  # of the sequences with a capital


def recall(seed: int, length: int, look_back: bool, updates: int = 300, hidden: int = HIDDEN) -> list[float]:
    """The share of right answers for every place, on fresh sequences."""
    seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Recall(lookup.SYMBOLS, length, hidden, look_back)
    fit(
        model,
        lambda: lookup.sample("copy", BATCH, length, generator),
        lambda model, batch: F.cross_entropy(model(batch.x).y.flatten(0, 1), batch.y.flatten()),
        steps=updates,
        lr=RATE,
        clip_norm=1.0,
        progress=False,
    )
    fresh = lookup.sample("copy", FRESH, length, torch.Generator().manual_seed(10_000 + seed))
    with torch.no_grad():
        return (model(fresh.x).y.argmax(dim=-1) == fresh.y).double().mean(dim=0).tolist()


def recalls() -> dict:
    found: dict = {"by place": {}, "longer": {}}
    for length in (5, 10, 20, 40):
        for name, look_back in {"bottleneck": False, "looking back": True}.items():
            runs = [recall(seed, length, look_back) for seed in SEEDS]
            found["by place"][f"{name}, {length}"] = runs
            print(f"{name}, length {length}:", [f"{statistics.fmean(run):.3f}" for run in runs], flush=True)
    for hidden in (32, 128):
        runs = [statistics.fmean(recall(seed, 10, False, 4000, hidden)) for seed in SEEDS]
        found["longer"][f"{hidden} units"] = runs
        print(f"bottleneck, length 10, {hidden} units, 4000 updates:", [f"{run:.3f}" for run in runs], flush=True)
    return found


class Recurrent(nn.Module):
    """Tokens (B, T) to 26 logits, from the last state of a GRU."""

    def __init__(self):
        super().__init__()
        self.embedding, self.recurrent = nn.Embedding(capital.SYMBOLS, 64), nn.GRU(64, 64, batch_first=True)
        self.answer = nn.Linear(64, capital.LETTERS)

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(self.recurrent(self.embedding(x))[0][:, -1])


class Attending(nn.Module):
    """One learned query looks at all symbols, without positions."""

    def __init__(self):
        super().__init__()
        self.reader = Lookup(capital.SYMBOLS, LENGTH, outputs=1, positions=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.reader(x).y[:, 0, : capital.LETTERS]


def find_capital(model_of: Callable[[], nn.Module], seed: int, rate: float) -> tuple[int, float, float]:
    """Parameters, and the share of right answers where the capital stood in training, and where it never did."""
    seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    model = model_of()
    early, late = range(LENGTH // 2), range(LENGTH // 2, LENGTH)
    fit(
        model,
        lambda: capital.sample(BATCH, LENGTH, early, generator),
        lambda model, batch: F.cross_entropy(model(batch.x), batch.y),
        steps=400,
        lr=rate,
        progress=False,
    )
    test = torch.Generator().manual_seed(10_000 + seed)
    shares = []
    for places in (early, late):
        fresh = capital.sample(FRESH, LENGTH, places, test)
        with torch.no_grad():
            shares.append((model(fresh.x).argmax(dim=-1) == fresh.y).double().mean().item())
    return sum(p.numel() for p in model.parameters()), *shares


def capitals() -> dict:
    found = {}
    for name, (model_of, rate) in {
        "wide": (lambda: Wide(capital.SYMBOLS, LENGTH, 256, capital.LETTERS), 3e-3),
        "GRU": (Recurrent, 1e-2),
        "attention": (Attending, 3e-3),
    }.items():
        runs = [find_capital(model_of, seed, rate) for seed in SEEDS]
        parameters, trained, shifted = zip(*runs, strict=True)
        found[name] = {"parameters": parameters[0], "trained places": trained, "other places": shifted}
        print(name, found[name], flush=True)
    return found


def least_seconds(act: Callable[[], object], times: int = 25) -> float:
    """The least of several, since other work on the machine can only add."""
    act()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def waiting() -> dict:
    """The same 1,024 symbols, cut into fewer and longer sequences; and 8 sequences that grow."""
    seed_everything(0)
    features, total = 64, 1024
    gru, attention = nn.GRU(features, features, batch_first=True), MultiHeadAttention(features, 1)
    found: dict = {"same symbols": {}, "eight sequences": {}}
    with torch.no_grad():
        for length in (1, 4, 16, 64, 256, 1024):
            for name, batch in {"same symbols": total // length, "eight sequences": 8}.items():
                x = torch.randn(batch, length, features)
                found[name][str(length)] = {
                    "gru": least_seconds(lambda x=x: gru(x)),
                    "attention": least_seconds(lambda x=x: attention(x)),
                }
    print(found, flush=True)
    return found


def main(only_seconds: bool) -> None:
    before = files.results("06_limits_of_recurrence")["values"] if only_seconds else {}
    values = {"recall": recalls(), "capital": capitals()} if not only_seconds else before
    values = values | {"seconds": waiting()}
    command = "python tests/bench/limits_of_recurrence.py"
    files.save_results("06_limits_of_recurrence", command=command, seeds=SEEDS, values=values)


if __name__ == "__main__":
    main("seconds" in sys.argv[1:])
