"""Short reviews with a verdict, written for this course; what is held out comes from hands that saw none of the others.

`data/reviews.tsv` has a line a review: part, which hand wrote it (1 to 6 to train on, 7 and 8 held out), the writer's
verdict, two labels given later by readers who saw the text alone, and the text. Where the three don't agree, the review
is left out. data/README.md says how they were made.
"""

import csv
from typing import NamedTuple

from . import files

FILE = files.folder() / "reviews.tsv"
PARTS = ("train", "held out")
VERDICTS = ("negative", "positive")  # their places are the classes' numbers


class Review(NamedTuple):
    text: str
    verdict: int  # 0 negative, 1 positive


def rows() -> list[dict[str, str]]:
    """Every line of the file: part, hand, writer, first, second, text; the disputed ones too."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def load(part: str) -> list[Review]:
    """The reviews of "train" or "held out" on whose verdict all three agree."""
    return [review for _, review in of_part(part)]


def by_hand(part: str) -> dict[str, list[Review]]:
    """Those of `load`, by the hand that wrote them."""
    hands: dict[str, list[Review]] = {}
    for row, review in of_part(part):
        hands.setdefault(row["hand"], []).append(review)
    return dict(sorted(hands.items()))


def leave_out(hand: str) -> tuple[list[Review], list[Review]]:
    """What the other hands wrote for training, to learn from, and what this one wrote, to be judged."""
    hands = by_hand("train")
    if hand not in hands:
        raise ValueError(f"hand is {hand!r}; it must be one of {', '.join(hands)}")
    own = hands.pop(hand)
    return [review for some in hands.values() for review in some], own


def of_part(part: str) -> list[tuple[dict[str, str], Review]]:
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; it must be one of {', '.join(PARTS)}")
    return [(row, review) for row, review in agreed() if row["part"] == part]


def agreed() -> list[tuple[dict[str, str], Review]]:
    """The lines on whose verdict all three agree, each with its review."""
    alike = (row for row in rows() if row["writer"] == row["first"] == row["second"])
    return [(row, Review(row["text"], VERDICTS.index(row["writer"]))) for row in alike]
