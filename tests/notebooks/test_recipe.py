"""README's recipe for a new chapter works: copy the template, number it, run it."""

import inspect
from pathlib import Path

import editions
import pytest
import test_editions
import test_pages

TEMPLATE = Path(__file__).parent / "template.ipynb"


@pytest.fixture
def chapter(tmp_path) -> Path:
    """A page made from the template, beside the page that it links to."""
    (tmp_path / "00_start_here.ipynb").touch()
    path = tmp_path / "97_new_chapter.ipynb"
    path.write_text(TEMPLATE.read_text(encoding="utf-8").replace("NN", "97"), encoding="utf-8")
    return path


def test_a_page_from_the_template_keeps_the_rules_of_every_page(chapter):
    given = {"page": chapter, "notebook": editions.read(chapter)}
    rules = {
        name: rule
        for name, rule in vars(test_pages).items()
        if name.startswith("test_") and set(inspect.signature(rule).parameters) & given.keys()
    }
    assert len(rules) > 15
    for rule in rules.values():
        rule(**{name: given[name] for name in inspect.signature(rule).parameters})


def test_a_page_from_the_template_runs_and_prints_what_is_stored(chapter):
    codes = [cell for cell in editions.read(chapter).cells if cell.cell_type == "code"]
    assert f"{len(codes)} passed" in test_editions.nbval(chapter)


def test_the_recipe_names_the_template_and_the_commands():
    readme = (TEMPLATE.parents[2] / "README.md").read_text(encoding="utf-8")
    recipe = readme.split("## How to add a chapter")[1].split("\n## ")[0]
    steps = [line for line in recipe.splitlines() if line[:2] in ("1.", "2.", "3.", "4.", "5.")]
    assert len(steps) == 5
    assert all(word in recipe for word in ("tests/notebooks/template.ipynb", "make outputs", "make clean", "make test"))
