"""What holds for every page of the course, read from its source."""

import ast
import re
from pathlib import Path

import editions
import nbformat
import pytest
from unrolled import exercises

COURSE = [
    "00_start_here",
    "01_recurrence",
    "02_backpropagation_through_time",
    "03_vanishing_gradients",
    "04_lstm_gates",
    "05_embeddings",
    "06_attention_heatmaps",
    "07_transformers",
    "08_music_generation",
    "09_sentiment",
    "10_translation",
]
COMPLETE = [path.stem for path in editions.pages()] == COURSE
EQUATIONS = Path(__file__).resolve().parents[1] / "equations"
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"\$[^$\n]+\$")
TAG = re.compile(r"\\tag\{(\d+)\.(\d+)\}")
SECTION = re.compile(r"^## (?P<chapter>\d+)\.(?P<number>\d+)  (?P<title>\S.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def texts(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def codes(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def chapter(page: Path) -> int:
    return int(page.name[:2])


def tags(page: Path) -> list[tuple[int, int]]:
    found = TAG.findall("\n".join(texts(editions.read(page))))
    return [(int(chapter), int(number)) for chapter, number in found]


def test_the_page_is_committed_clean(page, notebook):
    before = nbformat.writes(notebook)
    assert nbformat.writes(editions.clean(notebook)) == before, "make clean"


def test_the_page_is_valid_and_its_cells_have_readable_names(notebook):
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    strange = [id for id in ids if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", id)]
    assert not strange, "a cell's id is words with hyphens, such as eq-2-1"
    assert not [id for id in ids if re.fullmatch(r"[0-9a-f]{8}(-.*)?", id) and re.search(r"\d", id)]


def test_every_marked_cell_has_a_stored_text_to_be_compared_with(notebook):
    # nbval compares nothing, and says nothing, where the stored cell has no count
    empty = [cell.id for cell in notebook.cells if editions.compared(cell) and not editions.printed(cell)]
    assert not empty, "make outputs"


def test_pictures_go_through_show(notebook):
    for code in codes(notebook):
        assert "plt.show" not in code, "show.picture"
        assert "interact" not in code, "show.explore"
        assert not code.rstrip().endswith(";")


def test_markdown_shows_no_picture_from_elsewhere_and_none_without_a_text(notebook):
    for text in texts(notebook):
        assert not re.search(r"!\[\s*\]\(|!\[[^\]]*\]\(https?:|src=.https?:", text)
        assert all(re.search(r'alt="[^"]*\w', image) for image in re.findall(r"<img[^>]*>", text))


def test_folded_notes_are_closed(notebook):
    for text in texts(notebook):
        assert text.count("<details>") == text.count("</details>") == text.count("<summary>")


def test_display_equations_are_written_one_way_and_have_at_most_one_number(page, notebook):
    for text in texts(notebook):
        assert "\\[" not in text
        assert text.count("$$") % 2 == 0
        assert "\\begin{" not in INLINE.sub("", DISPLAY.sub("", text)), "display equations stand in $$"
        assert len(TAG.findall(text)) == sum(len(TAG.findall(block)) for block in DISPLAY.findall(text))
        assert all(len(TAG.findall(block)) <= 1 for block in DISPLAY.findall(text))
    assert all(first == chapter(page) for first, _ in tags(page)), "an equation is numbered (chapter, number)"


def test_equations_are_numbered_in_order(page):
    assert [number for _, number in tags(page)] == list(range(1, len(tags(page)) + 1))


def test_every_number_of_an_equation_has_its_test_and_every_test_its_equation():
    shown = sorted(tag for page in editions.pages() for tag in tags(page))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in EQUATIONS.glob("test_*.py"))
    tested = {(int(a), int(b)) for a, b in re.findall(r"^def test_eq_(\d+)_(\d+)_\w+", sources, re.MULTILINE)}
    there = {chapter(page) for page in editions.pages()}
    assert shown == sorted(tag for tag in tested if tag[0] in there)


@pytest.mark.skipif(not COMPLETE, reason="not all pages are there")
def test_the_course_has_at_least_25_equations():
    assert sum(len(tags(page)) for page in editions.pages()) >= 25


def test_each_answer_cell_is_followed_by_its_check(notebook):
    for place, cell in editions.answer_cells(notebook):
        exercise = exercises.get(cell.metadata["unrolled"]["exercise"])
        editions.check_of(notebook, place, exercise.id)


def test_no_check_stands_without_its_answer_cell(notebook):
    checked = [found["id"] for code in codes(notebook) for found in editions.CHECK.finditer(code)]
    assert checked == [cell.metadata["unrolled"]["exercise"] for _, cell in editions.answer_cells(notebook)]


def test_the_page_has_every_exercise_of_its_chapter_once(page, notebook):
    here = sorted(cell.metadata["unrolled"]["exercise"] for _, cell in editions.answer_cells(notebook))
    assert here == sorted(row["id"] for row in exercises.catalogue() if row["notebook"] == page.stem)


def test_an_exercise_is_committed_unanswered(notebook):
    for place, cell in editions.answer_cells(notebook):
        assert editions.printed(notebook.cells[place + 1]).startswith("Not attempted."), cell.id


def test_no_other_cell_uses_what_the_learner_writes(notebook):
    answers = editions.answer_cells(notebook)
    written = {editions.check_of(notebook, place, cell.metadata["unrolled"]["exercise"])[1] for place, cell in answers}
    own = {n for place, _ in answers for n in (place, place + 1)}
    for n, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and n not in own:
            used = {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
            assert not used & written, cell.id


def test_sections_are_numbered_in_order_and_say_their_minutes(page, notebook):
    sections = [text for text in texts(notebook) if text.startswith("## ")]
    titles = [SECTION.match(text) for text in sections]
    assert all(titles), "a section is headed ## 2.3  Title"
    numbers = [(int(title["chapter"]), int(title["number"])) for title in titles]
    assert numbers == [(chapter(page), n + 1) for n in range(len(titles))]
    assert len(titles) >= 3
    assert "learned" in titles[-1]["title"]
    assert all(re.search(r"^\*\d+ minutes?\b", text, re.MULTILINE) for text in sections[:-1])


def test_the_page_says_its_minutes_what_it_needs_and_what_comes_next(page, notebook):
    opening = "\n".join(texts(notebook)[:3])
    assert opening.startswith(f"# {page.name[:2]}")
    assert re.search(r"\d+ minutes", opening)
    assert re.search(r"\bneeds?\b", opening, re.IGNORECASE)
    assert re.search(r"\bnext\b", opening, re.IGNORECASE)


def test_the_page_ends_with_what_was_learned_and_its_sources(notebook):
    ending = "\n".join(texts(notebook)[-4:])
    assert "learned" in ending
    assert re.search(r"^\*\*Sources\.\*\*.*6\.S191", ending, re.MULTILINE)


def test_links_lead_to_files_that_are_there(page, notebook):
    for text in texts(notebook):
        for target in LINK.findall(text):
            there = target.startswith("https://") or (page.parent / target).exists()
            assert there or (not COMPLETE and target.removesuffix(".ipynb") in COURSE), target
