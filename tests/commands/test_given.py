"""Files as readers hand them over: what ends a line, a mark at the beginning, and what can't be read."""

import errno
from pathlib import Path

import pytest
from unrolled.commands import given
from unrolled.commands.given import Line, Refused


def test_a_line_ends_with_a_new_line_and_with_nothing_else(tmp_path):
    path = tmp_path / "lines.tsv"
    path.write_bytes("good\tone\u2028still one\x0c\x85 here\r\nbad\ttwo\n".encode())
    assert given.lines(path, "") == [Line("good", "one\u2028still one\x0c\x85 here"), Line("bad", "two")]


def test_a_file_with_nothing_but_the_mark_is_empty(tmp_path):
    path = tmp_path / "marked.txt"
    path.write_bytes("\N{BYTE ORDER MARK}\n".encode())
    with pytest.raises(Refused, match="is empty; a text is wanted"):
        given.text(path)


def test_what_the_system_cannot_read_is_told(monkeypatch):
    def read_text(*_, **options):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_text", read_text)
    with pytest.raises(Refused, match=r"a.txt can't be read: Input/output error"):
        given.text("a.txt")
