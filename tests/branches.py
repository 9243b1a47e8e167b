"""The share of branches that the unit tests cover, room by room: `python tests/branches.py build/coverage.json`."""

import json
import sys
from pathlib import Path

ROOMS = ("layers", "gradients", "exercises")
WANTED = 0.95


def shares(report: dict) -> dict[str, tuple[int, int]]:
    """For each room, how many branches were taken, and how many there are."""
    counts = dict.fromkeys(ROOMS, (0, 0))
    for path, file in report["files"].items():
        room = next(room for room in ROOMS if f"unrolled/{room}/" in Path(path).as_posix())
        taken, there = counts[room]
        summary = file["summary"]
        counts[room] = taken + summary["covered_branches"], there + summary["num_branches"]
    return counts


def main(path: str) -> int:
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    counts = shares(report)
    for room, (taken, there) in counts.items():
        print(f"{room}: {taken} of {there} branches covered{'' if taken >= WANTED * there else ', too few'}")
    for name, file in report["files"].items():
        if file["missing_branches"]:
            print(f"  not covered in {name}: {', '.join(f'{a}->{b}' for a, b in file['missing_branches'])}")
    return int(any(taken < WANTED * there for taken, there in counts.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
