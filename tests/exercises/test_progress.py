"""Progress: one small file, never lost, never in the way."""

import inspect
import json
import os
import subprocess
import sys

import pytest
import torch
from unrolled.exercises import progress
from unrolled.exercises import start_here as ex


def mean_in_a_loop(x):
    return torch.stack([x[: t + 1].mean() for t in range(len(x))])


def kept(path):
    return json.loads(path.read_text(encoding="utf-8"))["exercises"]


def test_an_attempt_is_kept_with_its_source(progress_file, capsys):
    ex.running_mean.check(torch.cumsum)
    ex.running_mean.check(mean_in_a_loop)
    entry = kept(progress_file)["running_mean"]
    assert entry["notebook"] == "00_start_here"
    assert entry["outcome"] == "correct"
    assert entry["attempts"] == 2
    assert entry["first"] <= entry["last"]
    assert entry["answer"] == inspect.getsource(mean_in_a_loop)
    assert [each.name for each in progress_file.parent.iterdir()] == ["progress.json"]


def test_an_untouched_stub_is_no_attempt(progress_file):
    ex.running_mean.check(...)
    assert not progress_file.exists()


def test_other_answers_are_kept_as_python_shows_them(progress_file):
    class Unspeakable:
        def __repr__(self):
            raise ValueError

    for n, answer in enumerate([693, "C A B", ["C", "\ud800"], Unspeakable(), "long" * 10_000]):
        assert progress.record(f"n{n}", "99", "not yet", answer) == ""
    answers = [each["answer"] for each in kept(progress_file).values()]
    assert answers[:2] == ["693", "'C A B'"]
    assert answers[3] == "a Unspeakable"
    assert len(answers[4]) == progress.ANSWER_LENGTH


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"version": 1, "exercises": {"running_mean": {"att',
        b"\xff\xfe\x00",
        b"[]",
        b'{"version": 1}',
        b'{"version": 2, "exercises": {}}',
        b'{"version": 1, "exercises": []}',
        b'{"version": 1, "exercises": {"running_mean": {"attempts": "three"}}}',
        b'{"version": 1, "exercises": {"running_mean": 3}}',
    ],
)
def test_a_damaged_file_is_put_aside_and_never_lost(progress_file, capsys, content):
    progress_file.write_bytes(content)
    assert "progress.json is damaged" in progress.summary()
    assert progress_file.read_bytes() == content, "looking changes nothing"
    ex.running_mean.check(mean_in_a_loop)
    said = " ".join(capsys.readouterr().out.split())  # lines are broken where they are long
    assert said.startswith("Correct.")
    assert "(progress.json is damaged: " in said
    assert "It is kept as progress.damaged-1.json, and a new one is begun.)" in said
    assert (progress_file.parent / "progress.damaged-1.json").read_bytes() == content
    assert kept(progress_file)["running_mean"]["attempts"] == 1
    progress_file.write_bytes(b"again")
    ex.running_mean.check(mean_in_a_loop)
    assert (progress_file.parent / "progress.damaged-1.json").read_bytes() == content
    assert (progress_file.parent / "progress.damaged-2.json").read_bytes() == b"again"


def test_a_place_that_cannot_be_written_is_said_and_does_not_matter(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNROLLED_PROGRESS", str(tmp_path / "file" / "progress.json"))
    ex.running_mean.check(mean_in_a_loop)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Correct.")
    assert said[1].startswith("(This attempt could not be kept in progress.json: ")
    assert len(said) == 2


def test_a_disk_that_is_full_leaves_the_old_file(progress_file, monkeypatch):
    progress.record("one", "99", "not yet", 1)
    before = progress_file.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "No space left on device" in progress.record("two", "99", "not yet", 2)
    assert progress_file.read_bytes() == before
    assert [each.name for each in progress_file.parent.iterdir()] == ["progress.json"]


WRITER = """
import sys
from unrolled.exercises import progress
for n in range(20):
    note = progress.record(f"{sys.argv[1]}_{n}", "99", "not yet", n)
    assert not note, note
    progress.record("shared", "99", "not yet", n)
"""


def test_kernels_at_work_at_once_lose_nothing(progress_file):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in "abc"]
    assert [each.wait(timeout=60) for each in writers] == [0, 0, 0]
    entries = kept(progress_file)
    assert len(entries) == 61
    assert entries["shared"]["attempts"] == 60


def test_the_summary_is_a_table_by_notebook(progress_file):
    before = progress.summary()
    assert "exercises correct." in before
    assert "running_mean                not attempted" in before
    progress.record("running_mean", "00_start_here", "not yet", 1)
    assert "running_mean                not yet        tried once, last 20" in progress.summary()
    progress.record("running_mean", "00_start_here", "correct", 1)
    progress.record("of_old", "00_start_here", "correct", 1)
    lines = progress.summary().splitlines()
    assert lines[0].startswith("1 of ")
    assert lines[2].startswith("00_start_here  1 of ")
    assert lines[3].startswith("  running_mean                correct        tried 2 times, last 20")
    assert lines[-2] == "no longer in the course"
    assert lines[-1].startswith("  of_old  ")


def test_progress_can_be_carried_away(progress_file, tmp_path):
    progress.record("running_mean", "00_start_here", "correct", 1)
    target = progress.export(tmp_path / "bag" / "mine.json")
    assert target.read_bytes() == progress_file.read_bytes()


def test_without_a_setting_it_lies_beside_the_pages(monkeypatch):
    monkeypatch.delenv("UNROLLED_PROGRESS")
    assert progress.path().parts[-2:] == ("notebooks", "progress.json")
    assert (progress.path().parent.parent / "lib" / "unrolled").is_dir()


def test_the_first_time_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_PROGRESS", str(tmp_path / "p.json"))
    times = iter(["1", "2", "3", "4", "5", "6"])
    monkeypatch.setattr(progress, "now", lambda: next(times))
    progress.record("a", "99", "not yet", 1)
    first = progress.entries()["a"]["first"]
    progress.record("a", "99", "correct", 1)
    assert progress.entries()["a"]["first"] == first != progress.entries()["a"]["last"]


def test_a_mark_that_an_editor_put_in_front_is_read_past(tmp_path, monkeypatch):
    file = tmp_path / "progress.json"
    monkeypatch.setenv("UNROLLED_PROGRESS", str(file))
    progress.record("running_mean", "00", "correct", 1)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert progress.entries()["running_mean"]["outcome"] == "correct"


def test_an_outcome_that_there_is_not_is_damage(tmp_path, monkeypatch):
    file = tmp_path / "progress.json"
    monkeypatch.setenv("UNROLLED_PROGRESS", str(file))
    progress.record("running_mean", "00", "correct", 1)
    file.write_text(file.read_text().replace('"correct"', '"banana"'))
    with pytest.raises(ValueError, match="damaged"):
        progress.entries()
