"""The learner's progress: one small local file, sent nowhere.

    {"version": 1, "exercises": {"rnn_step": {"notebook": …, "outcome": …, "attempts": 3, "first": …, "last": …,
                                              "answer": "def rnn_step(x, h, …"}}}

It is written at once or not at all, one kernel after another. A file that can't be read is put aside, never replaced.
"""

import contextlib
import hashlib
import inspect
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

VERSION = 1
ANSWER_LENGTH = 20_000  # characters of an answer that are kept
OUTCOMES = ("correct", "not yet")
FIELDS = {"notebook": str, "outcome": str, "attempts": int, "first": str, "last": str, "answer": str}

Entries = dict[str, dict[str, Any]]


def path() -> Path:
    """`UNROLLED_PROGRESS`, or else notebooks/progress.json beside the pages."""
    return Path(os.environ.get("UNROLLED_PROGRESS") or Path(__file__).parents[3] / "notebooks" / "progress.json")


def record(id: str, notebook: str, outcome: str, answer: Any) -> str:
    """Keep one attempt. Returns what the learner must be told: mostly nothing."""
    file = path()
    try:
        with locked(file):
            entries, note = readable(file)
            before = entries.get(id, {"attempts": 0, "first": now()})
            entries[id] = {
                "notebook": notebook,
                "outcome": outcome,
                "attempts": before["attempts"] + 1,
                "first": before["first"],
                "last": now(),
                "answer": source(answer),
            }
            write(file, entries)
    except OSError as error:
        return f"(This attempt could not be kept in {file.name}: {error.strerror or type(error).__name__}.)"
    return note


def entries() -> Entries:
    """What is kept, by exercise. ValueError where the file is damaged; nothing is touched."""
    return read(path())


def export(target: str | Path) -> Path:
    """Write a copy of all progress to `target`, to be carried away; returns its path."""
    target = Path(target)
    write(target, entries())
    return target


def summary() -> str:
    """Progress by notebook, as a table in plain text."""
    from unrolled.exercises.find import catalogue

    try:
        kept = entries()
    except OSError as error:
        return f"{path()} can't be read: {error.strerror}."
    except ValueError as error:
        return f"{error}. The next exercise that is checked puts it aside and begins a new one."
    rows = catalogue()
    done = sum(kept.get(row["id"], {}).get("outcome") == "correct" for row in rows)
    lines = [f"{done} of {len(rows)} exercises correct."]
    for notebook in dict.fromkeys(row["notebook"] for row in rows):
        mine = [row for row in rows if row["notebook"] == notebook]
        good = sum(kept.get(row["id"], {}).get("outcome") == "correct" for row in mine)
        lines += ["", f"{notebook}  {good} of {len(mine)}", *(line(row["id"], kept.get(row["id"])) for row in mine)]
    gone = [id for id in kept if id not in {row["id"] for row in rows}]
    if gone:
        lines += ["", "no longer in the course", *(line(id, kept[id]) for id in gone)]
    return "\n".join(lines)


def line(id: str, entry: dict[str, Any] | None) -> str:
    if entry is None:
        return f"  {id:<28}not attempted"
    times = "once" if entry["attempts"] == 1 else f"{entry['attempts']} times"
    return f"  {id:<28}{entry['outcome']:<15}tried {times}, last {entry['last'][:10]}"


def read(file: Path) -> Entries:
    """The entries of a file, none if there is no file; ValueError where it is not one of ours."""
    try:
        text = file.read_text(encoding="utf-8-sig")  # an editor on Windows may have put a mark in front
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise ValueError(f"{file.name} is damaged: it is no text") from None
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ValueError(f"{file.name} is damaged: it ends or breaks at line {line}") from None
    found = content.get("exercises") if isinstance(content, dict) else None
    if not isinstance(found, dict) or content.get("version") != VERSION or not all(map(complete, found.values())):
        raise ValueError(f"{file.name} is damaged: it does not hold what progress is kept in")
    return found


def complete(entry: Any) -> bool:
    typed = isinstance(entry, dict) and all(isinstance(entry.get(name), type_) for name, type_ in FIELDS.items())
    return typed and entry["outcome"] in OUTCOMES


def readable(file: Path) -> tuple[Entries, str]:
    """The entries of a file, and nothing; of a damaged one none, with a sentence that says where it was put."""
    try:
        return read(file), ""
    except ValueError as error:
        aside = unused(file)
        file.rename(aside)
        return {}, f"({error}. It is kept as {aside.name}, and a new one is begun.)"


def unused(file: Path) -> Path:
    """A name beside `file` that nothing has yet."""
    n = 1
    while (aside := file.with_name(f"{file.stem}.damaged-{n}{file.suffix}")).exists():
        n += 1
    return aside


def write(file: Path, kept: Entries) -> None:
    """At once or not at all: into a file beside it, which then takes its place."""
    file = file.resolve()  # a link stays one
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"version": VERSION, "exercises": kept}, indent=1, ensure_ascii=False)
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(text + "\n")
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(file, name)  # whoever may read it still may
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """One kernel at a time; the lock is in the system's temporary folder, so that none lies beside the pages."""
    name = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]
    with FileLock(Path(tempfile.gettempdir()) / f"unrolled-{name}.lock", timeout=5):
        yield


def source(answer: Any) -> str:
    """The answer as it was written, or as Python shows it."""
    try:
        text = class_source(answer) if inspect.isclass(answer) else inspect.getsource(answer)
    except (TypeError, OSError, ValueError):  # the last of a function that wraps itself
        text = safe_repr(answer)
    return text[:ANSWER_LENGTH]


def class_source(answer: type) -> str:
    """Its methods as they were written; of a class in a page, which has no file, Python finds no more."""
    methods = [inspect.getsource(each) for each in vars(answer).values() if inspect.isfunction(each)]
    return "\n".join([f"class {answer.__name__}:", *methods])


def safe_repr(answer: Any) -> str:
    try:
        return repr(answer)
    except Exception:
        return f"a {type(answer).__name__}"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
