"""The map of the course, in README.md and in 00, says of each page what the page says of itself."""

import re

import editions
import pytest

README = editions.NOTEBOOKS.parent / "README.md"
ROW = re.compile(
    r"^\| \[(?P<number>\d\d) [^]]+\]\((?P<path>[^)]+)\) \| (?P<question>[^|]+) \| (?P<minutes>\d+) \|$", re.M
)


def rows(text: str) -> dict[str, tuple[str, str]]:
    """Question and minutes of each page, by the page's file name."""
    return {row["path"].split("/")[-1]: (row["question"], row["minutes"]) for row in ROW.finditer(text)}


def own_map() -> str:
    notebook = editions.read(editions.NOTEBOOKS / "00_start_here.ipynb")
    return next(cell.source for cell in notebook.cells if "The map" in cell.source)


def test_both_maps_are_the_same():
    assert rows(README.read_text(encoding="utf-8")) == rows(own_map()) != {}


def test_every_page_is_on_the_map_with_its_own_minutes(page, notebook):
    minutes = re.search(r"About (\d+) minutes", notebook.cells[0].source)[1]
    assert rows(own_map())[page.name][1] == minutes


def test_the_sections_of_a_page_take_as_long_as_the_page_says(page, notebook):
    said = int(re.search(r"About (\d+) minutes", notebook.cells[0].source)[1])
    sections = [cell.source for cell in notebook.cells if cell.source.startswith("## ")]
    each = [int(found[1]) for text in sections if (found := re.search(r"^\*(\d+) minutes?\b", text, re.MULTILINE))]
    assert said == pytest.approx(sum(each), abs=3), "the title gives the sum, to the nearest five"


def test_readme_links_lead_somewhere():
    links = re.findall(r"\]\((?!https://)([^)]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert not [link for link in links if not (README.parent / link).exists()]
