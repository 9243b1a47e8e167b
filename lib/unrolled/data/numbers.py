"""Numbers in words, from English to German and French: exact, endless, and with a right alignment that is known.

The words are num2words'. German is cut into morphemes: a digit's word, a word from ten to nineteen, a ten (`zwanzig`),
`und`, `hundert` and `tausend` are one token each. French and English are cut at spaces and hyphens.

Which English word a token says follows from the structure of the number, not from any model. 21 is twenty-one, and
`ein` says one, `zwanzig` says twenty, `und` joins both. A token that says two words at once may look at either: `onze`
in soixante et onze (71) is seventy and one, `cent` (100) is one and hundred.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import torch
from num2words import num2words
from torch import Generator, Tensor

MOST = 999_999
LANGUAGES = {"de": "German", "fr": "French"}
GERMAN = re.compile(
    "und|hundert|tausend|null|(?:zwan|drei|vier|fünf|sech|sieb|acht|neun)[zß]ig|(?:drei|vier|fünf|sech|sieb|acht|neun)zehn"
    "|zehn|elf|zwölf|eins|eine|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun"
)


class Pair(NamedTuple):
    """A number in English and in another language, as tokens."""

    english: list[str]  # S
    other: list[str]  # T
    right: list[set[int]]  # T: the English tokens that each says, by their places


def english(number: int) -> list[str]:
    """twenty-one thousand, three hundred and five: twenty one thousand three hundred and five."""
    return re.findall(r"[a-z]+", num2words(within(number)))


def other(number: int, language: str) -> list[str]:
    """The number's tokens in "de" or "fr"."""
    if language not in LANGUAGES:
        raise ValueError(f"language is {language!r}; it must be one of {', '.join(LANGUAGES)}")
    written = num2words(within(number), lang=language)
    return GERMAN.findall(written) if language == "de" else re.findall(r"\w+", written)


def pair(number: int, language: str) -> Pair:
    """A number in both languages, and the right alignment."""
    source, target = english(number), other(number, language)
    places: dict[str, set[int]] = {}
    for place, part in enumerate(parts_of(number, "en")):
        for each in part:
            places.setdefault(each, set()).add(place)
    right = [set().union(*(places[each] for each in part)) for part in parts_of(number, language)]
    return Pair(source, target, right)


def draw(count: int, largest: int = MOST, generator: Generator | None = None) -> list[int]:
    """Different numbers from 0 to `largest`: those below 100 first, if there is room, then as many of each length.

    Drawn evenly, nine of ten numbers would have six digits, and short ones were never learned.
    """
    if not 1 <= count <= largest + 1:
        raise ValueError(f"count is {count}; there are {largest + 1:,} numbers from 0 to {largest:,}")
    chosen = dict.fromkeys(range(min(100, count, largest + 1)))
    digits = len(str(largest))
    while len(chosen) < count:
        length = int(torch.randint(1, digits + 1, (), generator=generator))
        number = int(torch.randint(10 ** (length - 1), min(10**length, largest + 1), (), generator=generator))
        chosen.setdefault(number)
        if len(chosen) > 0.9 * min(10**length, largest + 1):  # almost all are taken: the rest in order
            chosen |= dict.fromkeys(range(min(10**length, largest + 1)))
    return list(chosen)[:count]


class Parts(NamedTuple):
    """Numbers to train on, to choose with, and to be asked; none is in two of them."""

    train: list[int]
    validation: list[int]
    held_out: list[int]


def parts(train: int, seed: int = 0, most: int = 8_000, validation: int = 500, held_out: int = 2_000) -> Parts:
    """`train` numbers, 0 to 99 among them, and others by seed. What is held out is the same for every `train` up to
    `most`, and a smaller training part lies within a larger one."""
    if not 100 <= train <= most:
        raise ValueError(f"train is {train}; from 100, which are all below 100, to {most:,} can be drawn")
    generator = torch.Generator().manual_seed(seed)
    drawn = draw(most + validation + held_out, generator=generator)
    rest = [drawn[100 + n] for n in torch.randperm(len(drawn) - 100, generator=generator).tolist()]
    asked, rest = rest[:held_out], rest[held_out:]
    return Parts(drawn[:100] + rest[validation:][: train - 100], rest[:validation], asked)


def hits(weights: Tensor, pair: Pair) -> list[bool]:
    """For each token of the pair, whether the strongest cell of its row of weights (T, S) is right."""
    strongest = weights[: len(pair.other), : len(pair.english)].argmax(dim=-1).tolist()
    return [place in places for place, places in zip(strongest, pair.right, strict=True)]


def within(number: int) -> int:
    if not 0 <= number <= MOST:
        raise ValueError(f"number is {number}; it must be 0 to {MOST:,}")
    return number


# ── What each token says ───────────────────────────────────────────────────────────────────────────────────────────
# The parts of a number have names: "hundreds of thousands", "hundred thousands", "tens of …", "units of …", "thousand".
# A word from one to nineteen has tens and units in one: English calls that part "small", and so do the others.


def parts_of(number: int, language: str) -> list[set[str]]:
    """For each token of the number, in order, the parts that it says."""
    if number == 0:
        return [{"zero"}]
    high, low = divmod(number, 1000)
    below = {"en": below_thousand_en, "de": below_thousand_de, "fr": below_thousand_fr}[language]
    said: list[set[str]] = []
    if high and language == "fr" and high == 1:
        said.append({"small of thousands", "thousand"})
    elif high:
        said += [*below(high, "thousands"), {"thousand"}]
    if language == "en" and high and 0 < low < 100:
        said.append({"and"})
    return [*said, *below(low, "ones")] if low else said


def below_thousand_en(number: int, of: str) -> Iterator[set[str]]:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        yield {f"hundreds of {of}"}
        yield {f"hundred {of}"}
    if hundreds and rest:
        yield {"and"}
    if 0 < rest < 20:
        yield {f"small of {of}"}
    elif rest:
        yield {f"tens of {of}"}
        if rest % 10:
            yield {f"units of {of}"}


def below_thousand_de(number: int, of: str) -> Iterator[set[str]]:
    """Units before tens: ein und zwanzig."""
    hundreds, rest = divmod(number, 100)
    tens, units = {f"tens of {of}"}, {f"units of {of}"}
    if hundreds:
        yield {f"hundreds of {of}"}
        yield {f"hundred {of}"}
    if 0 < rest < 20:
        yield {f"small of {of}"}
    elif rest % 10:
        yield from (units, units | tens, tens)
    elif rest:
        yield tens


def below_thousand_fr(number: int, of: str) -> Iterator[set[str]]:
    """Tens by twenties from 70 on: soixante-dix-sept, quatre-vingt-douze."""
    hundreds, rest = divmod(number, 100)
    if hundreds == 1:
        yield {f"hundreds of {of}", f"hundred {of}"}
    elif hundreds:
        yield {f"hundreds of {of}"}
        yield {f"hundred {of}"}
    if 0 < rest < 20:
        yield from [{f"small of {of}"}] * (2 if rest >= 17 else 1)
    elif rest:
        yield from tens_fr(rest, {f"tens of {of}"}, {f"units of {of}"})


def tens_fr(rest: int, tens: set[str], units: set[str]) -> Iterator[set[str]]:
    twenties = 80 if rest >= 80 else 60 if rest >= 60 else rest // 10 * 10
    over = rest - twenties  # 0 to 19 from 60 on
    yield from [tens] * (2 if twenties == 80 else 1)
    if over in (1, 11) and twenties < 80:
        yield tens | units  # et
    if over >= 17:
        yield from (tens, units)  # dix-sept
    elif over > 10:
        yield tens | units  # onze to seize
    elif over == 10:
        yield tens  # dix
    elif over:
        yield units
