"""Train character LSTMs on Python's documentation, three seeds, and ask what their units track and gates are worth.

    nice -n 10 python tests/bench/character_units.py        about six minutes on one free core

writes data/results/04_units.json and, from the first LSTM, data/checkpoints/04_characters.safetensors. All scores are
on held-out paragraphs, which share nothing with the training text and play no part in training. Units are chosen on
one half of the held-out text and scored on the other.
"""

import torch
from sklearn.linear_model import Ridge
from torch import Tensor
from torch.nn import functional as F
from unrolled.data import documentation, files
from unrolled.data.batching import streams, windows
from unrolled.models import units
from unrolled.models.initialisation import open_forget_gate_
from unrolled.models.language_model import CarriedLoss, LanguageModel
from unrolled.training import fit, save, seed_everything

COMMAND = "python tests/bench/character_units.py"
SEEDS = (0, 1, 2)
EMBED, HIDDEN = 32, 128
STREAMS, WINDOW, STEPS, RATE = 32, 100, 4000, 4e-3
PIECES = 16  # the held-out text is read as so many pieces side by side
FORCED = [("i", 0.0), ("i", 1.0), ("f", 0.0), ("f", 1.0), ("o", 0.0), ("o", 1.0)]


def untrained(seed: int, layer: str = "lstm") -> LanguageModel:
    seed_everything(seed)
    model = LanguageModel(len(documentation.CHARACTERS), EMBED, HIDDEN, layer=layer)
    if layer == "lstm":
        open_forget_gate_(model.recurrent, 1.0)
    return model


def trained(seed: int, tokens: Tensor, layer: str = "lstm") -> LanguageModel:
    model = untrained(seed, layer)
    batches = list(windows(streams(tokens, STREAMS), WINDOW))
    options = {"steps": STEPS, "lr": RATE, "schedule": "cosine", "clip_norm": 1.0, "progress": False}
    history = fit(model, batches, CarriedLoss(), **options)
    print(f"{layer}, seed {seed}: last losses {sum(history.losses[-100:]) / 100:.3f} nats", flush=True)
    return model.eval()


@torch.no_grad()
def nats(model: LanguageModel, pieces: Tensor, force: dict[str, float] | None = None) -> float:
    """Mean −ln p of each next character of the pieces (B, T)."""
    logits = model(pieces[:, :-1], force=force).logits
    return F.cross_entropy(logits.flatten(0, 1), pieces[:, 1:].flatten()).item()


@torch.no_grad()
def reset_every(model: LanguageModel, pieces: Tensor, length: int) -> float:
    """The same where the state starts at zero every `length` characters, in place of going on."""
    logits = torch.cat([model(part).logits for part in pieces[:, :-1].split(length, dim=1)], dim=1)
    return F.cross_entropy(logits.flatten(0, 1), pieces[:, 1:].flatten()).item()


def properties(text: str) -> dict[str, Tensor]:
    marks = {"quotes": documentation.inside_quotes, "brackets": documentation.inside_brackets}
    return {name: mark(text) for name, mark in (marks | {"column": documentation.column}).items()}


def together(values: Tensor, target: Tensor) -> float:
    """All units at once, by ridge regression on the first half: its score on the second."""
    half = len(values) // 2
    ridge = Ridge(alpha=1.0).fit(values[:half].double().numpy(), target[:half].double().numpy())
    guess = torch.from_numpy(ridge.predict(values[half:].double().numpy()))[:, None]
    found = units.areas if target.dtype == torch.bool else units.correlations
    return found(guess, target[half:]).item()


@torch.no_grad()
def tracked(model: LanguageModel, pieces: Tensor, text: str) -> dict[str, dict[str, float]]:
    """For each property: the best unit of c and of h, and all units of c together."""
    trace = model.traced()(pieces).trace
    c, h = (part.flatten(0, 1) for part in (trace.c, trace.h))  # (T, H), in the order of the text
    found = {}
    for name, target in properties(text[: len(c)]).items():
        best, shown = units.find(c, target), units.find(h, target)
        found[name] = {"unit": best.unit, "chosen": best.chosen, "score": best.score, "h": shown.score}
        found[name]["all"] = together(c, target)
    return found


def by_property(rows: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, list[float]]]:
    """One list over seeds for each number."""
    names = rows[0].items()
    return {name: {key: [round(row[name][key], 4) for row in rows] for key in first} for name, first in names}


def main() -> None:
    torch.set_num_threads(1)
    train, text = documentation.split(documentation.load())
    tokens, pieces = documentation.encode(train), streams(documentation.encode(text), PIECES)
    models = [trained(seed, tokens) for seed in SEEDS]
    free = [nats(model, pieces) for model in models]
    save(files.checkpoint("04_characters"), models[0], nats=round(free[0], 4), command=COMMAND)
    counts = torch.bincount(tokens, minlength=len(documentation.CHARACTERS)) + 1.0
    twins = [model.traced() for model in models]
    values = {
        "characters": {"train": len(train), "held out": len(text)},
        "nats": free,
        "nats of single characters": (counts.sum().log() - counts.log())[pieces[:, 1:]].mean().item(),
        "gates": {
            f"{gate} = {value:g}": [nats(twin, pieces, {gate: value}) for twin in twins] for gate, value in FORCED
        },
        "reset every": {length: [reset_every(model, pieces, length) for model in models] for length in (5, 20, 100)},
        "trained": by_property([tracked(model, pieces, text) for model in models]),
        "untrained": by_property([tracked(untrained(seed), pieces, text) for seed in SEEDS]),
    }
    files.save_results("04_units", command=COMMAND, seeds=SEEDS, values=rounded(values))


def rounded(value: object) -> object:
    """Four decimals are more than the seeds agree on."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
