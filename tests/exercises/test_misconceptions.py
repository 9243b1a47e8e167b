"""Every misconception of the catalogue is met, by an exercise, by one of its known mistakes, or by a cell of the page.

The table is in misconceptions/NN.json, one file a chapter: {"row": target or list of targets}, where a target is an
exercise's id, "id:mistake", or "NN_notebook#cell-id".
"""

import json
from pathlib import Path

import pytest
from unrolled import exercises

HERE = Path(__file__).parent
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ROWS = {
    "01": [1, 4, 5, 6, 7, 8, 9],
    "02": [2, 3, 12, 13, 14, 33],
    "03": [15, 16, 17, 18, 19, 48],
    "04": [10, 11, 20, 21, 22, 23, 24],
    "05": [26, 27, 28, 34, 35],
    "06": [*range(36, 46)],
    "07": [46, 47],
    "08": [32],
    "09": [25],
    "10": [29, 30, 31],
}


def table(chapter: str) -> dict[int, list[str]]:
    path = HERE / "misconceptions" / f"{chapter}.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {int(row): [target] if isinstance(target, str) else target for row, target in rows.items()}


def test_the_chapters_share_all_rows_among_them():
    rows = [row for each in ROWS.values() for row in each]
    assert sorted(rows) == list(range(1, 49))


@pytest.mark.parametrize("chapter", ROWS)
def test_a_chapter_meets_its_rows(chapter):
    missing = set(ROWS[chapter]) - set(table(chapter))
    assert not missing, f"tests/exercises/misconceptions/{chapter}.json lacks {sorted(missing)}"


@pytest.mark.parametrize(
    "target", sorted({target for each in ROWS for targets in table(each).values() for target in targets})
)
def test_what_meets_a_row_exists(target):
    if "#" in target:
        notebook, _, cell = target.partition("#")
        page = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))
        assert cell in [each["id"] for each in page["cells"]]
        return
    id, _, mistake = target.partition(":")
    exercise = exercises.get(id)
    assert not mistake or mistake in [each.name for each in exercise.mistakes]
