"""The short training of page 05, on the same words as next_word.py: three rounds, three seeds, beside the bigram.

    nice -n 10 python tests/bench/three_rounds.py

writes data/results/05_three_rounds.json: perplexity on the validation text after each round. Half a minute.
"""

import math
import sys

import torch
from next_word import EMBED, HIDDEN, SEEDS, SMALL, STREAMS, WINDOW, counting, texts
from unrolled.data import batching, files
from unrolled.models.language_model import CarriedLoss, LanguageModel, nats
from unrolled.training import fit, seed_everything

ROUNDS, RATE, DROPOUT = 3, 8e-3, 0.1


def main() -> None:
    text = texts()
    pieces = list(batching.windows(batching.streams(text.train, STREAMS), WINDOW))
    rounds = {}
    for seed in SEEDS:
        seed_everything(seed)
        model = LanguageModel(len(text.vocabulary), EMBED, HIDDEN, "lstm", DROPOUT)
        with torch.no_grad():
            model.embedding.W_e.mul_(SMALL)
        history = fit(
            model,
            pieces,
            CarriedLoss(),
            steps=ROUNDS * len(pieces),
            lr=RATE,
            schedule="cosine",
            clip_norm=1.0,
            validate=lambda m: nats(m, text.validation).mean().item(),
            validate_every=len(pieces),
            progress=sys.stderr.isatty(),
        )
        rounds[str(seed)] = [math.exp(value) for _, value in history.validation]
        print(seed, rounds[str(seed)], flush=True)
    values = {"bigram": min(counting(text)["validation by weight"].values()), "LSTM by round": rounds}
    files.save_results("05_three_rounds", command="python tests/bench/three_rounds.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
