"""Launched elsewhere: what repo2docker makes of the repository, and its requirements in a fresh environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
OFFLINE = REPOSITORY / "tests" / "notebooks" / "under_nbval"
PLACES = ("README.md", "requirements.txt", "binder", "lib", "data", "tests", "notebooks/00_start_here.ipynb")


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """What is shipped, with one page, in a folder with spaces in its name."""
    target = tmp_path_factory.mktemp("binder") / "a copy of it"
    skipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for place in PLACES:
        source = REPOSITORY / place
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, target / place, **({"ignore": skipped} if source.is_dir() else {}))
    return target


def test_repo2docker_installs_the_requirements_on_python_3_11(copy):
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert 'pip install --no-cache-dir -r "binder/requirements.txt"' in said
    assert "Building conda environment for python=3.11" in said
    assert said.index("COPY --chown=0:0 src/ ") < said.index("pip install --no-cache-dir")


def test_torch_comes_from_its_cpu_index_there_as_here(copy):
    index = next(line for line in (REPOSITORY / "Makefile").read_text().splitlines() if line.startswith("TORCH_INDEX"))
    lines = (copy / "binder" / "requirements.txt").read_text().splitlines()
    assert lines == [f"--extra-index-url {index.split()[-1]}", "-r ../requirements.txt"]


@pytest.fixture(scope="module")
def fresh(copy) -> Path:
    """The Python of a new environment into which nothing but binder's requirements was installed."""
    subprocess.run([sys.executable, "-m", "venv", copy / "env"], check=True)
    python = copy / "env" / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "-r", "binder/requirements.txt"]
    done = subprocess.run(
        command, cwd=copy, env={**os.environ, "PIP_RETRIES": "0"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return python


def test_its_requirements_make_an_installation_that_the_doctor_finds_well(copy, fresh):
    done = subprocess.run(
        [fresh, "-m", "unrolled", "doctor"], cwd=copy.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    where = [fresh, "-c", "import unrolled; print(unrolled.__file__)"]
    found = subprocess.run(where, cwd=copy.parent, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()).is_relative_to(copy)


def test_a_notebook_runs_in_it_with_the_network_off(copy, fresh):
    page = copy / "notebooks" / "00_start_here.ipynb"
    before = page.read_text(encoding="utf-8")
    command = [fresh, "tests/notebooks/editions.py", "outputs"]
    done = subprocess.run(
        command, cwd=copy, env={**os.environ, "PYTHONPATH": str(OFFLINE)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert page.read_text(encoding="utf-8") == before, "what the page prints there differs from what is stored"
