"""The editions of a notebook: cleaned, with outputs, answered, and with every mistake put in."""

import subprocess
import sys
from pathlib import Path

import editions
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from unrolled import exercises

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
STUB = 'def running_mean(x):\n    """x (T,) -> (T,)"""\n    ...\n\nprint("and more")'


@pytest.fixture
def small():
    """One exercise, with what an editor leaves behind."""
    cells = [
        new_markdown_cell("# Title", metadata={"editable": True}),
        new_code_cell("import torch\nfrom torch import Tensor\nfrom unrolled.exercises import start_here as ex"),
        new_code_cell(STUB, metadata={"unrolled": {"exercise": "running_mean"}, "collapsed": False}),
        new_code_cell(f"{editions.MARK}\nex.running_mean.check(running_mean)", execution_count=7),
        new_code_cell("2 + 2", execution_count=8, outputs=[new_output("execute_result", {"text/plain": "4"})]),
    ]
    cells[3].outputs = [new_output("stream", name="stdout", text="Not attempted."), new_output("stream", name="stderr")]
    return new_notebook(cells=cells, metadata={"widgets": {}, "toc": 1})


def nbval(place: Path) -> str:
    """What nbval says of a notebook, or of those in a folder."""
    root = place if place.is_dir() else place.parent
    command = [sys.executable, "-m", "pytest", "-c", HERE / "under_nbval" / "pytest.ini", f"--rootdir={root}"]
    return subprocess.run([*command, place], capture_output=True, text=True, check=False, cwd=REPOSITORY).stdout


def test_clean_keeps_compared_texts_and_metadata_of_the_list_only(small):
    editions.clean(small)
    assert [len(cell.get("outputs", [])) for cell in small.cells] == [0, 0, 0, 1, 0]
    assert editions.printed(small.cells[3]) == "Not attempted."
    assert [cell.get("execution_count") for cell in small.cells[1:]] == [None, None, 1, None]
    assert small.metadata == editions.OF_NOTEBOOK
    assert small.cells[0].metadata == {}
    assert small.cells[2].metadata == {"unrolled": {"exercise": "running_mean"}}


def test_cleaning_twice_changes_nothing_more(small):
    once = nbformat.writes(editions.clean(small))
    assert nbformat.writes(editions.clean(nbformat.reads(once, as_version=4))) == once


def test_a_stored_result_is_folded_and_the_words_of_an_exercise_are_open(small):
    small.cells[4].source = f"{editions.MARK}\nprint(2 + 2)"
    small.cells[4].outputs = [new_output("stream", name="stdout", text="4")]
    editions.clean(small)
    assert small.cells[4].metadata == {"jupyter": {"outputs_hidden": True}}
    assert not [cell.id for cell in small.cells[:4] if "jupyter" in cell.metadata]


def test_the_answer_takes_the_place_of_the_stub_alone(small):
    editions.answered(small)
    assert "cumsum" in small.cells[2].source
    assert "..." not in small.cells[2].source
    assert small.cells[2].source.endswith('print("and more")')
    assert editions.printed(small.cells[3]).startswith("Correct.")


def test_a_number_takes_the_place_of_its_dots():
    assert editions.put("guess = ...\n\nsteps = 0", "guess", "guess = 693") == "guess = 693\n\nsteps = 0"


def test_an_answer_cell_without_the_stub_is_an_error():
    with pytest.raises(ValueError, match="no guess"):
        editions.put("other = ...", "guess", "guess = 693")


def test_an_answer_cell_without_its_check_is_an_error(small):
    del small.cells[3]
    with pytest.raises(ValueError, match=r"ex\.running_mean\.check"):
        editions.answered(small)


def test_a_reference_that_is_not_correct_is_an_error(small, monkeypatch):
    exercise = exercises.get("running_mean")
    monkeypatch.setattr(exercise, "reference", exercise.mistakes[0].answer)
    exercise.__dict__.pop("wanted", None)
    monkeypatch.setitem(exercise.__dict__, "wanted", exercise.follow(lambda x: x))
    with pytest.raises(ValueError, match="not correct"):
        editions.answered(small)


def test_a_compared_cell_must_print_and_nothing_else(small):
    small.cells[4].source = f"{editions.MARK}\n2 + 2"
    with pytest.raises(ValueError, match="must print"):
        editions.with_outputs(small)


def test_nbval_finds_the_answered_page_correct_and_the_wrong_one_wrong(small, tmp_path):
    editions.write(editions.answered(editions.clean(small)), tmp_path / "00_right.ipynb")
    small.cells[2].source = "def running_mean(x):\n    return x"
    editions.write(small, tmp_path / "01_wrong.ipynb")
    said = nbval(tmp_path)
    assert "1 failed, 7 passed" in said
    assert "01_wrong.ipynb::Cell 2" in said


def test_every_known_mistake_of_01_is_named_on_its_page(tmp_path):
    path = editions.NOTEBOOKS / "01_recurrence.ipynb"
    if not path.is_file():
        pytest.skip("01 is not there")
    notebook = editions.mistaken(editions.read(path))
    editions.write(notebook, tmp_path / "01_mistaken.ipynb")
    rows = [row for row in exercises.catalogue() if row["notebook"] == "01_recurrence"]
    sentences = [mistake.sentence for row in rows for mistake in exercises.get(row["id"]).mistakes]
    said = "\n".join(editions.printed(cell) for cell in notebook.cells if editions.compared(cell))
    unbroken = " ".join(said.split())  # long lines are broken where they are printed
    assert not [sentence for sentence in sentences if " ".join(sentence.split()) not in unbroken]
    assert f"{1 + 2 * len(sentences)} passed" in nbval(tmp_path)
