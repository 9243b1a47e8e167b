"""What a reader hands to a command: files that may be empty, cut short or in another encoding."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Refused(ValueError):
    """What came can't be used; its text is one clear line, and the command ends with exit code 2."""


def text(path: str | Path) -> str:
    """A text file in UTF-8, with every line ended as here (CRLF is read as LF)."""
    path = Path(path)
    try:
        found = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused(f"{path} is not there; a text file is wanted") from None
    except IsADirectoryError:
        raise Refused(f"{path} is a folder; a text file is wanted") from None
    except PermissionError:
        raise Refused(f"{path} may not be read; its permissions forbid it") from None
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path} is not UTF-8 (byte {error.start + 1} can't be read); save it as UTF-8, as most editors offer"
        ) from None
    if not found.strip():
        raise Refused(f"{path} is empty; a text is wanted")
    return found.removeprefix("\N{BYTE ORDER MARK}")


class Line(NamedTuple):
    """A line of two fields: a label and a text, or a source and a target."""

    first: str
    second: str


def lines(path: str | Path, fields: str) -> list[Line]:
    """A file of two fields a line with a tab between; `fields` says in words what they are. Empty lines are skipped."""
    found = []
    for number, line in enumerate(text(path).splitlines(), start=1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("\t")]
        if len(parts) != 2 or not all(parts):
            what = "no tab" if len(parts) < 2 else "an empty field" if len(parts) == 2 else f"{len(parts) - 1} tabs"
            raise Refused(f"{path}, line {number}, has {what}; wanted is {fields}, with one tab between them")
        found.append(Line(*parts))
    return found


def split(
    items: Sequence[T], share: float, seed: int, *, group: Callable, stratum: Callable
) -> tuple[list[T], list[T]]:
    """Two parts, the second with about `share` of every stratum and at least one of each; what has the same `group`
    is in one part. Both keep the order of the file."""
    strata: dict = {}
    for item in items:
        strata.setdefault(stratum(item), {}).setdefault(group(item), None)
    draw, second = random.Random(seed), set()
    for groups in strata.values():
        names = sorted(groups)
        draw.shuffle(names)
        second.update(names[: max(1, round(share * len(names)))])
    return [each for each in items if group(each) not in second], [each for each in items if group(each) in second]
