"""The same in a notebook's kernel, where streams, exit and interrupts are its own."""

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "begin": "from unrolled.exercises import start_here as ex\nimport time, sys, warnings",
    "stub": 'def running_mean(x):\n    """x (T,) -> (T,)."""\n    ...\n\nex.running_mean.check(running_mean)',
    "prints": (
        "def running_mean(x):\n    print('so far', len(x))\n    print('oh', file=sys.stderr)\n"
        "    warnings.warn('careful')\n    return x.cumsum(0)\n\nex.running_mean.check(running_mean)"
    ),
    "raises": "def running_mean(x):\n    y = x + 1\n    return y @ x[:2]\n\nex.running_mean.check(running_mean)",
    "exits": "def running_mean(x):\n    exit()\n\nex.running_mean.check(running_mean)",
    "quits": "def running_mean(x):\n    sys.exit(0)\n\nex.running_mean.check(running_mean)",
    "endless": (
        "def running_mean(x):\n    while True:\n        try:\n            time.sleep(0.001)\n"
        "        except:\n            pass\n\nprint(ex.running_mean.judge(running_mean, seconds=0.3).message)"
    ),
    "interrupted": (
        "import _thread, threading\nthreading.Timer(0.3, _thread.interrupt_main).start()\n"
        "ex.running_mean.check(lambda x: [time.sleep(0.001) for _ in range(100_000)])"
    ),
    "right": "print('still here')\nex.running_mean.check(lambda x: x.cumsum(0) / (x * 0 + 1).cumsum(0))",
}

SUMS = "These are sums so far; a mean divides by how many there were."


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What each cell says on its streams."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS.values()])
    folder = tmp_path_factory.mktemp("kernel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_PROGRESS", str(folder / "progress.json"))
        NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    texts = {}
    for name, cell in zip(CELLS, notebook.cells, strict=True):
        assert all(each.output_type == "stream" and each.name == "stdout" for each in cell.outputs), cell.outputs
        texts[name] = "".join(each.text for each in cell.outputs)
    return texts


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("stub", "Not attempted. Write running_mean in the cell above"),
        ("prints", f"Not yet. {SUMS}\n\nIt printed:\n  so far 5\n  oh\n"),
        ("raises", "Not yet. It raises RuntimeError in line 3, `return y @ x[:2]`: "),
        ("exits", "Not yet. It leaves Python"),
        ("quits", "Not yet. It leaves Python"),
        ("endless", "Not yet. It did not end within 0.3 seconds and was stopped."),
        ("interrupted", "You stopped the check."),
        ("right", "still here\nCorrect. "),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_cell_says(said, cell, sentence):
    assert said[cell].startswith(sentence)
