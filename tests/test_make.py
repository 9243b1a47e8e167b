"""The Makefile decides rightly what to install and when, shown with a Python that only notes what it is asked to do."""

import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
FAKE = f"""#!/bin/sh
case "$1 $2" in
  "-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip") [ "$3" = --version ] || {{ echo "$@" >> "$NOTES"; exit "${{PIP_FAILS:-0}}"; }} ;;
  "-m "*) echo "$@" >> "$NOTES" ;;
  *) exec "{sys.executable}" "$@" ;;
esac
"""
OLD = """#!/bin/sh
exit 1
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


class Copy:
    """A copy of the course with what make looks at, in a folder with spaces in its name."""

    def __init__(self, folder: Path):
        self.folder, self.notes = folder / "a copy of it", folder / "notes"
        (self.folder / "lib").mkdir(parents=True)
        for name in ("Makefile", "requirements.txt", "lib/pyproject.toml"):
            shutil.copy(REPOSITORY / name, self.folder / name)
        (self.folder / "tests").mkdir()
        shutil.copy(REPOSITORY / "tests/requirements.txt", self.folder / "tests/requirements.txt")
        self.python: str | None = self.program("python", FAKE)

    def program(self, name: str, text: str) -> str:
        path = self.folder.parent / name
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def make(self, *arguments: str, torch_index: str = "", **environment: str) -> tuple[list[str], str]:
        """What Python was asked to do, and what make said."""
        self.notes.write_text("")
        given = [f"TORCH_INDEX={torch_index}", *([] if self.python is None else [f"PYTHON={self.python}"])]
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
        done = subprocess.run(
            ["make", *arguments, *given],
            cwd=self.folder,
            env={**outer, "NOTES": str(self.notes), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return self.notes.read_text().splitlines(), done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def installs(notes: list[str]) -> list[str]:
    return [note for note in notes if note.startswith("-m pip install")]


def test_the_first_make_lab_installs_and_the_second_only_opens(copy):
    notes, _ = copy.make("lab")
    assert installs(notes) == ["-m pip install --quiet --no-compile -r requirements.txt"]
    assert notes[-1].startswith("-m jupyterlab")
    again, _ = copy.make("lab")
    assert len(again) == 1
    assert again[0].startswith("-m jupyterlab")


def test_jupyterlab_opens_the_first_page_with_the_repository_as_its_root(copy):
    opened = copy.make("lab", "ARGS=--port=9000")[0][-1]
    assert f"--ServerApp.root_dir={copy.folder}" in opened
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in opened
    assert opened.endswith("--port=9000")
    assert ("--allow-root" in opened) == (os.getuid() == 0)


def test_jupyterlab_asks_for_no_news_and_saves_pictures_with_the_page(copy):
    copy.make("lab")
    settings = json.loads((copy.folder / ".venv/share/jupyter/lab/settings/overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True


def test_changed_requirements_are_installed(copy):
    copy.make("lab")
    stamp = copy.folder / ".venv" / ".course"
    os.utime(copy.folder / "requirements.txt", (stamp.stat().st_mtime + 5,) * 2)
    assert installs(copy.make("lab")[0])


def test_an_interrupted_installation_is_taken_up_again(copy):
    notes, said = copy.make("lab", PIP_FAILS="1")
    assert not any("jupyterlab" in note for note in notes)
    assert "Error" in said
    notes, _ = copy.make("lab")
    assert installs(notes)
    assert notes[-1].startswith("-m jupyterlab")


def test_an_environment_without_its_python_is_made_again(copy):
    copy.make("lab")
    (copy.folder / ".venv/bin/python").write_text("#!/no/such/python\n")
    notes, _ = copy.make("lab")
    assert installs(notes)


def test_a_folder_that_was_moved_is_installed_again(copy):
    copy.make("lab")
    copy.folder = copy.folder.rename(copy.folder.with_name("moved away"))
    assert installs(copy.make("lab")[0])


def test_the_tools_of_the_tests_are_installed_for_the_tests_only(copy):
    assert not any("tests/requirements.txt" in note for note in copy.make("lab")[0])
    assert "-m pip install --quiet --no-compile -r tests/requirements.txt" in copy.make(".venv/.tests")[0]
    assert not copy.make(".venv/.tests")[0]


def test_a_python_that_is_too_old_gets_a_sentence(copy):
    copy.python = copy.program("old", OLD)
    notes, said = copy.make("lab")
    assert not notes
    assert "old is not Python 3.11 or newer" in said


def test_no_python_at_all_gets_a_sentence(copy):
    copy.python = ""
    notes, said = copy.make("lab")
    assert not notes
    assert "No Python 3.11 or newer was found" in said


def test_the_first_python_that_is_new_enough_is_found(copy):
    (copy.folder.parent / "bin").mkdir()
    copy.program("bin/python3.11", OLD)
    copy.program("bin/python3.12", FAKE)
    copy.python = None
    notes, said = copy.make("lab", PATH=f"{copy.folder.parent / 'bin'}:{os.environ['PATH']}")
    assert installs(notes), said


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_an_index_for_torch_that_answers_is_used(copy):
    with http.server.HTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        index = f"http://127.0.0.1:{server.server_port}"
        notes, said = copy.make("lab", torch_index=index)
        server.shutdown()
    assert installs(notes) == [f"-m pip install --quiet --no-compile --extra-index-url {index} -r requirements.txt"]
    assert f"torch comes from {index}" in said


def test_an_index_that_is_not_there_is_not_used(copy):
    notes, _ = copy.make("lab", torch_index="http://127.0.0.1:9")
    assert installs(notes) == ["-m pip install --quiet --no-compile -r requirements.txt"]


def test_an_index_that_never_answers_is_waited_for_three_seconds(copy):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        notes, said = copy.make("lab", torch_index=f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert installs(notes) == ["-m pip install --quiet --no-compile -r requirements.txt"]
    assert "pip's own settings" in said


def test_help_names_the_commands(copy):
    _, said = copy.make("help")
    assert all(f"make {word}" in said for word in ("lab", "test", "clean", "outputs", "answered"))
