"""Exercises keep the learner's progress; tests keep theirs in a folder of their own."""

import pytest


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("UNROLLED_PROGRESS", str(path))
    return path
