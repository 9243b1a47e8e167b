"""Train translators of numbers, with attention and without, on more and more pairs; count errors and right cells.

    nice -n 10 python tests/bench/translate_numbers.py

writes data/results/10_numbers.json. About ten minutes on one free core. Every run takes the same number of updates,
whatever the number of pairs (600, and 1,000 in the rows "longer", of 8,000 pairs), and is asked the same 2,000 numbers
that it never saw. For the transformer the layer and the head are chosen on 500 numbers of validation.

    python tests/bench/translate_numbers.py "German, attention, 4000"

makes the rows named alone, and puts them beside the rows that are there, if these were made with the same torch.
"""

import sys
import time
from collections import defaultdict

import torch
from unrolled import training
from unrolled.commands.run import ByLength
from unrolled.commands.translate import Words, batch, found, vocabulary
from unrolled.data import files, numbers
from unrolled.models import seq2seq
from unrolled.models.seq2seq import Seq2Seq
from unrolled.models.translator import Translator

NAME, SEEDS, BATCH = "10_numbers", (0, 1, 2), 64
MODELS = {
    "attention": (4e-3, lambda *sizes: Seq2Seq(*sizes, 48, 96, dropout=0.1)),
    "one state": (4e-3, lambda *sizes: Seq2Seq(*sizes, 48, 96, dropout=0.1, attends=False)),
    "transformer": (2e-3, lambda *sizes: Translator(*sizes, 64, 4, 2, hidden_size=192, dropout=0.1)),
}
RECURRENT = ("attention", "one state")
CURVE = {f"German, {kind}, {n}": ("de", kind, n, 600) for n in (1000, 2000, 4000, 8000) for kind in RECURRENT}
LONGER = {
    **{f"German, {kind}, longer": ("de", kind, 8000, 1000) for kind in MODELS},
    "French, attention, longer": ("fr", "attention", 8000, 1000),
}
RUNS = CURVE | LONGER  # language, model, numbers, updates


def run(seed: int, language: str, kind: str, count: int, updates: int) -> dict:
    parts = numbers.parts(count, seed)
    train, validation, held_out = ([numbers.pair(number, language) for number in part] for part in parts)
    words = Words(*(vocabulary(pair[side] for pair in train) for side in (0, 1)))
    training.seed_everything(seed)
    lr, make = MODELS[kind]
    model = make(len(words.source), len(words.target))
    seen = words.pairs((pair.english, pair.other) for pair in train)
    lengths = [len(source) for source, _ in seen]
    batches = ByLength(lengths, BATCH, lambda places: batch([seen[place] for place in places]))
    begun = time.process_time()
    training.fit(model, batches, seq2seq.loss, steps=updates, lr=lr, schedule="cosine", clip_norm=1.0, progress=False)
    seconds = time.process_time() - begun
    model.eval()
    written = found(model, words, [pair.english for pair in held_out])
    right = [words.written(pair.english, one) == pair.other for pair, one in zip(held_out, written, strict=True)]
    wrong = defaultdict(list)
    for pair, ok in zip(held_out, right, strict=True):
        wrong[len(pair.english)].append(not ok)
    looked = {} if kind == "one state" else cells(model, words, validation, held_out)
    return {
        "exact": sum(right) / len(right),
        "errors by English words": {length: sum(each) / len(each) for length, each in sorted(wrong.items())},
        "asked by English words": {length: len(each) for length, each in sorted(wrong.items())},
        "updates": updates,
        "weights": sum(weight.numel() for weight in model.parameters()),
        "seconds": round(seconds, 1),
        **looked,
    }


def cells(model: torch.nn.Module, words: Words, validation: list, held_out: list) -> dict:
    """How often the strongest cell is right, and the token at which it is wrong most often."""
    if isinstance(model, Seq2Seq):
        (shares, misses), chosen = maps(model, words, held_out), (0, 0)
    else:
        (before, _), (shares, misses) = (maps(model, words, pairs) for pairs in (validation, held_out))
        chosen = max(before, key=before.get)
    return {
        "strongest cell right": shares[chosen],
        "wrong cells by token": {
            token: n for token, n in sorted(misses[chosen].items(), key=lambda each: -each[1])[:6] if n
        },
        "layer and head": [place + 1 for place in chosen],
        "every head": list(shares.values()),
    }


@torch.no_grad()
def maps(model: torch.nn.Module, words: Words, pairs: list) -> tuple[dict, dict]:
    """For each layer and head, the share of right cells, reading the right target; and the tokens that it misses."""
    hits, misses = defaultdict(list), defaultdict(lambda: defaultdict(int))
    for start in range(0, len(pairs), 250):
        some = pairs[start : start + 250]
        one = batch(words.pairs((pair.english, pair.other) for pair in some))
        written = model(one.source, one.lengths, one.target[:, :-1])
        across = getattr(written, "across", None)
        across = written.weights[:, None, None] if across is None else across  # (B, L, N, T, S)
        for row, pair in enumerate(some):
            for layer in range(across.shape[1]):
                for head in range(across.shape[2]):
                    for token, hit in zip(pair.other, numbers.hits(across[row, layer, head], pair), strict=True):
                        hits[layer, head].append(hit)
                        misses[layer, head][token] += not hit
    return {place: sum(each) / len(each) for place, each in hits.items()}, misses


def main(names: list[str]) -> None:
    if unknown := set(names) - set(RUNS):
        raise ValueError(f"{', '.join(sorted(unknown))}: no such run; one of {'; '.join(RUNS)} is wanted")
    values = files.results(NAME)["values"] if names and (files.folder() / "results" / f"{NAME}.json").is_file() else {}
    for name in names or RUNS:
        runs = [run(seed, *RUNS[name]) for seed in SEEDS]
        values[name] = {key: [each[key] for each in runs] for key in runs[0]}
        short = {key: values[name][key] for key in ("exact", "strongest cell right", "seconds") if key in values[name]}
        print(name, short, flush=True)
        command = "python tests/bench/translate_numbers.py"
        files.save_results(
            NAME, command=command, seeds=SEEDS, values={key: values[key] for key in RUNS if key in values}
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
