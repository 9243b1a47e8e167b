"""The progress bar of a run."""

import nbformat
from nbclient import NotebookClient
from unrolled.training.bar import progress_bar

PAGE = """
from unrolled.training.bar import progress_bar
with progress_bar(3, done=0, shown="reading") as bar:
    for _ in range(3):
        bar.update()
print("read", bar.n)
try:
    with progress_bar(3, done=1, shown=True) as bar:
        raise FloatingPointError
except FloatingPointError:
    print("broken off at", bar.n)
"""


def test_in_a_page_no_dead_bar_is_left_behind():
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PAGE)])
    NotebookClient(page, timeout=60).execute()
    shown = [output.data for output in page.cells[0].outputs if output.output_type == "display_data"]
    assert shown == [{"text/html": ""}, {"text/html": ""}]
    printed = "".join(output.text for output in page.cells[0].outputs if output.output_type == "stream")
    assert printed == "read 3\nbroken off at 1\n"


def test_in_a_terminal_the_bar_counts_and_is_wiped(capsys):
    with progress_bar(2, done=0, shown="reading") as bar:
        bar.update()
    assert bar.n == 1
    assert "reading" in capsys.readouterr().err


def test_a_bar_that_is_not_shown_writes_nothing(capsys):
    with progress_bar(2, done=0, shown=False) as bar:
        bar.update()
    assert capsys.readouterr().err == ""


def test_by_the_clock_it_counts_whole_seconds(capsys):
    with progress_bar(15.0, done=0.0, shown=True, seconds=True) as bar:
        bar.update(7.716)
        bar.refresh()
    assert "8 of 15 s" in capsys.readouterr().err
