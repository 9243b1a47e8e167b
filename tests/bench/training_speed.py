"""How fast `fit` trains the course's language model, against torch.nn.LSTM in a bare loop.

    python tests/bench/training_speed.py

writes data/results/07_training_speed.json. Both learn from the same windows of Python's documentation, with the sizes
of `train language`, AdamW, and the gradient clipped; they take turns, and steps per second are compared in each turn.
"""

import time
from itertools import islice

import torch
from torch import nn
from torch.nn import functional as F
from unrolled import training
from unrolled.commands import language
from unrolled.data import documentation, files
from unrolled.data.batching import Window
from unrolled.models.language_model import CarriedLoss, LanguageModel

STEPS, TURNS = 60, 5


class Bare(nn.Module):
    """What one would write with torch alone."""

    def __init__(self, V: int, sizes: language.Settings):
        super().__init__()
        self.embedding = nn.Embedding(V, sizes.embed_dim)
        self.lstm = nn.LSTM(sizes.embed_dim, sizes.hidden_size, batch_first=True)
        self.dropout = nn.Dropout(sizes.dropout)
        self.out = nn.Linear(sizes.hidden_size, V)

    def forward(self, x, state=None):
        h, state = self.lstm(self.dropout(self.embedding(x)), state)
        return self.out(self.dropout(h)), state


def bare(windows: list[Window], V: int, sizes: language.Settings) -> float:
    """Steps per second."""
    model = Bare(V, sizes)
    optimiser = torch.optim.AdamW(model.parameters(), sizes.lr, weight_decay=sizes.weight_decay)
    state, begun = None, time.monotonic()
    for x, y, first in windows:
        optimiser.zero_grad()
        logits, state = model(x, None if first else state)
        state = tuple(part.detach() for part in state)
        F.cross_entropy(logits.flatten(0, 1), y.flatten()).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return len(windows) / (time.monotonic() - begun)


def ours(windows: list[Window], V: int, sizes: language.Settings) -> float:
    model = LanguageModel(V, sizes.embed_dim, sizes.hidden_size, "lstm", sizes.dropout)
    begun = time.monotonic()
    training.fit(
        model,
        windows,
        CarriedLoss(),
        steps=len(windows),
        lr=sizes.lr,
        optimizer=lambda weights, lr: torch.optim.AdamW(weights, lr, weight_decay=sizes.weight_decay),
        schedule="cosine",
        clip_norm=1.0,
        progress=False,
    )
    return len(windows) / (time.monotonic() - begun)


def main() -> None:
    text = documentation.load()
    tokens = documentation.encode(text)
    V, sizes = int(tokens.max()) + 1, language.settings("lstm", rounds=8)
    windows = list(islice(language.Shifted(tokens, sizes.batch_size, sizes.window), STEPS))
    found: dict[str, list[float]] = {"bare": [], "fit": [], "fit / bare": []}
    for turn in range(TURNS + 1):
        torch.manual_seed(turn)
        order = (bare, ours) if turn % 2 else (ours, bare)
        speed = {each.__name__: each(windows, V, sizes) for each in order}
        if not turn:
            continue  # the first warms the machine up
        found["bare"].append(speed["bare"])
        found["fit"].append(speed["ours"])
        found["fit / bare"].append(speed["ours"] / speed["bare"])
        print(turn, {name: round(values[-1], 3) for name, values in found.items()}, flush=True)
    turns = list(range(1, TURNS + 1))
    files.save_results("07_training_speed", command="python tests/bench/training_speed.py", seeds=turns, values=found)


if __name__ == "__main__":
    main()
