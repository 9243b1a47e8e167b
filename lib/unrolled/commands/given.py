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
    except OSError as error:
        raise Refused(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path} is not UTF-8 (byte {error.start + 1} can't be read); save it as UTF-8, as most editors offer"
        ) from None
    found = found.removeprefix("\N{BYTE ORDER MARK}")
    if not found.strip():
        raise Refused(f"{path} is empty; a text is wanted")
    return found


class Line(NamedTuple):
    """A line of two fields: a label and a text, or a source and a target."""

    first: str
    second: str


def lines(path: str | Path, fields: str) -> list[Line]:
    """A file of two fields a line with a tab between; `fields` says in words what they are. Empty lines are skipped."""
    found = []
    for number, line in enumerate(text(path).split("\n"), start=1):
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


def parted(
    path: str | Path,
    validation: str | Path | None,
    fields: str,
    seed: int,
    *,
    shares: tuple[float, Callable[[int], float]],
    group: Callable,
    stratum: Callable,
    named: tuple[str, str, str],
) -> tuple[list[Line], list[Line], list[Line], str]:
    """Train, looked at, held out, and in words how: what is held out is `validation`, or a share of the file by seed.

    shares: of the file that which is held out, and of what is left that which is looked at, by how many there are.
    No group of what is held out is in another part. named: what lines are, of what a tenth is taken, and what the
    groups are.
    """
    found = lines(path, fields)
    what, of, each = named
    if validation is None:
        rest, held_out = split(found, shares[0], seed, group=group, stratum=stratum)
        told = f"held out: {len(held_out):,} of {len(found):,} {what}, about a tenth of {of}, by seed {seed}"
    else:
        held_out = lines(validation, fields)
        inside = {group(line) for line in held_out}
        rest = [line for line in found if group(line) not in inside]
        if not rest:
            raise Refused(f"all {len(found)} training {each} are in {validation} too; nothing is left to train on")
        told = f"held out: {validation}, {len(held_out):,} {what}"
        if len(rest) < len(found):
            told += f"; {len(found) - len(rest)} of the training {each} are in it too and were left out"
    sizes = {group(line) for line in rest}
    share = shares[1](len(sizes)) if sizes else 0.0
    train, looked_at = split(rest, share, seed + 1, group=group, stratum=stratum)
    return train, looked_at, held_out, told
