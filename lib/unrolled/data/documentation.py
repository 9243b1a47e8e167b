"""Python's own documentation, as the reader's Python carries it: the help topics of `pydoc_data.topics`.

The text differs between Python versions (459 to 511 kB), so the characters are a fixed set: printable ASCII, the
newline, and one that stands for everything else. Source: the Python documentation, Python Software Foundation licence.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from unrolled.data.characters import decoded

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
CHARACTERS = "".join(chr(code) for code in range(32, 127)) + "\n" + UNKNOWN
INDEX = {character: index for index, character in enumerate(CHARACTERS)}
RUN = 20  # paragraphs that follow each other stay together, so that the text still reads as text


class Split(NamedTuple):
    """Two texts that share no paragraph."""

    train: str
    held_out: str


def load() -> str:
    """All topics in alphabetical order, one empty line between paragraphs."""
    from pydoc_data.topics import topics  # half a megabyte: read when asked for

    return "\n\n".join(topics[name].strip("\n") for name in sorted(topics))


def encode(text: str) -> Tensor:
    """The index of each character in CHARACTERS: text of length T to (T,), whole numbers."""
    unknown = INDEX[UNKNOWN]
    return torch.tensor([INDEX.get(character, unknown) for character in text], dtype=torch.long)


def decode(indices: Tensor | Iterable[int]) -> str:
    """The text whose indices these are; `decode(encode(text))` differs from text in unknown characters only."""
    return decoded(indices, CHARACTERS)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each once: what differs in spaces and line breaks alone counts as a double."""
    first = {}
    for paragraph in re.split(r"\n{2,}", text):
        first.setdefault(" ".join(paragraph.split()), paragraph.strip("\n"))
    first.pop("", None)
    return list(first.values())


def split(text: str, every: int = 10) -> Split:
    """Training and held-out text, no paragraph in both: of each `every` runs of 20 paragraphs, the last is held out."""
    if every < 2:
        raise ValueError(f"every is {every}; it must be at least 2, so that both parts get something")
    parts: tuple[list[str], list[str]] = ([], [])
    for number, paragraph in enumerate(paragraphs(text)):
        parts[number // RUN % every == every - 1].append(paragraph)
    if not all(parts):
        wanted = RUN * (every - 1) + 1
        raise ValueError(f"text has {sum(map(len, parts))} different paragraphs; a split wants at least {wanted}")
    return Split(*("\n\n".join(part) for part in parts))


def inside_quotes(text: str) -> Tensor:
    """True where a double quote is open, counted from the start of each paragraph: (T,). The marks are outside."""
    inside, opened = [], False
    for before, character in zip("\n" + text, text, strict=False):
        opened = opened and not (before == character == "\n")
        mark = character == '"'
        inside.append(opened and not mark)
        opened ^= mark
    return torch.tensor(inside, dtype=torch.bool)


def inside_brackets(text: str) -> Tensor:
    """True where a round, square or curly bracket is open, counted from the start of each paragraph: (T,)."""
    inside, depth = [], 0
    for before, character in zip("\n" + text, text, strict=False):
        closes = character in ")]}"
        depth = 0 if before == character == "\n" else max(0, depth - closes)
        inside.append(depth > 0)
        depth += character in "([{"
    return torch.tensor(inside, dtype=torch.bool)


def column(text: str) -> Tensor:
    """How many characters of its line stand before each character: (T,), whole numbers."""
    places, place = [], 0
    for character in text:
        places.append(place)
        place = 0 if character == "\n" else place + 1
    return torch.tensor(places, dtype=torch.long)
