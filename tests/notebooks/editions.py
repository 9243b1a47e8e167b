"""The notebooks' editions: the learner's, which is committed, and the answered one, which is only tested.

python tests/notebooks/editions.py clean              strip what is not committed
python tests/notebooks/editions.py outputs            run each, and store the texts that nbval compares
python tests/notebooks/editions.py answered FOLDER    write copies with the reference answers put in
"""

import ast
import io
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
MARK = "# NBVAL_CHECK_OUTPUT"
OF_NOTEBOOK = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
OF_NOTEBOOK["language_info"] = {"name": "python"}
OF_CELL = ("unrolled", "tags")
SPEAKS = re.compile(r"^ex\.\w+\.(show|hint|check)\(", re.MULTILINE)
CHECK = re.compile(r"^ex\.(?P<id>\w+)\.check\((?P<name>\w+)\)", re.MULTILINE)


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def pages() -> list[Path]:
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def compared(cell: NotebookNode) -> bool:
    """Whether nbval compares what this cell prints."""
    return cell.cell_type == "code" and any(line.strip() == MARK for line in cell.source.splitlines())


def clean(notebook: NotebookNode) -> NotebookNode:
    """Drop all outputs but compared texts, the counts, and every metadata key that is not on the list.

    A stored result is folded away, or it would be read before it is predicted: JupyterLab unfolds it when the
    cell runs. The words of an exercise stay open: its question, and "Not attempted".
    """
    notebook.metadata = nbformat.from_dict(OF_NOTEBOOK)
    notebook.nbformat_minor = 5
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in OF_CELL if key in cell.metadata})
        if cell.cell_type == "code":
            store(cell, printed(cell) if compared(cell) else "")
        if cell.get("outputs") and not SPEAKS.search(cell.source):
            cell.metadata["jupyter"] = {"outputs_hidden": True}
    return notebook


def printed(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


def store(cell: NotebookNode, text: str) -> None:
    """Make `text` the cell's only output. nbval compares nothing where a cell has no count, hence the 1."""
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    cell.execution_count = 1 if text else None


def run(notebook: NotebookNode, timeout: int = 300) -> NotebookNode:
    """A copy that was run from top to bottom on a fresh kernel, in the notebooks' folder."""
    from nbclient import NotebookClient

    executed = nbformat.from_dict(notebook)
    NotebookClient(executed, timeout=timeout, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    return executed


def with_outputs(notebook: NotebookNode) -> NotebookNode:
    """The notebook with the texts that its marked cells print when it is run as it stands."""
    for cell, executed in zip(notebook.cells, run(notebook).cells, strict=True):
        if compared(cell):
            others = [output for output in executed.outputs if output.get("name") != "stdout"]
            if others or not printed(executed):
                raise ValueError(f"cell {cell.id} is compared, so it must print, and show nothing else")
            store(cell, printed(executed))
    return notebook


def answered(notebook: NotebookNode) -> NotebookNode:
    """The notebook with every reference answer put in, as a learner would who asked for the solution."""
    from unrolled import exercises

    for place, cell in answer_cells(notebook):
        exercise = exercises.get(cell.metadata["unrolled"]["exercise"])
        check, name = check_of(notebook, place, exercise.id)
        cell.source = put(cell.source, name, solution(exercise, name))
        store(check, said(exercise.check, exercise.reference))
        if exercise.judge(exercise.reference).outcome != "correct":
            raise ValueError(f"the reference of {exercise.id} is not correct: {printed(check)}")
    return notebook


def mistaken(notebook: NotebookNode) -> NotebookNode:
    """The notebook's first code cell, then every known mistake of its exercises and what the check says of it."""
    from unrolled import exercises

    cells = [next(cell for cell in notebook.cells if cell.cell_type == "code")]
    for place, cell in answer_cells(notebook):
        exercise = exercises.get(cell.metadata["unrolled"]["exercise"])
        check, name = check_of(notebook, place, exercise.id)
        for n, mistake in enumerate(exercise.mistakes):
            get = f"from unrolled import exercises\n{name} = exercises.get({exercise.id!r}).mistakes[{n}].answer"
            tried = nbformat.v4.new_code_cell(check.source, metadata=check.metadata)
            store(tried, said(exercise.check, mistake.answer))
            cells += [nbformat.v4.new_code_cell(get), tried]
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def answer_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """The cells that are to hold an answer, and their places."""
    return [(n, cell) for n, cell in enumerate(notebook.cells) if "exercise" in cell.metadata.get("unrolled", {})]


def check_of(notebook: NotebookNode, place: int, id: str) -> tuple[NotebookNode, str]:
    """The cell after an answer cell, which checks it, and the name that it checks."""
    cell = notebook.cells[place + 1]
    found = CHECK.search(cell.source)
    if not found or found["id"] != id or not compared(cell):
        raise ValueError(f"the cell after {notebook.cells[place].id} must be marked, and hold ex.{id}.check(...)")
    return cell, found["name"]


def solution(exercise: Any, name: str) -> str:
    """The reference answer as the learner is shown it, or `name = value`."""
    if exercise.kind != "function":
        return f"{name} = {exercise.reference!r}"
    return said(exercise.solution).replace(exercise.id, name)


def said(speak: Callable, *arguments: Any) -> str:
    """What a call prints."""
    text = io.StringIO()
    with redirect_stdout(text):
        speak(*arguments)
    return text.getvalue()


def put(source: str, name: str, answer: str) -> str:
    """The cell with its `def name(...)`, `class name` or `name = ...` replaced by the answer's source."""
    for node in ast.parse(source).body:
        defined = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
        if defined or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name):
            lines = source.splitlines()
            lines[node.lineno - 1 : node.end_lineno] = answer.splitlines()
            return "\n".join(lines)
    raise ValueError(f"no {name} to be replaced in the answer cell")


def main(command: str, folder: str = "") -> None:
    with tempfile.TemporaryDirectory() as place:
        os.environ["UNROLLED_PROGRESS"] = str(Path(place) / "progress.json")
        for path in pages():
            match command:
                case "clean":
                    write(clean(read(path)), path)
                case "outputs":
                    write(clean(with_outputs(read(path))), path)
                case "answered":
                    write(answered(read(path)), Path(folder) / path.name)
            print(path.name)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["clean" | "outputs"] | ["answered", _]:
            main(*sys.argv[1:])
        case _:
            sys.exit(__doc__)
