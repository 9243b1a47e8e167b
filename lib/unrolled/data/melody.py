"""A tune as notes and bars: read from ABC by music21, judged, and written as MusicXML.

    melody = read(text)         notes with start, length (in quarters) and pitch (MIDI's number), and bars
    judged = judge(text)        what can be counted: bars that add up, notes in key; or the problem

A *complete* bar has a plain bar line on either side. An upbeat, and the end of a part, which the upbeat shortens, stand
at a repeat or a double bar, and are left out. music21 is imported where it is used, since that takes a second.
Source: Cuthbert and Ariza (2010), "music21", ISMIR.
"""

import logging
import re
import warnings
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from unrolled.data import abc

if TYPE_CHECKING:
    from music21.stream import Score

SEMITONES = dict(zip("CDEFGAB", [0, 2, 4, 5, 7, 9, 11], strict=True))
HEADER = re.compile(r"M:(\S+)\nL:(1/[1-9]\d*)\nK:(\S+)\n(\S[^\n]*)\n")


class Note(NamedTuple):
    start: Fraction  # in quarters, from the beginning
    lasts: Fraction
    pitch: int  # MIDI: 69 is the a' of 440 Hz


class Bar(NamedTuple):
    start: Fraction
    lasts: Fraction
    complete: bool  # a plain bar line on either side


class Melody(NamedTuple):
    notes: list[Note]
    bars: list[Bar]
    metre: Fraction  # the length that a bar should have, in quarters
    key: str


class Judged(NamedTuple):
    """What a tune amounts to. With a problem, all counts are 0."""

    problem: str  # why it can't be played, or ""
    metre: str
    bars: int  # complete ones
    right: int  # of these, those that add up to the metre
    notes: int
    in_key: int


def titled(text: str, title: str = "Untitled", number: int = 1) -> str:
    """A whole ABC tune, with the fields that the standard wants before the others.

    A double repeat is written :||: here, since music21 (10.5) takes the D:: of a bar that ends on D for a field.
    """
    return f"X:{number}\nT:{title}\n{abc.unadorned(text).rstrip().replace('::', ':||:')}\n"


def score(text: str, title: str = "Untitled") -> "Score":
    """music21's score of a tune. ValueError, with the reason, for what is no tune."""
    header = HEADER.fullmatch(text)
    if not header:
        raise ValueError("it is not M:, L:, K: and one line of notes, each with its end")
    abc.metre(header[1])
    abc.signature(header[3])
    abc.tokens(header[4])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21 import converter, metadata

        logging.getLogger("music21").setLevel(logging.ERROR)
        try:
            found = converter.parse(titled(text), format="abc", forceSource=True)
        except Exception as error:  # whatever a broken tune makes it stumble over
            raise ValueError(f"music21 can't read it: {type(error).__name__}: {error}") from None
    found.metadata = metadata.Metadata(title=title)
    return found


def read(text: str) -> Melody:
    """Notes and bars, as they stand: repeats are not taken. ValueError, with the reason, for what can't be played."""
    found = score(text)
    notes = [
        Note(Fraction(each.getOffsetInHierarchy(found)), Fraction(each.quarterLength), pitch.midi)
        for each in found.recurse().notes
        for pitch in each.pitches
    ]
    if not notes:
        raise ValueError("it has no note")
    header = HEADER.fullmatch(text)
    return Melody(tied(notes, found), bars(text), 4 * abc.metre(header[1]), header[3])


def bars(text: str) -> list[Bar]:
    """From bar line to bar line, as written. (A score of music21 cuts a bar that is too long in two.)"""
    from music21.abcFormat import ABCBar, ABCHandler, ABCNote

    handler = ABCHandler()
    handler.process(titled(text))
    found, start, place, plain_before = [], Fraction(0), Fraction(0), False
    for token in handler.tokens:
        if isinstance(token, ABCNote):
            shrunk = Fraction(token.activeTuplet.tupletMultiplier()) if token.activeTuplet else 1
            place += Fraction(token.quarterLength) * shrunk
        elif isinstance(token, ABCBar) and not re.match(r"\[\d", token.src):  # a first ending is no line of its own
            plain = token.src == "|"
            if place > start:
                found.append(Bar(start, place - start, plain_before and plain))
            start, plain_before = place, plain
    if place > start:
        return [*found, Bar(start, place - start, complete=False)]
    return [*found[:-1], found[-1]._replace(complete=False)] if found else []


def tied(notes: list[Note], found: "Score") -> list[Note]:
    """Notes that are tied to the one before, as one with it."""
    holds = [each.tie is not None and each.tie.type in ("start", "continue") for each in found.recurse().notes]
    if len(holds) != len(notes):
        return notes
    kept: list[Note] = []
    held = False
    for note, goes_on in zip(notes, holds, strict=True):
        if held and kept[-1].pitch == note.pitch and kept[-1].start + kept[-1].lasts == note.start:
            kept[-1] = kept[-1]._replace(lasts=kept[-1].lasts + note.lasts)
        else:
            kept.append(note)
        held = goes_on
    return kept


def judge(text: str) -> Judged:
    """Count what can be counted; never raises."""
    metre = (re.search(r"^M:(.*)$", text, re.MULTILINE) or ["", ""])[1]
    try:
        melody = read(text)
    except ValueError as error:
        return Judged(str(error), metre, 0, 0, 0, 0)
    complete = [bar for bar in melody.bars if bar.complete]
    right = sum(bar.lasts == melody.metre for bar in complete)
    if not complete:
        return Judged("it has no complete bar", metre, 0, 0, 0, 0)
    scale = pitch_classes(melody.key)
    in_key = sum(note.pitch % 12 in scale for note in melody.notes)
    return Judged("", metre, len(complete), right, len(melody.notes), in_key)


def pitch_classes(key: str) -> set[int]:
    """The seven notes of a key, as semitones above C."""
    moved = abc.signature(key)
    return {(semitones + moved.get(letter, 0)) % 12 for letter, semitones in SEMITONES.items()}


def longest_shared(text: str, others: str) -> int:
    """The length of the longest passage of `text` that stands in `others` as well, character by character."""
    longest = 0
    for start in range(len(text)):
        while start + longest < len(text) and text[start : start + longest + 1] in others:
            longest += 1
    return longest


def musicxml(text: str, title: str = "Untitled") -> str:
    """The tune as MusicXML, which notation programs read. ValueError, with the reason, where it can't be."""
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    found = score(text, title)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            written = GeneralObjectExporter(found).parse().decode()
            return re.sub(r"\s*<creator[^>]*>Music21</creator>", "", written)  # which did not compose it
    except Exception as error:
        raise ValueError(f"music21 can't write it: {type(error).__name__}: {error}") from None
