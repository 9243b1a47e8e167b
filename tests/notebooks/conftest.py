"""The notebooks' tools are modules beside these tests: editions.py, and under_nbval/watch.py."""

from pathlib import Path

import editions
import pytest


@pytest.fixture(params=editions.pages(), ids=lambda path: path.stem)
def page(request) -> Path:
    return request.param


@pytest.fixture
def notebook(page):
    return editions.read(page)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Nothing here writes into the learner's progress."""
    monkeypatch.setenv("UNROLLED_PROGRESS", str(tmp_path / "progress.json"))
