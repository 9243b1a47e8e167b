"""Where the course keeps what it ships: results, checkpoints, and the checksum of each.

`data/` lies beside `lib/`, and is found from the place of this file, never from the current directory.
Results are `data/results/NN_name.json`: {"command", "versions", "seeds", "values"}, values per seed.
The table in `data/README.md` has a row for every file: source, licence, checksum. After adding or changing one,

    python -m unrolled.data.files

brings the checksums up to date, and adds the rows that are missing.
"""

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

NAME = re.compile(r"\d\d_[a-z0-9_]+")
ROW = re.compile(r"^\| `(?P<path>[^`]+)` \|(?P<middle>.*)\| `(?P<sum>[0-9a-f]*)` \|$", re.MULTILINE)
UNSAID = "not said yet"
FIELDS = ("command", "versions", "seeds", "values")


def folder() -> Path:
    """The folder `data/` of this copy of the course."""
    return Path(__file__).resolve().parents[3] / "data"


def checkpoint(name: str) -> Path:
    """Where the checkpoint `name` ("04_text_lstm") lies, or is to be saved."""
    return folder() / "checkpoints" / f"{_named(name)}.safetensors"


def results(name: str) -> dict[str, Any]:
    """The results `name` ("03_adding_problem"): command, versions, seeds, and values per seed."""
    path = folder() / "results" / f"{_named(name)}.json"
    if not path.is_file():
        known = ", ".join(sorted(other.stem for other in path.parent.glob("*.json"))) or "nothing"
        raise ValueError(f"name is {name!r}; data/results/ has {known}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"data/results/{path.name} is not whole: {error}") from None
    if not isinstance(found, dict) or set(FIELDS) - set(found):
        raise ValueError(f"data/results/{path.name} must hold {', '.join(FIELDS)}")
    return found


def save_results(name: str, *, command: str, seeds: Sequence[int], values: Mapping[str, Any]) -> Path:
    """Write `data/results/<name>.json`; `command` is what made the values, which are numbers in lists and dicts."""
    path = folder() / "results" / f"{_named(name)}.json"
    if not command:
        raise ValueError("command is empty; wanted is what is typed to make the values again")
    versions = {"python": platform.python_version()} | {each: metadata.version(each) for each in ("torch", "numpy")}
    content = {"command": command, "versions": versions, "seeds": list(seeds), "values": dict(values)}
    try:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"values must be finite numbers, texts, lists and dicts: {error}") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def checksum(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def shipped() -> dict[str, Path]:
    """Every file under `data/` but the README, by its path there, in order."""
    inside = folder()
    files = (path for path in inside.rglob("*") if path.is_file())
    names = {path.relative_to(inside).as_posix(): path for path in files}
    return {name: names[name] for name in sorted(names) if name != "README.md" and "/." not in f"/{name}"}


def noted() -> dict[str, str]:
    """The checksums that `data/README.md` notes, by path."""
    return {row["path"]: row["sum"] for row in ROW.finditer(_readme().read_text(encoding="utf-8"))}


def damage() -> list[str]:
    """What is wrong with `data/`, a sentence each: missing, changed, or not in the README's table."""
    if not _readme().is_file():
        return [f"{_readme()} is missing."]
    here, expected = shipped(), noted()
    missing = [f"data/{name} is missing." for name in expected if name not in here]
    unknown = [f"data/{name} has no row in data/README.md." for name in here if name not in expected]
    known = (name for name in here if name in expected)
    changed = [
        f"data/{name} is not the file that was shipped." for name in known if checksum(here[name]) != expected[name]
    ]
    return missing + changed + unknown


def refresh() -> list[str]:
    """Bring the table in `data/README.md` up to date; returns the paths whose checksums changed."""
    text = _readme().read_text(encoding="utf-8")
    before, now = noted(), {name: checksum(path) for name, path in shipped().items()}
    middles = {row["path"]: row["middle"] for row in ROW.finditer(text)}
    rows = [_row(name, _told(name, middles.get(name, f" {UNSAID} | MIT, as the course ")), now[name]) for name in now]
    rest = "\n".join(line for line in text.splitlines() if not ROW.fullmatch(line))
    _readme().write_text("\n".join([rest.rstrip("\n"), *rows]) + "\n", encoding="utf-8", newline="\n")
    return [name for name in now.keys() | before.keys() if now.get(name) != before.get(name)]


def _named(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"name must be a text such as '03_adding_problem', not {type(name).__name__}")
    if not NAME.fullmatch(name):
        raise ValueError(f"name is {name!r}; wanted is a chapter and words, such as '03_adding_problem'")
    return name


def _readme() -> Path:
    return folder() / "README.md"


def _row(path: str, middle: str, checksum: str) -> str:
    return f"| `{path}` |{middle}| `{checksum}` |"


def _told(name: str, middle: str) -> str:
    """Source and licence, as they stand; but results and what has none get the command that made them."""
    source, licence = middle.split("|", 1)
    return f" {_source(name)} |{licence}" if name.startswith("results/") or source.strip() == UNSAID else middle


def _source(name: str) -> str:
    """The command that made the file, where results of the same name tell it."""
    stem = Path(name).stem
    told = folder() / "results" / f"{stem}.json"
    return f"`{results(stem)['command']}`" if told.is_file() else UNSAID


if __name__ == "__main__":
    for changed in sorted(refresh()):
        print(f"data/{changed}")
