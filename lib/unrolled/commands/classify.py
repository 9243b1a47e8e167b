"""`train classify` and `classify`: a verdict on the reader's own texts, beside a bag of words.

held out    10 % of the examples by seed, of every label alike, or --validation; no text is in both parts
looked at   10 % of what is left, in the same way: early stopping sees this, and nothing of what is held out
temperature what was looked at says how sure the model may be: its logits are divided by one number
baseline    logistic regression on which words occur, trained on all that is not held out
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional as F

from unrolled import training
from unrolled.commands import given, run
from unrolled.commands.given import Line, Refused
from unrolled.commands.run import Asked
from unrolled.data import words
from unrolled.data.batching import pad
from unrolled.models.recurrent import LAYERS
from unrolled.models.text_classifier import TextClassifier, TransformerClassifier

HELD_OUT, LOOKED_AT = 0.1, 0.1
UNKNOWN = 1  # the number of <unk>
LONGEST = 400  # words of a text that are read
KINDS = (*LAYERS, "transformer")
HEADS, BLOCKS = 4, 2  # of the transformer
TEMPERATURES = torch.logspace(0, 1, 21)  # from 1: a model is never made surer, however few texts were looked at


class Settings(NamedTuple):
    embed_dim: int = 64
    hidden_size: int = 64
    dropout: float = 0.5
    word_dropout: float = 0.1  # words that are hidden in training
    batch_size: int = 32
    lr: float = 2e-3
    weight_decay: float = 0.05
    pool: str = "last"


SETTINGS = {"transformer": Settings(dropout=0.2, pool="max")}  # those of a kind, where they are others
LONG = 50  # words: from here on the last state has lost too much, and the largest of all states does better
ROUND = 50  # updates that a round should have, so that few examples are enough


def settings(kind: str, texts: Sequence[Tensor]) -> Settings:
    """Those of the kind, fitted to how many texts there are, and how long."""
    sizes = SETTINGS.get(kind, Settings())
    if kind in LAYERS and median(map(len, texts)) > LONG:
        sizes = sizes._replace(pool="max", lr=5e-3)
    return sizes._replace(batch_size=max(4, min(sizes.batch_size, len(texts) // ROUND)))


class Split(NamedTuple):
    train: list[Line]
    looked_at: list[Line]
    held_out: list[Line]
    labels: list[str]
    told: str


class Batch(NamedTuple):
    tokens: Tensor  # (B, T)
    lengths: Tensor  # (B,)
    y: Tensor  # (B,)


def split(path: str | Path, validation: str | Path | None = None, seed: int = 0) -> Split:
    train, looked_at, held_out, told = given.parted(
        path,
        validation,
        "a label and a text",
        seed,
        shares=(HELD_OUT, lambda _: LOOKED_AT),
        group=lambda line: same(line.second),
        stratum=lambda line: line.first,
        named=("examples", "each label", "texts"),
    )
    labels = sorted({line.first for line in train})
    if len(labels) < 2:
        only = f"{labels[0]!r} alone" if labels else "nothing"
        each = "three different texts each" if validation is None else "two different texts each"
        wanted = f"at least two labels, each before its tab, with {each} are wanted"
        raise Refused(f"{path} gives {only} to train on; {wanted}")
    strange = sorted({line.first for line in [*looked_at, *held_out]} - set(labels))
    if strange and (validation is None or strange[0] in firsts(looked_at)):
        wanted = "three different ones are wanted: to train, to look at, to hold out"
        wanted = wanted if validation is None else "two different ones are wanted: to train, to look at"
        raise Refused(f"label {strange[0]!r} has too few texts; {wanted} (a header is none, and is to be left out)")
    if strange:
        raise Refused(f"label {strange[0]!r} is not among those to train on ({', '.join(labels)})")
    return Split(train, looked_at, held_out, labels, told)


def same(text: str) -> str:
    """What makes two texts the same: letters' case and spaces don't."""
    return " ".join(text.lower().split())


def tokens(vocabulary: words.Vocabulary, text: str) -> Tensor:
    return vocabulary.encode(words.tokenise(text)[:LONGEST] or [words.UNKNOWN])


def batch(texts: list[Tensor], labels: Tensor, hidden: float) -> Batch:
    """Padded side by side; each word is hidden with this probability."""
    padded = pad(texts)
    unseen = torch.rand(padded.tokens.shape) < hidden
    return Batch(padded.tokens.masked_fill(unseen, UNKNOWN), padded.lengths, labels)


def loss(model: nn.Module, batch: Batch) -> Tensor:
    return F.cross_entropy(model(batch.tokens, batch.lengths).y, batch.y)


@torch.no_grad()
def scores(model: nn.Module, texts: list[Tensor], device: torch.device | str = "cpu") -> Tensor:
    """The logits (N, V), without dropout."""
    model.eval()
    parts = []
    for start in range(0, len(texts), 256):
        batch, lengths = pad(texts[start : start + 256])
        parts.append(model(batch.to(device), lengths.to(device)).y.cpu())
    return torch.cat(parts)


def baseline(examples: Iterable[Line], held_out: Sequence[Line]) -> float:
    """Accuracy of logistic regression on which words occur."""
    seen = list(examples)
    bag = CountVectorizer(tokenizer=words.tokenise, token_pattern=None, lowercase=False, binary=True)
    linear = LogisticRegression(max_iter=2000).fit(bag.fit_transform(line.second for line in seen), firsts(seen))
    return float(linear.score(bag.transform(line.second for line in held_out), firsts(held_out)))


def firsts(lines: Iterable[Line]) -> list[str]:
    return [line.first for line in lines]


class Trained(NamedTuple):
    file: Path
    accuracy: float
    baseline_accuracy: float
    steps: int
    interrupted: bool


def train(path: str | Path, asked: Asked, validation: str | Path | None = None, kind: str = "lstm") -> Trained:
    """Train on examples, keep the best weights, and score what is held out, beside the baseline."""
    if kind not in KINDS:
        raise Refused(f"--model is {kind}; one of {', '.join(KINDS)} is wanted")
    torch.manual_seed(asked.seed)
    device, parts = asked.on(), split(path, validation, asked.seed)
    asked.told(parts.told)
    vocabulary = words.vocabulary([word for line in parts.train for word in words.tokenise(line.second)])
    seen, looked, held = (
        numbered(lines, vocabulary, parts.labels) for lines in (parts.train, parts.looked_at, parts.held_out)
    )
    sizes = settings(kind, seen[0])
    model = built(kind, len(vocabulary), len(parts.labels), sizes).to(device)
    batches = run.ByLength(
        [len(text) for text in seen[0]],
        sizes.batch_size,
        lambda numbers: batch([seen[0][n] for n in numbers], seen[1][numbers], sizes.word_dropout),
    )
    went = run.fit(
        model,
        batches,
        loss,
        lambda model: tempered(scores(model, looked[0], device), looked[1])[0],
        asked,
        a_round=len(batches),
        lr=sizes.lr,
        weight_decay=sizes.weight_decay,
        task="classify",
        of=repr((kind, asked.seed, parts)),
    )
    cool(model, tempered(scores(model, looked[0], device), looked[1])[1])
    notes = {"task": "classify", "kind": kind, "words": list(vocabulary.words), "labels": parts.labels}
    notes |= {"settings": list(sizes), "split": parts.told}
    asked.keep(model, **notes)  # before what is held out is scored, which may be interrupted
    right = scores(model, held[0], device).argmax(dim=-1) == held[1]
    accuracy, simple = right.double().mean().item(), baseline([*parts.train, *parts.looked_at], parts.held_out)
    asked.keep(model, **notes, accuracy=accuracy)
    return Trained(asked.file(), accuracy, simple, *went)


def numbered(lines: Sequence[Line], vocabulary: words.Vocabulary, labels: list[str]) -> tuple[list[Tensor], Tensor]:
    """Each text as numbers (T,), and the labels' numbers (N,)."""
    texts = [tokens(vocabulary, line.second) for line in lines]
    return texts, torch.tensor([labels.index(line.first) for line in lines])


def tempered(logits: Tensor, y: Tensor) -> tuple[float, float]:
    """logits (N, V), y (N,) to the mean −ln p of the right labels at the best temperature, and this temperature.

    A model goes on learning which label is likelier long after it has become too sure; what it learns counts here, and
    how sure it is doesn't. Source: Guo et al. (2017), arXiv:1706.04599.
    """
    nats = torch.stack([F.cross_entropy(logits / t, y) for t in TEMPERATURES])
    return nats.min().item(), TEMPERATURES[nats.argmin()].item()


@torch.no_grad()
def cool(model: nn.Module, temperature: float) -> None:
    """Divide the model's logits by the temperature, once and for all."""
    model.W_hy.div_(temperature)
    model.b_y.div_(temperature)


def built(kind: str, vocab_size: int, classes: int, sizes: Settings) -> nn.Module:
    D, H, options = sizes.embed_dim, sizes.hidden_size, {"pool": sizes.pool, "dropout": sizes.dropout}
    if kind == "transformer":
        return TransformerClassifier(vocab_size, D, HEADS, BLOCKS, classes, **options)
    return TextClassifier(vocab_size, D, H, classes, layer=kind, both_ways=True, **options)


def unmet(out: str | Path, texts: Sequence[str]) -> list[str]:
    """The words of the texts that the model does not know, in their order."""
    known = set(run.notes_of(out, "classify", "--examples")["words"])
    return list(dict.fromkeys(word for text in texts for word in words.tokenise(text)[:LONGEST] if word not in known))


def classify(out: str | Path, texts: Sequence[str]) -> list[tuple[str, float]]:
    """For each text the likeliest label, and its probability."""
    notes = run.notes_of(out, "classify", "--examples")
    vocabulary, labels = words.Vocabulary(notes["words"]), notes["labels"]
    model = built(notes["kind"], len(vocabulary), len(labels), Settings(*notes["settings"]))
    training.load(Path(out) / run.FILE, model)
    best = scores(model, [tokens(vocabulary, text) for text in texts]).softmax(dim=-1).max(dim=-1)
    return [(labels[n], p) for n, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)]
