"""Verdicts on reviews that no model has seen: counting words, and reading them in order.

    nice -n 10 python tests/bench/sentiment.py

writes data/results/09_sentiment.json, and data/checkpoints/09_sentiment.safetensors, the one-way reader of seed 0.
About twelve minutes on one free core. Everything trains on the reviews' training part. The settings of reading were
chosen there, one of its six hands left out at a time. Each row of these three parts is scored once on the held-out
part, and on the pairs that differ in order alone; that the command answers from both ends was tried once `reading` was
known, and decided by hands left out as well:

    counting    logistic regression on single words, and on words and pairs of neighbours, as scikit-learn has it
    reading     small networks of one size, which differ in what the page is about: padding, pool, direction, layer
    command     `python -m unrolled train classify` with its default settings, and with --model rnn and transformer

    sizes       counting, and the command, on some of the training part, drawn anew for each seed; held-out part too

One part leaves the held-out part alone, and judges the reviews on which the settings were chosen:

    hands       of every hand that wrote for training: its reviews, judged by what learned from the other five

    python tests/bench/sentiment.py command sizes

makes these parts alone, and puts them beside those that are there, if these were made with the same torch.
"""

import sys
import tempfile
import time
import warnings
from pathlib import Path

import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import Tensor
from torch.nn import functional as F
from unrolled import training
from unrolled.commands import classify
from unrolled.commands.run import Asked, ByLength
from unrolled.data import batching, files, order_pairs, reviews, words
from unrolled.models.text_classifier import TextClassifier

SEEDS = (0, 1, 2, 3, 4)
EMBED, HIDDEN, DROPOUT, WORD_DROPOUT = 32, 32, 0.5, 0.1
BATCH, EPOCHS, RATE = 32, 8, 4e-3
READING = {
    "padding read": {"masked": False},
    "last word": {},
    "last word, tanh": {"layer": "rnn"},
    "mean": {"pool": "mean"},
    "max": {"pool": "max"},
    "both ways, both ends": {"both_ways": True},
    "both ways, max": {"pool": "max", "both_ways": True},
}
KINDS, EPOCHS_OF_COMMAND = ("lstm", "rnn", "transformer"), 12
COUNTED = {"words": 1, "words and pairs": 2}  # the longest run that is counted
SIZES = (300, 1000)  # training reviews; and all of them
TRAIN, HELD_OUT, PAIRS = reviews.load("train"), reviews.load("held out"), order_pairs.load()


def counting(seen: list[reviews.Review], longest: int):
    """Logistic regression on which runs of up to `longest` words occur."""
    bag = CountVectorizer(analyzer=words.tokenise, binary=True)
    if longest > 1:
        bag = CountVectorizer(
            tokenizer=words.tokenise, token_pattern=None, lowercase=False, binary=True, ngram_range=(1, longest)
        )
    return make_pipeline(bag, LogisticRegression(max_iter=2000)).fit(*apart(seen))


def apart(some: list[reviews.Review]) -> tuple[list[str], list[int]]:
    return [review.text for review in some], [review.verdict for review in some]


def subset(size: int, seed: int) -> list[reviews.Review]:
    order = torch.randperm(len(TRAIN), generator=torch.Generator().manual_seed(seed)).tolist()
    return [TRAIN[n] for n in order[:size]]


def numbered(lexicon: words.Vocabulary, some: list[reviews.Review]) -> tuple[list[Tensor], Tensor]:
    texts, verdicts = apart(some)
    return [lexicon.encode(words.tokenise(text)) for text in texts], torch.tensor(verdicts)


def read(model: TextClassifier, tokens: Tensor, lengths: Tensor, masked: bool) -> Tensor:
    return model(tokens, lengths if masked else None).y


def reader(
    seed: int,
    masked: bool = True,
    layer: str = "lstm",
    train: list[reviews.Review] = TRAIN,
    held_out: list[reviews.Review] = HELD_OUT,
    **options,
) -> tuple[TextClassifier, dict]:
    """Train one, with every batch filled up to the longest review of all; and score it."""
    training.seed_everything(seed)
    lexicon = words.vocabulary([word for review in train for word in words.tokenise(review.text)])
    (seen, y), *others = (numbered(lexicon, some) for some in (train, held_out, PAIRS))
    width = max(len(text) for text in [*seen, *others[0][0]])
    model = TextClassifier(len(lexicon), EMBED, HIDDEN, 2, layer=layer, dropout=DROPOUT, **options)

    def filled(texts: list[Tensor]) -> tuple[Tensor, Tensor]:
        tokens, lengths = batching.pad(texts)
        return F.pad(tokens, (0, width - tokens.shape[1])), lengths

    def batch(numbers: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        tokens, lengths = filled([seen[n] for n in numbers])
        hidden = (torch.rand(tokens.shape) < WORD_DROPOUT) & (tokens > 0)
        return tokens.masked_fill(hidden, lexicon[words.UNKNOWN]), lengths, y[numbers]

    batches = ByLength([len(text) for text in seen], BATCH, batch)
    begun = time.process_time()
    training.fit(
        model,
        batches,
        lambda model, batch: F.cross_entropy(read(model, *batch[:2], masked), batch[2]),
        steps=EPOCHS * len(batches),
        lr=RATE,
        schedule="cosine",
        clip_norm=1.0,
        progress=False,
    )
    seconds = time.process_time() - begun
    model.eval()
    scored = {"seconds": round(seconds, 1)}
    with torch.no_grad():
        for name, (texts, verdicts) in zip(("held out", "order pairs"), others, strict=True):
            right = read(model, *filled(texts), masked).argmax(dim=-1) == verdicts
            scored[name] = right.double().mean().item()
            scored[f"{name}, each"] = right
    return model, scored | {"words": list(lexicon.words)}


def commanded(seed: int, kind: str, seen: list[reviews.Review] = TRAIN) -> dict:
    """What `train classify` gives, told which part is held out; then what its model says of the pairs."""
    with tempfile.TemporaryDirectory() as folder:
        for name, some in (("seen", seen), ("held", HELD_OUT)):
            rows = (f"{reviews.VERDICTS[review.verdict]}\t{review.text}\n" for review in some)
            (Path(folder) / f"{name}.tsv").write_text("".join(rows), encoding="utf-8")
        begun = time.process_time()
        asked = Asked(folder, epochs=EPOCHS_OF_COMMAND, seed=seed, device="cpu", say=lambda _: None)
        trained = classify.train(Path(folder) / "seen.tsv", asked, Path(folder) / "held.tsv", kind)
        seconds = time.process_time() - begun
        texts, verdicts = apart(PAIRS)
        answers = [reviews.VERDICTS.index(label) for label, _ in classify.classify(folder, texts)]
    right = sum(answer == verdict for answer, verdict in zip(answers, verdicts, strict=True)) / len(PAIRS)
    return {"held out": trained.accuracy, "order pairs": right, "seconds": round(seconds, 1)}


def gathered(name: str, runs: list[dict]) -> dict:
    values = {key: [run[key] for run in runs] for key in ("held out", "order pairs", "seconds")}
    print(f"{name:24s}", *(f"{key} {' '.join(f'{v:.3f}' for v in values[key])}" for key in values), flush=True)
    return values


def count() -> dict:
    values = {}
    for name, longest in COUNTED.items():
        linear = counting(TRAIN, longest)
        values[name] = {"held out": linear.score(*apart(HELD_OUT)), "order pairs": linear.score(*apart(PAIRS))}
        print(name, values[name], flush=True)
    return values


def read_all() -> dict:
    values = {}
    for name, options in READING.items():
        runs = [reader(seed, **options) for seed in SEEDS]
        if name == "last word":
            keep(*runs[0])
        values[name] = gathered(name, [scored for _, scored in runs])
    return values


def command_all() -> dict:
    return {kind: gathered(f"command, {kind}", [commanded(seed, kind) for seed in SEEDS]) for kind in KINDS}


def sizes() -> dict:
    values = {}
    for size in SIZES:
        rows = {
            name: [counting(subset(size, seed), longest).score(*apart(HELD_OUT)) for seed in SEEDS]
            for name, longest in COUNTED.items()
        }
        rows["lstm"] = [commanded(seed, "lstm", subset(size, seed))["held out"] for seed in SEEDS]
        values[str(size)] = rows
        print(size, {name: [round(v, 3) for v in row] for name, row in rows.items()}, flush=True)
    return values


def hands() -> dict:
    """Of each hand: the share of its reviews right, by counting and, for each seed, by the reader of the last word; and
    how far this one is ahead on the mean of the seeds, with the standard error of that over the same reviews."""
    values = {}
    for hand in reviews.by_hand("train"):
        others, own = reviews.leave_out(hand)
        texts, verdicts = apart(own)
        runs = [reader(seed, train=others, held_out=own)[1]["held out, each"] for seed in SEEDS]
        each = torch.stack(runs).double()  # (seeds, reviews)
        row = {"reviews": len(own), "learned from": len(others), "last word": each.mean(dim=1).tolist()}
        for name, longest in COUNTED.items():
            right = torch.tensor(counting(others, longest).predict(texts)) == torch.tensor(verdicts)
            lead = each.mean(dim=0) - right.double()
            row[name] = right.double().mean().item()
            row[f"ahead of {name}"] = [lead.mean().item(), lead.std().item() / len(own) ** 0.5]
        values[hand] = row
        print(hand, row, flush=True)
    return values


PARTS = {"counting": count, "reading": read_all, "command": command_all, "sizes": sizes, "hands": hands}


def main(names: list[str]) -> None:
    if unknown := set(names) - set(PARTS):
        raise ValueError(f"{', '.join(sorted(unknown))}: no such part; one of {', '.join(PARTS)} is wanted")
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="sklearn")
    before = files.results("09_sentiment") if names else None
    if before and before["versions"]["torch"] != torch.__version__:
        raise ValueError(f"the other parts were made with torch {before['versions']['torch']}; make all of them again")
    values = dict(before["values"]) if before else {}
    for name in names or PARTS:
        values[name] = PARTS[name]()
        command = "python tests/bench/sentiment.py"
        files.save_results("09_sentiment", command=command, seeds=SEEDS, values=values)


def keep(model: TextClassifier, scored: dict) -> None:
    settings = {"embed_dim": EMBED, "hidden_size": HIDDEN, "layer": "lstm", "pool": "last"}
    notes = {"settings": settings, "seed": SEEDS[0], "words": scored["words"], "held_out": scored["held out"]}
    training.save(files.checkpoint("09_sentiment"), model, **notes)


if __name__ == "__main__":
    main(sys.argv[1:])
