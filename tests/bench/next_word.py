"""The next word of Python's documentation: a recurrent model beside counting, and what its vectors are like.

    nice -n 10 python tests/bench/next_word.py

writes data/results/05_next_word.json and, from the first seed, data/checkpoints/05_words.safetensors. About four
minutes on one free core. One vocabulary for all (words that occur three times in the training text, all others
`<unk>`, which is a word to be predicted like any other). All that is chosen (α, λ, μ, the length of the training) is
chosen on the validation text; the held-out text is scored once, at the end, on every word but the first.
"""

import math
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from torch import Tensor
from unrolled.data import batching, documentation, files, words
from unrolled.models import ngram
from unrolled.models.language_model import CarriedLoss, LanguageModel, nats
from unrolled.models.neighbours import cosine, kept, nearest, nearest_drawn
from unrolled.training import fit, save, seed_everything

SEEDS = (0, 1, 2)
AT_LEAST, EMBED, HIDDEN, DROPOUT = 3, 64, 96, 0.3
SMALL, USUAL = 0.1, 1.0  # how far the first random vectors spread; all but "usual start" begin small
STREAMS, WINDOW, ROUNDS, RATE = 8, 35, 10, 4e-3
DRAWN, K = 300, 10  # words in a picture, neighbours asked of it
OPPOSITES = [
    ("true", "false"),
    ("first", "last"),
    ("left", "right"),
    ("before", "after"),
    ("positive", "negative"),
    ("mutable", "immutable"),
    ("min", "max"),
    ("more", "less"),
    ("start", "end"),
    ("with", "without"),
    ("lower", "upper"),
    ("local", "global"),
]


class Texts(NamedTuple):
    vocabulary: words.Vocabulary
    train: Tensor  # (T,) word numbers, as the two others
    validation: Tensor
    held_out: Tensor


def texts() -> Texts:
    rest, held_out = documentation.split(documentation.load())
    train, validation = documentation.split(rest)
    parts = [words.tokenise(part) for part in (train, validation, held_out)]
    vocabulary = words.vocabulary(parts[0], AT_LEAST)
    return Texts(vocabulary, *(vocabulary.encode(part) for part in parts))


def perplexity(nats_each: Tensor) -> float:
    return math.exp(nats_each.double().mean().item())


def counting(text: Texts) -> dict:
    """Unigram, bigram and trigram, their weights chosen on the validation text."""
    V = len(text.vocabulary)
    alphas = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    alpha = min(alphas, key=lambda a: perplexity(ngram.unigram_nats(ngram.unigram(text.train, V, a), text.validation)))
    one, counts = ngram.unigram(text.train, V, alpha), ngram.followers(text.train, V)
    weights = [n / 20 for n in range(21)]
    curve = [perplexity(ngram.bigram_nats(ngram.bigram(counts, one, w), text.validation)) for w in weights]
    weight = weights[curve.index(min(curve))]
    two = ngram.bigram(counts, one, weight)
    curve_three = [perplexity(trigram_nats(text.train, two, text.validation, w)) for w in weights[:-1]]
    weight_three = weights[curve_three.index(min(curve_three))]
    return {
        "alpha": alpha,
        "weight": weight,
        "weight of the trigram": weight_three,
        "validation by weight": {str(w): value for w, value in zip(weights, curve, strict=True) if w < 1},  # at 1: ∞
        "held out": {
            "unigram": perplexity(ngram.unigram_nats(one, text.held_out)),
            "bigram": perplexity(ngram.bigram_nats(two, text.held_out)),
            "trigram": perplexity(trigram_nats(text.train, two, text.held_out, weight_three)),
        },
    }


def trigram_nats(train: Tensor, two: Tensor, tokens: Tensor, weight: float) -> Tensor:
    """−ln of a share `weight` of the trigram's p and the rest of the bigram's: every token but the first."""
    triples = Counter(zip(train.tolist(), train[1:].tolist(), train[2:].tolist(), strict=False))
    pairs = Counter(pairwise(train.tolist()))
    found = tokens.tolist()
    p = two[tokens[:-1], tokens[1:]].tolist()
    for t in range(2, len(found)):
        u, v, w = found[t - 2 : t + 1]
        if pairs[u, v]:
            p[t - 1] = weight * triples[u, v, w] / pairs[u, v] + (1 - weight) * p[t - 1]
    return -torch.tensor(p, dtype=torch.float64).log()


def trained(
    text: Texts,
    seed: int,
    spread: float = SMALL,
    dropout: float = DROPOUT,
    rounds: int = ROUNDS,
    lr: float = RATE,
    look: Callable[[LanguageModel, float], None] = lambda model, done: None,
) -> tuple[LanguageModel, list[float]]:
    """The model with the best validation, and its perplexity there after each round through the text.

    `look(model, rounds)` is called after every step.
    """
    seed_everything(seed)
    model = LanguageModel(len(text.vocabulary), EMBED, HIDDEN, "lstm", dropout)
    with torch.no_grad():
        model.embedding.W_e.mul_(spread)
    pieces = list(batching.windows(batching.streams(text.train, STREAMS), WINDOW))
    history = fit(
        model,
        pieces,
        CarriedLoss(),
        steps=rounds * len(pieces),
        lr=lr,
        schedule="cosine",
        clip_norm=1.0,
        validate=lambda m: nats(m, text.validation).mean().item(),
        validate_every=len(pieces),
        progress=sys.stderr.isatty(),
        callback=lambda step: look(model, step.step / len(pieces)),
    )
    return model.eval(), [math.exp(value) for _, value in history.validation]


def opposites(vectors: Tensor, vocabulary: words.Vocabulary) -> dict[str, int]:
    """For each pair that the vocabulary knows: the place of the second among the neighbours of the first, from 1."""
    known = [pair for pair in OPPOSITES if all(word in vocabulary for word in pair)]
    places = {}
    for one, other in known:
        closeness = cosine(vectors[vocabulary[one]][None], vectors)[0]
        closeness[vocabulary[one]] = -torch.inf
        places[f"{one}, {other}"] = int((closeness > closeness[vocabulary[other]]).sum()) + 1
    return places


def pictures(vectors: Tensor, vocabulary: words.Vocabulary, seed: int) -> dict[str, float]:
    """The share of the K true neighbours of the most frequent words that each picture keeps."""
    chosen = [n for n, word in enumerate(vocabulary.words) if word.isalpha() and len(word) > 1][:DRAWN]
    shown = torch.nn.functional.normalize(vectors[chosen], dim=1)
    true = nearest(shown, K)
    axes = PCA(10).fit(shown.numpy())
    flat = torch.from_numpy(axes.transform(shown.numpy()))
    drawn = {"PCA, 2 axes": flat[:, :2], "PCA, 10 axes": flat}
    for around in (5, 10, 30):
        points = TSNE(perplexity=around, init="pca", random_state=seed).fit_transform(shown.numpy())
        drawn[f"t-SNE {around}"] = torch.from_numpy(points)
    shares = {name: kept(true, nearest_drawn(points, K)).mean().item() for name, points in drawn.items()}
    return shares | {
        "chance": K / (len(chosen) - 1),
        "variance in 2 axes": float(axes.explained_variance_ratio_[:2].sum()),
    }


def paragraphs(vocabulary: words.Vocabulary) -> list[Tensor]:
    """Held-out paragraphs of 5 to 100 words, each by itself."""
    held_out = documentation.split(documentation.load()).held_out
    found = [words.tokenise(each) for each in documentation.paragraphs(held_out)]
    return [vocabulary.encode(each) for each in found if 5 <= len(each) <= 100]


@torch.no_grad()
def padded_readings(model: LanguageModel, each: list[Tensor], batch_size: int = 32) -> dict[str, float]:
    """The perplexity of the word after the first half of every paragraph, these padded to the longest of their batch:
    read after the last real word, and in the last column."""
    halves = [len(one) // 2 for one in each]
    logits = {"last real word": [], "last column": []}
    for start in range(0, len(each), batch_size):
        batch = slice(start, start + batch_size)
        tokens, lengths = batching.pad([one[:half] for one, half in zip(each[batch], halves[batch], strict=True)])
        output = model(tokens).logits
        logits["last real word"].append(output[torch.arange(len(tokens)), lengths - 1])
        logits["last column"].append(output[:, -1])
    targets = torch.stack([one[half] for one, half in zip(each, halves, strict=True)])
    return {
        name: perplexity(torch.nn.functional.cross_entropy(torch.cat(parts), targets, reduction="none"))
        for name, parts in logits.items()
    }


def main() -> None:
    text = texts()
    each = paragraphs(text.vocabulary)
    values = {
        "words": {name: len(getattr(text, name)) for name in ("train", "validation", "held_out")},
        "vocabulary": len(text.vocabulary),
        "unknown in held_out": (text.held_out == text.vocabulary[words.UNKNOWN]).double().mean().item(),
        "counting": counting(text),
        "lstm": {"validation by round": {}, "held out": {}},
        "opposites": {},
        "opposites, untrained": {},
        "usual start": {"validation": {}, "held out": {}, "opposites": {}},
        "kept": {},
        "padded": {"paragraphs": len(each)},
    }
    for seed in SEEDS:
        model, rounds = trained(text, seed)
        vectors = model.embedding.W_e.detach()
        values["lstm"]["validation by round"][str(seed)] = rounds
        values["lstm"]["held out"][str(seed)] = perplexity(nats(model, text.held_out))
        values["opposites"][str(seed)] = opposites(vectors, text.vocabulary)
        chance = torch.randn(vectors.shape, generator=torch.Generator().manual_seed(seed))
        values["opposites, untrained"][str(seed)] = opposites(chance, text.vocabulary)
        values["kept"][str(seed)] = pictures(vectors, text.vocabulary, seed)
        values["padded"][str(seed)] = padded_readings(model, each)
        print(
            seed,
            values["padded"],
            values["lstm"],
            values["opposites"][str(seed)],
            values["kept"][str(seed)],
            flush=True,
        )
        if seed == SEEDS[0]:
            save(files.checkpoint("05_words"), model, seed=seed, words=list(text.vocabulary))
    for seed in SEEDS:
        model, rounds = trained(text, seed, USUAL)
        values["usual start"]["validation"][str(seed)] = min(rounds)
        values["usual start"]["held out"][str(seed)] = perplexity(nats(model, text.held_out))
        values["usual start"]["opposites"][str(seed)] = opposites(model.embedding.W_e.detach(), text.vocabulary)
        print(seed, values["usual start"], flush=True)
    files.save_results("05_next_word", command="python tests/bench/next_word.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
