"""Tunes: the model that chapter 08 ships, and how good its tunes are beside real ones, by the same parser.

    python tests/bench/tunes.py            half an hour on one idle core
    python tests/bench/tunes.py small      without the shipped model's training; its checkpoint is read

Shipped: an LSTM of 320 units, 40 rounds, each tune moved to a key drawn anew every time; three seeds of sampling.
Beside it, two more trainings of the same; the same after 6 rounds, over three seeds of training; small ones, over three
seeds, with and without the spaces at the ends of beat groups; counting, from the longest context of up to 8 characters
that training had; and the real tunes that were held out. Nothing is discarded, and what can't be parsed counts as zero.
Writes data/results/08_tunes.json and data/checkpoints/08_tunes.safetensors.
"""

import random
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

import torch
from torch.nn import functional as F
from unrolled import training
from unrolled.commands.run import ByLength
from unrolled.data import abc, files, melody, tunes
from unrolled.models.language_model import LanguageModel

NAME = "08_tunes"
EMBED, UNITS, ROUNDS = 48, 320, 40  # of the shipped one
BRIEF = 6  # rounds of the same, over three seeds of training
SMALL, FEW, SEEDS = 128, 4, (0, 1, 2)
NUMBER = {0.3: 60, 0.7: 60, 0.8: 150, 1.0: 60}  # tunes of each seed at a temperature
COMPARED = 60  # tunes among which a bar is looked for in another
MOST = 900  # characters; a tune that goes on has no end, and counts as not parsed
CONTEXT = 8  # characters, of counting


def loss(model: LanguageModel, batch: tunes.Batch) -> torch.Tensor:
    return F.cross_entropy(model(batch.x).logits.flatten(0, 1), batch.y.flatten(), ignore_index=tunes.NOTHING)


def train(texts: Sequence[str], units: int, rounds: int, seed: int, move: bool = True) -> tuple[LanguageModel, float]:
    """The model, and the processor's seconds."""
    training.seed_everything(seed)
    keys = tunes.Keys(texts) if move else lambda text: text
    model = LanguageModel(len(tunes.CHARACTERS), EMBED, units, dropout=0.25)
    batches = ByLength([len(text) for text in texts], 16, lambda ns: tunes.batch([keys(texts[n]) for n in ns]))
    begun = time.process_time()
    training.fit(
        model,
        batches,
        loss,
        steps=rounds * len(batches),
        lr=4e-3,
        optimizer=lambda weights, lr: torch.optim.AdamW(weights, lr, weight_decay=0.01),
        schedule="cosine",
        clip_norm=1.0,
        progress=f"{units} units, seed {seed}",
    )
    return model.eval(), time.process_time() - begun


@torch.no_grad()
def nats(model: LanguageModel, texts: Sequence[str]) -> float:
    """Per character of whole tunes, their ends counted."""
    total = count = 0
    for start in range(0, len(texts), 32):
        batch = tunes.batch(texts[start : start + 32])
        many = int((batch.y != tunes.NOTHING).sum())
        total, count = total + loss(model, batch).item() * many, count + many
    return total / count


@torch.no_grad()
def compose(model: LanguageModel, number: int, temperature: float, seed: int) -> list[str]:
    """So many tunes side by side, by plain sampling; one that does not end keeps all its characters."""
    generator = torch.Generator().manual_seed(seed)
    fresh, state, written = torch.zeros(number, 1, dtype=torch.long), None, []
    for _ in range(MOST):
        logits, _, state = model(fresh, state)
        fresh = training.draw(training.distribution(logits[:, -1], temperature), generator)[:, None]
        written.append(fresh)
        ended = (torch.cat(written, dim=1) == tunes.INDEX[tunes.END]).any(dim=1)
        if ended.all():
            break
    return [tunes.decode(row).split(tunes.END)[0] for row in torch.cat(written, dim=1)]


def counting(texts: Sequence[str]) -> dict[str, Counter]:
    """After each context of up to 8 characters, how often each character came."""
    found: dict[str, Counter] = defaultdict(Counter)
    for text in texts:
        whole = tunes.END + text + tunes.END
        for place in range(1, len(whole)):
            for size in range(min(place, CONTEXT) + 1):
                found[whole[place - size : place]][whole[place]] += 1
    return found


def count_on(found: dict[str, Counter], number: int, temperature: float, seed: int) -> list[str]:
    """Tunes by counting: from the longest context that was seen."""
    draw, written = random.Random(seed), []
    for _ in range(number):
        text = tunes.END
        while len(text) <= MOST and (len(text) == 1 or text[-1] != tunes.END):
            context = next(text[-size:] for size in range(CONTEXT, 0, -1) if text[-size:] in found)
            names, weights = zip(*found[context].items(), strict=True)
            text += draw.choices(names, [weight ** (1 / temperature) for weight in weights])[0]
        written.append(text.strip(tunes.END))
    return written


def measure(texts: Sequence[str], seen: str, copies: int | None = None) -> dict:
    """Everything that the page reports of some tunes; copied passages of the first `copies`, all unless given."""
    judged = [melody.judge(text) for text in texts]
    shares = [each.right / each.bars if each.bars else 0.0 for each in judged]
    parsed = [each for each in judged if not each.problem]
    by_metre: dict[str, list[float]] = defaultdict(list)
    for each, share in zip(judged, shares, strict=True):
        by_metre[each.metre].append(share)
    copied = [longest_copied(text, seen) for text in texts[:copies]]
    return {
        "tunes": len(texts),
        "parsed": len(parsed) / len(texts),
        "bars right": statistics.mean(shares),
        "bars right, all together": sum(e.right for e in judged) / max(1, sum(e.bars for e in judged)),
        "every bar right": statistics.mean(share == 1 for share in shares),
        "in key": sum(e.in_key for e in parsed) / max(1, sum(e.notes for e in parsed)),
        "characters": statistics.mean(map(len, texts)),
        "metres": {m: [len(v), statistics.mean(v)] for m, v in sorted(by_metre.items()) if len(v) > 1},
        "copied, median": statistics.median(copied),
        "copied, longest": max(copied),
        **taken_up(texts[:: max(1, len(texts) // COMPARED)][:COMPARED]),  # neighbours in the book are alike
        "problems": dict(Counter(each.problem for each in judged if each.problem).most_common(5)),
    }


def taken_up(texts: Sequence[str]) -> dict[str, float]:
    """Shares of bars: those that came before in the same tune, and those that stand in another of these tunes."""
    tunes_of_bars = [bars(text) for text in texts]
    where = Counter(bar for found in tunes_of_bars for bar in set(found))
    number = max(1, sum(map(len, tunes_of_bars)))
    return {
        "bars that came before": sum(len(found) - len(set(found)) for found in tunes_of_bars) / number,
        "bars in another tune": sum(where[bar] > 1 for found in tunes_of_bars for bar in found) / number,
    }


def bars(text: str) -> list[str]:
    """What stands between bar lines, as written, if it is four characters or more: no upbeats."""
    pieces = re.split(r"[|:\[\]]+[12]?", text.split("\n", 3)[-1])
    return [piece.strip() for piece in pieces if len(piece.strip()) >= 4]


def longest_copied(text: str, seen: str) -> int:
    """The longest passage of notes that stands in the training tunes, in this key or one up to three letters away."""
    lengths = []
    for steps in range(-3, 4):
        try:
            moved = abc.transposed(text, steps) if steps else text
        except (AttributeError, ValueError):  # no header, or no such key
            moved = text
        lengths.append(melody.longest_shared(moved.split("\n", 3)[-1].strip(), seen))
    return max(lengths)


def close(text: str) -> str:
    """Without the spaces between beat groups."""
    return text.replace(" ", "")


def small_ones(train_texts: list[str], held_out: list[str], seen: str, number: int = 60) -> dict:
    """Over three seeds: small networks, with the spaces and without; and counting."""
    found = counting(train_texts)
    bare = [close(text) for text in train_texts]
    values: dict[str, list] = {"spaces": [], "no spaces": [], "counting": []}
    for seed in SEEDS:
        for name, texts in (("spaces", train_texts), ("no spaces", bare)):
            model, seconds = train(texts, SMALL, FEW, seed, move=False)
            unseen = [close(text) for text in held_out] if texts is bare else held_out
            written = compose(model, number, 0.8, seed)
            row = {"nats a tune": nats(model, unseen) * sum(len(t) + 1 for t in unseen) / len(unseen)}
            values[name].append(row | {"seconds": seconds, "T=0.8": measure(written, "".join(texts), 40)})
            print(name, seed, values[name][-1], flush=True)
        values["counting"].append({"T=0.8": measure(count_on(found, number, 0.8, seed), seen, 40)})
        print("counting", seed, values["counting"][-1], flush=True)
    return {"units": SMALL, "rounds": FEW, **values}


def shipped(train_texts: list[str], held_out: list[str], seen: str, again: bool) -> dict:
    """The one that ships, and what it writes by three seeds of the sampling."""
    if again:
        model, seconds = train(train_texts, UNITS, ROUNDS, 0)
        notes = {"embed_dim": EMBED, "hidden_size": UNITS, "rounds": ROUNDS, "seed": 0, "seconds": seconds}
        training.save(files.checkpoint(NAME), model, characters=tunes.CHARACTERS, **notes)
    model = LanguageModel(len(tunes.CHARACTERS), EMBED, UNITS).eval()
    notes = training.load(files.checkpoint(NAME), model)
    rows: dict[str, list] = {f"T={t}": [] for t in NUMBER}
    for t, number in NUMBER.items():
        for seed in SEEDS:
            rows[f"T={t}"].append(measure(compose(model, number, t, seed), seen))
            print("shipped", t, seed, rows[f"T={t}"][-1], flush=True)
    return {
        "units": UNITS,
        "rounds": ROUNDS,
        "seconds": notes["seconds"],
        "parameters": sum(p.numel() for p in model.parameters()),
        "nats": nats(model, held_out),
        **rows,
    }


def by_seeds(parts: tunes.Split, seen: str, rounds: int, seeds: Sequence[int]) -> dict:
    """The shipped one's size after so many rounds, trained from each of these seeds."""
    rows = []
    for seed in seeds:
        model, seconds = train(parts.train, UNITS, rounds, seed)
        written = compose(model, NUMBER[0.8], 0.8, seed)
        rows.append({"nats": nats(model, parts.held_out), "seconds": seconds, "T=0.8": measure(written, seen, 40)})
        print(rounds, "rounds, seed", seed, rows[-1], flush=True)
    return {"units": UNITS, "rounds": rounds, "seeds": rows}


def main(*asked: str) -> None:
    torch.set_num_threads(1)
    parts = tunes.split()
    seen = "".join(parts.train)
    real = measure(parts.held_out, seen)
    print("real", real, flush=True)
    values = {
        "real": real,
        "shipped": shipped(parts.train, parts.held_out, seen, again="small" not in asked),
        "trained again": by_seeds(parts, seen, ROUNDS, SEEDS[1:]),  # the shipped one is of seed 0
        "shorter": by_seeds(parts, seen, BRIEF, SEEDS),
        "small": small_ones(parts.train, parts.held_out, seen),
    }
    files.save_results(NAME, command="python tests/bench/tunes.py", seeds=list(SEEDS), values=values)


if __name__ == "__main__":
    main(*sys.argv[1:])
