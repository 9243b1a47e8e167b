"""Irish tunes in ABC, from O'Neill's *Music of Ireland* (Chicago 1903, public domain) as music21 brings it along.

The files are read where music21 is installed, without importing it; nothing of them is copied here. Of each tune only
metre, unit, key and notes are kept: titles, names and addresses of transcribers, remarks, ornaments, grace notes,
slurs, chord names and the lower notes of double stops are left out, and spaces stand where a beat group ends. A tune
is then one short text:

    M:6/8
    L:1/8
    K:G
    |:GAB c2d|…:|

Source: O'Neill (1903), encoded by several hands; see data/README.md.
"""

import importlib.util
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from unrolled.data import abc
from unrolled.data.characters import decoded

END = "¶"  # before the first tune and after each: one character that no tune holds
CHARACTERS = END + "\n #'(,-/0123456789:<=>ABCDEFGKLM[]^_abcdefghilmoprxyz|"
INDEX = {character: number for number, character in enumerate(CHARACTERS)}
SHORTEST, LONGEST = 60, 1200  # characters; what is shorter is a fragment
VERSIONS = ("563", "774", "898", "983", "1342")  # of 544, 781, 1006, 855 and 1489, under another name


class Split(NamedTuple):
    """Texts of tunes; no number and no title of the book is in both, and no held-out tune shares a passage of more than
    40 characters with training, in any key within three letters (in the split into tenths)."""

    train: list[str]
    held_out: list[str]


class Entry(NamedTuple):
    """One tune of the book."""

    number: str
    title: str
    text: str  # as a model reads it


def folder() -> Path:
    """Where music21 keeps the book. ModuleNotFoundError where music21 is missing, or came without its corpus."""
    found = importlib.util.find_spec("music21")  # finds it without importing it
    place = Path(found.origin).parent / "corpus" / "oneills1850" if found and found.origin else None
    if place is None or not place.is_dir():
        raise ModuleNotFoundError(
            "the tunes come with music21, which is not installed or came without its corpus; "
            "`python -m pip install -r requirements.txt` brings it",
            name="music21",
        )
    return place


@cache
def entries() -> tuple[Entry, ...]:
    """All tunes of the book that can be used, in the order of its files, exact doubles once."""
    found = {}
    for path in sorted(folder().glob("*.abc")):
        for piece in re.split(r"^(?=X:)", path.read_text(encoding="latin-1"), flags=re.MULTILINE)[1:]:
            number, title, text = read(piece)
            if text and SHORTEST <= len(text) <= LONGEST and text not in found:
                found[text] = Entry(number, title, text)
    return tuple(found.values())


def read(piece: str) -> tuple[str, str, str | None]:
    """Number, title and the text for the model; None in its place where the tune changes metre or key, or is broken."""
    fields, body = abc.parts(piece)
    number = fields.get("X", "")
    title = re.sub(r"\W*(\d\w*|first|second|third|another)\W+(setting|version).*", "", fields.get("T", "").lower())
    try:
        return number, re.sub(r"\W+", " ", title).strip(), abc.plain(fields, body)
    except ValueError:
        return number, title, None


def split(every: int = 10) -> Split:
    """Of every `every` tunes one is held out, with all that share its number or its title. Left out of what is held out
    are versions of other tunes."""
    if every < 2:
        raise ValueError(f"every is {every}; it must be at least 2, so that both parts get something")
    groups: dict[str, int] = {}  # by number and by title: the group of a tune
    parts: tuple[list[str], list[str]] = ([], [])
    members: list[list[Entry]] = []
    for entry in entries():
        names = [f"X:{entry.number}", f"T:{entry.title}"]
        known = sorted({groups[name] for name in names if name in groups})
        group = known[0] if known else len(members)
        if not known:
            members.append([])
        for other in known[1:]:  # two groups turn out to be one
            members[group] += members[other]
            members[other] = []
            groups = {name: group if number == other else number for name, number in groups.items()}
        groups |= dict.fromkeys(names, group)
        members[group].append(entry)
    for place, found in enumerate(found for found in members if found):
        apart = place % every == every - 1
        parts[apart].extend(entry.text for entry in found if not (apart and entry.number in VERSIONS))
    return Split(*parts)


def encode(text: str) -> Tensor:
    """The index of each character in CHARACTERS: text of length T to (T,). ValueError for one that is not there."""
    strange = sorted(set(text) - set(CHARACTERS))
    if strange:
        raise ValueError(f"text holds {''.join(strange)!r}; only these characters are known: {CHARACTERS!r}")
    return torch.tensor([INDEX[character] for character in text], dtype=torch.long)


def decode(indices: Tensor | Iterable[int]) -> str:
    """The text whose indices these are."""
    return decoded(indices, CHARACTERS)


class Batch(NamedTuple):
    """Whole tunes side by side."""

    x: Tensor  # (B, T): END, then the tune
    y: Tensor  # (B, T): the tune, then END; NOTHING where a tune is over


NOTHING = -100  # what torch's cross entropy leaves out


def batch(texts: Sequence[str]) -> Batch:
    """Tunes as what is read and what follows it, each from END to END."""
    whole = [encode(END + text + END) for text in texts]
    return Batch(
        pad_sequence([tokens[:-1] for tokens in whole], batch_first=True, padding_value=INDEX[END]),
        pad_sequence([tokens[1:] for tokens in whole], batch_first=True, padding_value=NOTHING),
    )


class Keys:
    """Draws a key for a tune as often as the book has it among the tunes of its mode: `Keys(texts)(text)`.

    The tune is moved by three letters at most, so that it stays where instruments and voices are.
    """

    def __init__(self, texts: Iterable[str]):
        self.counts = Counter(abc.key_of(text) for text in texts)

    def __call__(self, text: str, generator: torch.Generator | None = None) -> str:
        key = abc.key_of(text)
        weights = torch.tensor([float(self.counts[abc.moved(key, steps)]) for steps in range(-3, 4)])
        weights[3] += 1e-6  # a key that the book does not have stays
        steps = int(torch.multinomial(weights, 1, generator=generator)) - 3
        return abc.transposed(text, steps) if steps else text
