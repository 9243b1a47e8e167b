"""What is kept of an attempt, and what is printed."""

import torch
from unrolled.exercises.engine import Function, desk
from unrolled.exercises.engine.notepad import LENGTH, Notepad
from unrolled.exercises.engine.wrap import wrapped


def plain(reference, cases, **options):
    return Function("f", "99_nowhere", 1, reference, cases, [], ["h"], **options)


def test_what_was_not_attempted_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_PROGRESS", str(tmp_path / "p.json"))
    desk.check(plain(lambda x: x * 2, lambda: [(torch.ones(1),)]), None)
    assert not (tmp_path / "p.json").exists()


def test_what_is_printed_without_end_is_not_kept_without_end():
    notes = Notepad()
    notes.write("x" * 10 * LENGTH)
    assert len(notes.text) == LENGTH


def test_lines_are_at_most_78_wide():
    assert max(map(len, wrapped("word " * 60).splitlines())) <= 78
