"""`train translate` and `translate`: from one language to another, on the reader's own pairs.

    held out    10 % of the pairs by seed, or --validation; no source is in both parts
    looked at   10 % of what is left (1,000 at most): early stopping sees this, and nothing of what is held out

A text is cut into tokens that hold the space before them, so that joining them gives it back: words, single digits,
marks. A word that training has not seen twice is `<unk>`; where the network writes it, the source word at which it
looked most stands instead (Luong et al., 2015, arXiv:1410.8206). In place of a text there may be a list of tokens.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from sacrebleu import corpus_bleu, corpus_chrf
from torch import Tensor, nn

from unrolled import training
from unrolled.commands import given, run
from unrolled.commands.given import Line, Refused
from unrolled.commands.run import Asked
from unrolled.data.batching import pad
from unrolled.models import seq2seq
from unrolled.models.seq2seq import BEGIN, END, PAD, Batch, Seq2Seq, Translation
from unrolled.models.translator import Translator

HELD_OUT, LOOKED_AT, MOST_LOOKED_AT = 0.1, 0.1, 1000
SPECIAL = ("<pad>", "<begin>", "<end>", "<unk>")  # in the order of PAD, BEGIN, END
UNKNOWN = 3
TOKEN = re.compile(r" ?[^\W\d_]+| ?\d| ?[^\w\s]|\s|_")
FIELDS = "a source and a target"
AT_ONCE = 64  # sources that are translated side by side
KINDS = ("gru", "lstm", "rnn", "transformer")

Text = str | Sequence[str]  # or its tokens


class Settings(NamedTuple):
    embed_dim: int = 96
    hidden_size: int = 128
    dropout: float = 0.2
    hidden: float = 0.05  # source words that are hidden in training, so that <unk> is known
    batch_size: int = 32
    lr: float = 4e-3
    weight_decay: float = 0.01
    num_heads: int = 0  # of a transformer
    num_layers: int = 1


SETTINGS = {
    "gru": Settings(),
    "lstm": Settings(),
    "rnn": Settings(lr=2e-3),
    "transformer": Settings(96, 384, 0.1, lr=2e-3, num_heads=4, num_layers=2),
}


class Split(NamedTuple):
    train: list[Line]
    looked_at: list[Line]
    held_out: list[Line]
    told: str


def split(path: str | Path, validation: str | Path | None = None, seed: int = 0) -> Split:
    train, looked_at, held_out, told = given.parted(
        path,
        validation,
        FIELDS,
        seed,
        shares=(HELD_OUT, lambda sources: min(LOOKED_AT, MOST_LOOKED_AT / sources)),
        group=lambda line: line.first,
        stratum=lambda _: None,
        named=("pairs", "the sources", "sources"),
    )
    sources = len({line.first for line in [*train, *looked_at]})
    if sources < 2:
        raise Refused(f"{path} leaves {sources} sources to train on; at least two are wanted")
    return Split(train, looked_at, held_out, told)


def tokenise(text: Text) -> list[str]:
    """A text's tokens; tokens stay as they are."""
    return TOKEN.findall(" ".join(text.split())) if isinstance(text, str) else list(text)


def vocabulary(texts: Iterable[Text], at_least: int = 1) -> list[str]:
    """Every token that occurs so often; with 2, those seen once teach the model when to write <unk>."""
    counts = Counter(token for text in texts for token in tokenise(text))
    return [
        *SPECIAL,
        *sorted((token for token in counts if counts[token] >= at_least), key=lambda token: (-counts[token], token)),
    ]


class Words:
    """Two vocabularies, and texts as numbers."""

    def __init__(self, source: Sequence[str], target: Sequence[str]):
        self.source, self.target = list(source), list(target)
        self.numbers = [{word: n for n, word in enumerate(side)} for side in (self.source, self.target)]

    def read(self, text: Text) -> Tensor:
        """A source (S,); an empty one is one unknown word."""
        return torch.tensor([self.numbers[0].get(token, UNKNOWN) for token in tokenise(text)] or [UNKNOWN])

    def framed(self, text: Text) -> Tensor:
        """A target between BEGIN and END (T,)."""
        return torch.tensor([BEGIN, *(self.numbers[1].get(token, UNKNOWN) for token in tokenise(text)), END])

    def pairs(self, lines: Iterable[tuple[Text, Text]]) -> list[tuple[Tensor, Tensor]]:
        return [(self.read(source), self.framed(target)) for source, target in lines]

    def written(self, source: Text, translation: Translation) -> list[str]:
        """The target's tokens; an unknown word is that of the source at which the network looked most."""
        seen = tokenise(source)
        out = []
        for t, token in enumerate(translation.tokens):
            word = self.target[token]
            if token == UNKNOWN and translation.weights is not None and seen:
                word = seen[int(translation.weights[t].argmax())]
                if isinstance(source, str):  # with the space of its new place
                    word = word.strip() if not out or out[-1].endswith(("'", "’")) else f" {word.strip()}"
            out.append(word)
        return out


def batch(pairs: Sequence[tuple[Tensor, Tensor]], hidden: float = 0.0) -> Batch:
    source, target = pad([each for each, _ in pairs]), pad([each for _, each in pairs], PAD)
    unseen = torch.rand(source.tokens.shape) < hidden if hidden else torch.zeros_like(source.tokens, dtype=torch.bool)
    return Batch(source.tokens.masked_fill(unseen, UNKNOWN), source.lengths, target.tokens)


@torch.no_grad()
def looked_at_nats(model: nn.Module, pairs: Sequence[tuple[Tensor, Tensor]], device: torch.device) -> float:
    total = count = 0
    for start in range(0, len(pairs), AT_ONCE):
        one = Batch(*(part.to(device) for part in batch(pairs[start : start + AT_ONCE])))
        tokens = int((one.target[:, 1:] != PAD).sum())
        total, count = total + seq2seq.loss(model, one).item() * tokens, count + tokens
    return total / count


def found(model: nn.Module, words: Words, sources: Sequence[Text], width: int = 1) -> list[Translation]:
    """What is written for each source: greedily, or by a beam of this width."""
    numbers, device = [words.read(source) for source in sources], model.b_y.device
    if width > 1:
        return [seq2seq.beam(model, each.to(device), 2 * len(each) + 10, width, reward=0.6) for each in numbers]
    these = []
    for start in range(0, len(numbers), AT_ONCE):
        source, lengths = pad(numbers[start : start + AT_ONCE])
        longest = 2 * source.shape[1] + 10
        these += seq2seq.greedy(model, source.to(device), lengths.to(device), longest)
    return these


def translated(model: nn.Module, words: Words, sources: Sequence[str], width: int = 1) -> list[str]:
    """Each source in the target language, as a text."""
    these = zip(sources, found(model, words, sources, width), strict=True)
    return ["".join(words.written(source, each)).strip() for source, each in these]


def fresh(kind: str, words: Words, sizes: Settings) -> nn.Module:
    """A model of this kind, untrained."""
    both = len(words.source), len(words.target)
    if kind == "transformer":
        heads, layers = sizes.num_heads, sizes.num_layers
        options = {"hidden_size": sizes.hidden_size, "dropout": sizes.dropout}
        return Translator(*both, sizes.embed_dim, heads, layers, **options)
    return Seq2Seq(*both, sizes.embed_dim, sizes.hidden_size, dropout=sizes.dropout, layer=kind)


class Trained(NamedTuple):
    file: Path
    bleu: float  # 0 to 100, by sacrebleu
    chrf: float  # 0 to 100, by sacrebleu
    exact: float  # 0 to 1
    steps: int
    interrupted: bool


def train(path: str | Path, asked: Asked, validation: str | Path | None = None, kind: str = "gru") -> Trained:
    """Train on pairs, keep the best weights, and score what is held out."""
    if kind not in KINDS:
        raise Refused(f"--model is {kind}; one of {', '.join(KINDS)} is wanted")
    torch.manual_seed(asked.seed)
    device, parts, sizes = asked.on(), split(path, validation, asked.seed), SETTINGS[kind]
    asked.told(parts.told)
    sides = (vocabulary((line[side] for line in parts.train), at_least=2) for side in (0, 1))
    words = Words(*sides)
    model = fresh(kind, words, sizes).to(device)
    seen, looked = (words.pairs(lines) for lines in (parts.train, parts.looked_at))
    batches = run.ByLength(
        [len(source) for source, _ in seen],
        sizes.batch_size,
        lambda numbers: batch([seen[n] for n in numbers], sizes.hidden),
    )
    went = run.fit(
        model,
        batches,
        seq2seq.loss,
        lambda model: looked_at_nats(model, looked, device),
        asked,
        a_round=len(batches),
        lr=sizes.lr,
        weight_decay=sizes.weight_decay,
        task="translate",
        of=repr((kind, asked.seed, parts)),
        count=lambda one: int((one.target[:, 1:] != PAD).sum()),
    )
    notes = {"task": "translate", "kind": kind, "source": words.source, "target": words.target}
    notes |= {"settings": list(sizes), "split": parts.told}
    asked.keep(model, **notes)  # before what is held out is scored, which may be interrupted
    written = translated(model, words, [line.first for line in parts.held_out])
    right = ["".join(tokenise(line.second)) for line in parts.held_out]  # spaces as they are written
    scores = (
        corpus_bleu(written, [right], use_effective_order=True).score,
        corpus_chrf(written, [right]).score,
        sum(one == other for one, other in zip(written, right, strict=True)) / len(right),
    )
    asked.keep(model, **notes, bleu=scores[0])
    return Trained(asked.file(), *scores, *went)


def unmet(out: str | Path, sources: Sequence[str]) -> list[str]:
    """The words of the sources that the model does not know, in their order."""
    known = set(run.notes_of(out, "translate", "--pairs")["source"])
    return list(dict.fromkeys(each.strip() for text in sources for each in tokenise(text) if each not in known))


def translate(out: str | Path, sources: Sequence[str], width: int = 4) -> list[str]:
    """Each source in the target language, by what `train` kept in `out`."""
    notes = run.notes_of(out, "translate", "--pairs")
    words, sizes = Words(notes["source"], notes["target"]), Settings(*notes["settings"])
    model = fresh(notes["kind"], words, sizes)
    training.load(Path(out) / run.FILE, model)
    return translated(model, words, sources, width)
