"""What the run of the notebooks looks at beyond nbval: stderr, alternative texts, the network, memory."""

import os
import subprocess
import sys
from pathlib import Path

import editions
import pytest
import watch
from nbformat.v4 import new_code_cell, new_notebook

UNDER_NBVAL = Path(__file__).parent / "under_nbval"


def html(text: str) -> dict:
    return {"output_type": "display_data", "data": {"text/html": text, "text/plain": "<IPython object>"}}


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ({"output_type": "stream", "name": "stderr", "text": "a warning"}, "stderr: a warning"),
        (html('<img src="x">'), "no alternative text"),
        (html('<img alt="" src="x">'), "no alternative text"),
        (html('<img alt=" " src="x">'), "no alternative text"),
        ({"data": {"image/png": "x", "text/plain": "<Figure>"}}, "not shown by show.picture"),
        ({"data": {"text/plain": "<Axes: xlabel='t'>"}}, "bare"),
        ({"data": {"text/plain": "<unrolled.Thing object at 0x7f>"}}, "bare"),
    ],
)
def test_a_fault_is_named(output, fault):
    assert fault in "".join(watch.looked_at([output]).faults)


def test_what_is_well_is_let_pass_and_pictures_are_counted():
    outputs = [html('<img alt="a line" src="x"><img src="y" alt="2">'), {"name": "stdout", "text": "3"}]
    assert watch.looked_at(outputs) == (2, [])


def run(folder: Path, *sources: str) -> str:
    """What the notebooks' own run says of a notebook of these cells."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources], metadata=editions.OF_NOTEBOOK)
    editions.write(notebook, folder / "00_page.ipynb")
    command = [sys.executable, "-m", "pytest", "-c", UNDER_NBVAL / "pytest.ini", f"--rootdir={folder}", "-p", "watch"]
    environment = {**os.environ, "PYTHONPATH": str(UNDER_NBVAL)}
    return subprocess.run([*command, folder], capture_output=True, text=True, check=False, env=environment).stdout


def test_a_page_fails_where_it_writes_to_stderr_or_reaches_for_the_network(tmp_path):
    reach = "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/')"
    said = run(tmp_path, "import sys\nprint('oh', file=sys.stderr)", "print('well')", reach, "'the end'")
    assert "2 failed, 2 passed" in said
    assert "it wrote to stderr: oh" in said
    assert "the network is off" in said
    assert "by the clock" in said


def test_a_page_that_takes_too_much_memory_fails(tmp_path):
    assert "MB, 900 are allowed" in run(tmp_path, "big = bytearray(10**9)\nbig[::4096] = b'1' * len(big[::4096])")
