"""`train language` and `sample`: a character model on the reader's own text.

    held out    the last 10 % of the text, or --validation; every character of it is scored exactly once
    looked at   four pieces of what is left, 5 % of it together and at most 20,000 characters: early stopping sees
                these, and nothing of what is held out. They lie evenly in it, and not at its end: a text changes on its
                way, and what comes last before the held-out part is most like it

Shapes: T characters of a text, V different ones.
"""

import math
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unrolled import training
from unrolled.commands import run
from unrolled.commands.given import Refused, text
from unrolled.commands.run import Asked
from unrolled.data.batching import Window, streams, windows
from unrolled.layers import Embedding
from unrolled.models.language_model import CarriedLoss, LanguageModel, nats, reader
from unrolled.models.transformer import Transformer
from unrolled.models.transformer import nats as transformer_nats
from unrolled.models.transformer import reader as transformer_reader

HELD_OUT, LOOKED_AT, MOST_LOOKED_AT, PIECES = 0.1, 0.05, 20_000, 4
PACE = {  # characters that two cores read in a second of training, about: in float32, in bfloat16
    "lstm": (36_000, 50_000),
    "gru": (25_000, 45_000),
    "rnn": (60_000, 75_000),
    "transformer": (10_000, 20_000),
}
BEFORE = 1000  # characters that are read before the first that is scored
RATES = {"lstm": 1.6e-2, "gru": 8e-3, "rnn": 4e-3}
KINDS = (*RATES, "transformer")


class Split(NamedTuple):
    """A text as numbers: what may be learnt from, and what is held out."""

    characters: str  # V
    given: Tensor  # (T,) all that is not held out, in its order
    looked_at: list[slice]  # parts of `given`
    held_out: Tensor
    told: str  # how it was split, in words

    def train(self) -> Tensor:
        """What is given and not looked at, joined."""
        kept = torch.ones(len(self.given), dtype=torch.bool)
        for piece in self.looked_at:
            kept[piece] = False
        return self.given[kept]


class Settings(NamedTuple):
    """Sizes and rates, chosen from the data."""

    embed_dim: int
    hidden_size: int  # of a recurrent layer
    dropout: float
    batch_size: int
    window: int
    lr: float
    weight_decay: float
    num_heads: int = 0  # of a transformer
    num_layers: int = 1


def settings(kind: str, rounds: float) -> Settings:
    """By how often training will read the text: a network that meets it a few times can't learn it by heart, one that
    meets it often must be kept from it, by chance (dropout) and by weights that are pulled to 0 (weight decay). Some
    decay there is always: even for four rounds .05 was worse than .2.

    Found on Python's documentation (8 to 15 rounds), on docstrings of its standard library (4), and on slices of
    200,000 characters of O'Neill's tunes (19 to 31), one seed each.
    """
    if kind == "transformer":
        return Settings(128, 0, 0.1 if rounds > 5 else 0.0, 32, 128, 2e-3, 0.1, 4, 4)
    dropout = min(0.4, max(0.0, 0.016 * (rounds - 5)))
    decay = min(0.5, max(0.2, 0.03 * rounds))
    return Settings(64, 384, round(dropout, 2), 32, 96, RATES[kind], round(decay, 2))


def fast(kind: str, asked: Asked, device: torch.device) -> torch.dtype | None:
    """The type to compute in. Only by the clock, by which no two runs are the same anyway; and a recurrent layer only
    on a processor, see `fast_dtype`."""
    if not asked.seconds or (kind != "transformer" and device.type != "cpu"):
        return None
    return training.fast_dtype(device)


def rounds(kind: str, asked: Asked, characters: int, device: torch.device, autocast: torch.dtype | None) -> float:
    """How often training will read so many characters, as far as can be told before it begins."""
    if asked.seconds and device.type == "cpu":
        return asked.seconds * PACE[kind][autocast is not None] / characters
    return asked.epochs or math.inf


def vectors(model: nn.Module) -> list[nn.Parameter]:
    """Parameters that weight decay leaves alone: biases and gains, and embeddings, where the row of a rare character
    would be pulled to 0 at every step and pushed at few."""
    embeddings = {id(part.W_e) for part in model.modules() if isinstance(part, Embedding)}
    return [weights for weights in model.parameters() if weights.ndim < 2 or id(weights) in embeddings]


def split(path: str | Path, validation: str | Path | None = None) -> Split:
    whole = text(path)
    if validation is None:
        cut = len(whole) - max(1, round(HELD_OUT * len(whole)))
        told = f"held out: the last {len(whole) - cut:,} of {len(whole):,} characters"
        first, rest = whole[:cut], whole[cut:]
    else:
        first, rest = whole, text(validation)
        told = f"held out: {validation}, {len(rest):,} characters"
    characters = "".join(sorted(set(first) | set(rest)))
    number = {character: n for n, character in enumerate(characters)}
    numbers = [torch.tensor([number[character] for character in part]) for part in (first, rest)]
    return Split(characters, numbers[0], spread(len(first)), numbers[1], told)


def spread(length: int) -> list[slice]:
    """Pieces that lie evenly in a text of this length."""
    size = max(1, min(MOST_LOOKED_AT, round(LOOKED_AT * length)) // PIECES)
    starts = [round((n + 0.5) * length / PIECES) - size // 2 for n in range(PIECES)]
    return [slice(start, start + size) for start in starts]


class Recurrent:
    """How a recurrent network is trained and scored: streams side by side, the state carried on."""

    def __init__(self, kind: str, vocab_size: int, sizes: Settings):
        self.sizes = sizes
        self.model: nn.Module = LanguageModel(vocab_size, sizes.embed_dim, sizes.hidden_size, kind, sizes.dropout)
        with torch.no_grad():
            self.model.embedding.W_e.mul_(0.1)
        self.loss: Callable = CarriedLoss()

    def batches(self, tokens: Tensor) -> "Shifted":
        return Shifted(tokens, self.sizes.batch_size, self.sizes.window)

    def nats(self, tokens: Tensor) -> Tensor:
        return nats(self.model, tokens)

    def next_logits(self) -> Callable:
        return reader(self.model)


class Attentive:
    """How a transformer is trained and scored: windows from anywhere in the text, nothing carried."""

    def __init__(self, vocab_size: int, sizes: Settings):
        self.sizes = sizes
        self.model: nn.Module = Transformer(
            vocab_size, sizes.embed_dim, sizes.num_heads, sizes.num_layers, sizes.window, sizes.dropout
        )

    @staticmethod
    def loss(model: nn.Module, window: Window) -> Tensor:
        return F.cross_entropy(model(window.x).logits.flatten(0, 1), window.y.flatten())

    def batches(self, tokens: Tensor) -> "Anywhere":
        return Anywhere(tokens, self.sizes.batch_size, self.sizes.window)

    def nats(self, tokens: Tensor) -> Tensor:
        return transformer_nats(self.model, tokens)

    def next_logits(self) -> Callable:
        return transformer_reader(self.model)


class Shifted:
    """Rounds through a text in streams; each round begins elsewhere, so that windows are cut at other places."""

    def __init__(self, tokens: Tensor, batch_size: int, window: int):
        self.tokens, self.batch_size, self.window = tokens, batch_size, window

    def __len__(self) -> int:
        """Windows a round, whatever its beginning: what is too much of one is left out."""
        return (len(self.tokens) - self.window) // self.batch_size // self.window

    def __iter__(self) -> Iterator[Window]:
        start = int(torch.randint(self.window, ()))
        yield from islice(windows(streams(self.tokens[start:], self.batch_size), self.window), len(self))


class Anywhere:
    """As many windows a round as the text holds, each from a place of its own."""

    def __init__(self, tokens: Tensor, batch_size: int, window: int):
        self.tokens, self.batch_size, self.window = tokens, batch_size, window

    def __len__(self) -> int:
        return max(1, len(self.tokens) // (self.batch_size * self.window))

    def __iter__(self) -> Iterator[Window]:
        for _ in range(len(self)):
            starts = torch.randint(len(self.tokens) - self.window, (self.batch_size, 1))
            places = starts + torch.arange(self.window + 1)
            pieces = self.tokens[places]
            yield Window(pieces[:, :-1], pieces[:, 1:], True)


def learner(kind: str, vocab_size: int, sizes: Settings) -> Recurrent | Attentive:
    if kind not in KINDS:
        raise Refused(f"--model is {kind}; one of {', '.join(KINDS)} is wanted")
    return Attentive(vocab_size, sizes) if kind == "transformer" else Recurrent(kind, vocab_size, sizes)


def fitting(sizes: Settings, length: int, path: str | Path) -> Settings:
    """Fewer streams where the text is short; Refused where not even one window is there."""
    least = 2 * sizes.window + 2
    if length < least:
        raise Refused(
            f"{path} is too short: {length:,} characters are left to train on, and the context of {sizes.window} "
            f"wants at least {least:,}"
        )
    return sizes._replace(batch_size=min(sizes.batch_size, length // (2 * sizes.window + 1)) or 1)


def mean_nats(score: Callable[[Tensor], Tensor], before: Tensor, scored: Tensor) -> float:
    """Of every character of `scored` exactly once, read on from the end of `before`."""
    return score(torch.cat([before[-BEFORE:], scored]))[-len(scored) :].cpu().double().mean().item()


class Trained(NamedTuple):
    file: Path
    val_nats_per_char: float
    steps: int
    interrupted: bool


def train(path: str | Path, asked: Asked, validation: str | Path | None = None, kind: str = "lstm") -> Trained:
    """Train on a text, keep the best weights, and score what is held out."""
    torch.manual_seed(asked.seed)
    device, parts = asked.on(), split(path, validation)
    train, autocast = parts.train(), fast(kind, asked, device)
    sizes = fitting(settings(kind, rounds(kind, asked, len(train), device, autocast)), len(train), path)
    task = learner(kind, len(parts.characters), sizes)
    task.model.to(device)
    asked.told(parts.told)
    given, held = parts.given.to(device), parts.held_out.to(device)
    batches = task.batches(train.to(device))
    went = run.fit(
        task.model,
        batches,
        task.loss,
        lambda _: fmean(mean_nats(task.nats, given[: piece.start], given[piece]) for piece in parts.looked_at),
        asked,
        a_round=len(batches),
        lr=sizes.lr,
        weight_decay=sizes.weight_decay,
        task="language",
        of=repr((kind, asked.seed, sizes, autocast, parts.told, text(path))),
        free=vectors(task.model),
        schedule="warmed cosine",
        autocast=autocast,
    )
    notes = {"task": "language", "kind": kind, "characters": parts.characters, "settings": list(sizes)}
    notes["split"] = parts.told
    asked.keep(task.model, **notes)  # before what is held out is scored, which may be interrupted
    score = mean_nats(task.nats, given, held)
    asked.keep(task.model, **notes, val_nats_per_char=score)
    return Trained(asked.file(), score, *went)


def load(out: str | Path) -> tuple[Recurrent | Attentive, str]:
    """What `train` kept in `out`, and its characters."""
    notes = run.notes_of(out, "language", "--text")
    task = learner(notes["kind"], len(notes["characters"]), Settings(*notes["settings"]))
    training.load(Path(out) / run.FILE, task.model)
    task.model.eval()
    return task, notes["characters"]


def sample(
    out: str | Path,
    prompt: str | None,
    length: int,
    *,
    temperature: float = 0.8,
    top_k: int | None = None,
    nucleus: float | None = None,
    seed: int = 0,
) -> str:
    """The prompt and `length` characters more. Refused for a prompt with characters that the text did not have.

    Without a prompt it begins on a new line, or, of a text that has none, with the first of its characters.
    """
    task, characters = load(out)
    if prompt is None:
        prompt = "\n" if "\n" in characters else characters[0]
    strange = "".join(sorted(set(prompt) - set(characters)))
    if strange or not prompt:
        came = f"{strange!r}, which the text it was trained on does not have" if strange else "nothing"
        raise Refused(f"the prompt holds {came}; at least one of its {len(characters)} characters is wanted")
    numbers = torch.tensor([characters.index(character) for character in prompt])
    options = {"temperature": temperature, "top_k": top_k, "nucleus": nucleus}
    generator = torch.Generator().manual_seed(seed)
    written = training.generate(task.next_logits(), numbers, length, generator=generator, **options)
    return "".join(characters[number] for number in written.tolist())
