"""The documentation's text: fixed characters, a split without doubles, and marks that can be found in it."""

import re

import pytest
import torch
from unrolled.data import documentation

EXAMPLE = 'say "a b" (c[d])\nab\n\n"x\n\ny(z'


@pytest.fixture(scope="module")
def text() -> str:
    return documentation.load()


def words(paragraph: str) -> str:
    return " ".join(paragraph.split())


def test_the_text_is_some_hundred_thousand_characters_in_a_fixed_order(text):
    assert 3e5 < len(text) < 1e6
    assert text == documentation.load()
    assert text.index('The "assert" statement') < text.index('The "break" statement') < text.index('The "yield"')


def test_the_characters_are_printable_ascii_newline_and_unknown():
    assert len(documentation.CHARACTERS) == len(set(documentation.CHARACTERS)) == 97
    assert documentation.CHARACTERS[:4] == ' !"#'
    assert documentation.CHARACTERS[-2:] == "\n\N{REPLACEMENT CHARACTER}"


def test_decode_undoes_encode_but_for_unknown_characters():
    plain = "def f(x):\n    return {x: '~'}\n"
    assert documentation.decode(documentation.encode(plain)) == plain
    assert documentation.decode(documentation.encode("Maß\t°")) == "Ma\N{REPLACEMENT CHARACTER}" + 2 * "\ufffd"
    assert documentation.encode("ab").dtype == torch.long
    assert documentation.encode("").shape == (0,)


@pytest.mark.parametrize("number", [-1, 97])
def test_decode_names_an_index_that_is_no_character(number):
    with pytest.raises(ValueError, match=f"indices holds {number}; there are 97 characters"):
        documentation.decode(torch.tensor([3, number]))


def test_no_held_out_paragraph_occurs_in_training(text):
    parts = documentation.split(text)
    train, held_out = ([words(p) for p in re.split("\n{2,}", part)] for part in parts)
    assert len(set(train)) == len(train)
    assert len(set(held_out)) == len(held_out)
    assert not set(train) & set(held_out)
    assert {words(p) for p in re.split("\n{2,}", text)} - {""} == set(train) | set(held_out)
    assert 0.05 < len(parts.held_out) / len(parts.train) < 0.2


def test_a_paragraph_indented_otherwise_is_a_double():
    assert documentation.paragraphs("a b\nc\n\n\n   a  b\n   c\n\nd") == ["a b\nc", "d"]


def test_a_split_keeps_runs_together_and_says_when_there_is_too_little():
    lines = [f"paragraph {n}" for n in range(60)]
    train, held_out = documentation.split("\n\n".join(lines), every=3)
    assert held_out == "\n\n".join(lines[40:])
    assert train == "\n\n".join(lines[:40])
    with pytest.raises(ValueError, match="60 different paragraphs; a split wants at least 181"):
        documentation.split("\n\n".join(lines))
    with pytest.raises(ValueError, match="every is 1"):
        documentation.split("a", every=1)


def test_quotes_are_open_between_their_marks_and_end_with_the_paragraph():
    marks = "".join("01"[mark] for mark in documentation.inside_quotes(EXAMPLE).long())
    assert EXAMPLE.replace("\n", "/") == 'say "a b" (c[d])/ab//"x//y(z'
    assert marks == "0000011100000000000000110000"


def test_brackets_nest_and_end_with_the_paragraph():
    marks = "".join("01"[mark] for mark in documentation.inside_brackets(EXAMPLE).long())
    assert marks == "0000000000011110000000000001"
    assert documentation.inside_brackets(")(a)b").tolist() == [False, False, True, False, False]


def test_the_column_counts_from_zero_on_each_line():
    assert documentation.column("ab\n\ncd").tolist() == [0, 1, 2, 0, 0, 1]
    assert documentation.column("").shape == documentation.inside_quotes("").shape == (0,)


def test_topics_come_in_the_order_of_the_alphabet(monkeypatch):
    from pydoc_data import topics

    monkeypatch.setattr(topics, "topics", {"b": "two", "a": "one\n"})
    assert documentation.load() == "one\n\ntwo"
