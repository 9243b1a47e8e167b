"""The notebooks' editions: the learner's, which is committed, and the answered one, which is only tested.

python tests/notebooks/editions.py clean              strip what is not committed
python tests/notebooks/editions.py outputs            run each, and store the texts that nbval compares
python tests/notebooks/editions.py answered FOLDER    write copies with the reference answers put in
"""

import ast
import inspect
import io
import os
import re
import sys
import tempfile
import textwrap
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
    """Drop all outputs but compared texts, the counts, and every metadata key that is not on the list."""
    notebook.metadata = nbformat.from_dict(OF_NOTEBOOK)
    notebook.nbformat_minor = 5
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in OF_CELL if key in cell.metadata})
        if cell.cell_type == "code":
            store(cell, printed(cell) if compared(cell) else "")
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


def answered(notebook: NotebookNode, instead: dict[str, Any] | None = None) -> NotebookNode:
    """The notebook with every reference answer put in, and what each check then prints.

    `instead` puts other answers in: {"rnn_step": a function}, such as that of a known mistake.
    """
    from unrolled import exercises

    given = instead or {}
    for place, cell in enumerate(notebook.cells):
        name = cell.metadata.get("unrolled", {}).get("exercise")
        if name is None:
            continue
        exercise = exercises.get(name)
        answer = given.get(name, exercise.reference)
        check, called = check_of(notebook, place, name)
        cell.source = put(cell.source, called, answer)
        store(check, said(exercise, answer))
        if name not in given and exercise.judge(answer).outcome != "correct":
            raise ValueError(f"the reference of {name} is not correct: {printed(check)}")
    return notebook


def check_of(notebook: NotebookNode, place: int, name: str) -> tuple[NotebookNode, str]:
    """The cell after an answer cell, which checks it, and the name that it checks."""
    cell = notebook.cells[place + 1]
    found = CHECK.search(cell.source)
    if not found or found["id"] != name or not compared(cell):
        raise ValueError(f"the cell after {notebook.cells[place].id} must be marked, and hold ex.{name}.check(...)")
    return cell, found["name"]


def said(exercise: Any, answer: Any) -> str:
    text = io.StringIO()
    with redirect_stdout(text):
        exercise.check(answer)
    return text.getvalue()


def put(source: str, name: str, answer: Any) -> str:
    """The cell with its stub `def name(...)` or `name = ...` replaced by the answer."""
    for node in ast.parse(source).body:
        stub = isinstance(node, ast.FunctionDef) and node.name == name
        dots = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
        if stub or dots:
            lines = source.splitlines()
            lines[node.lineno - 1 : node.end_lineno] = written(name, answer).splitlines()
            return "\n".join(lines)
    raise ValueError(f"no stub of {name} in the answer cell")


def written(name: str, answer: Any) -> str:
    """The answer as a learner would write it."""
    if not callable(answer):
        return f"{name} = {answer!r}"
    source = textwrap.dedent(inspect.getsource(answer))
    return re.sub(rf"\b{answer.__name__}\b", name, source)


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
