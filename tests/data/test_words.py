"""Words are cut, numbered and put back; what a vocabulary does not know it says."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from unrolled.data.words import PAD, UNKNOWN, Vocabulary, join, tokenise, vocabulary

FEW = ["to", "be", "or", "not", "to", "be"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World", ["hello", ",", "world"]),
        ("f(x_1) == 20", ["f", "(", "x_1", ")", "==", "20"]),
        ("don't", ["don't"]),
        ("'quoted'", ["'", "quoted", "'"]),
        (">>> a\n========", [">>>", "a", "==="]),
        ("one\n\n  \n two\nthree", ["one", "¶", "two", "three"]),
        ("naïve Σ", ["naïve", "σ"]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words(text, words):
    assert tokenise(text) == words


@given(st.text())
def test_no_visible_character_is_lost_but_the_ends_of_long_runs(text):
    kept = set("".join(tokenise(text))) - {"¶"}
    assert kept == {c for c in text.lower() if not c.isspace()} - {"¶"}


def test_the_words_of_a_vocabulary_come_by_their_counts():
    assert vocabulary(FEW).words == (PAD, UNKNOWN, "be", "to", "not", "or")
    assert vocabulary(FEW, at_least=2).words == (PAD, UNKNOWN, "be", "to")


def test_words_come_back_from_their_numbers():
    known = vocabulary(FEW)
    assert known.decode(known.encode(FEW)) == FEW
    assert known.encode(FEW).tolist() == [3, 2, 5, 4, 3, 2]
    assert [known[word] for word in known] == list(range(len(known)))


def test_a_word_that_is_not_known_becomes_unk():
    known = vocabulary(FEW)
    assert known.decode(known.encode(["to", "sleep"])) == ["to", UNKNOWN]
    assert "sleep" not in known
    with pytest.raises(KeyError, match="'sleep' is none of the 6 words"):
        known["sleep"]


def test_no_words_give_no_numbers():
    assert vocabulary(FEW).encode([]).shape == (0,)
    assert vocabulary(FEW).encode([]).dtype == torch.long


@pytest.mark.parametrize("numbers", [[0, 6], [-1], torch.tensor([2, 6])])
def test_numbers_outside_the_vocabulary_are_refused_in_words(numbers):
    with pytest.raises(ValueError, match=r"numbers hold (6|-1), outside the vocabulary: wanted 0 to 5"):
        vocabulary(FEW).decode(numbers)


def test_an_empty_text_makes_no_vocabulary():
    with pytest.raises(ValueError, match="words is empty"):
        vocabulary(tokenise(""))


def test_a_string_is_no_list_of_words():
    with pytest.raises(TypeError, match="words is one string"):
        vocabulary(FEW).encode("to be")
    with pytest.raises(TypeError, match="words is one string"):
        vocabulary("to be")


def test_a_vocabulary_has_its_two_marks_first_and_each_word_once():
    with pytest.raises(ValueError, match="wanted '<pad>' and '<unk>' first"):
        Vocabulary(["to", "be"])
    with pytest.raises(ValueError, match="words hold 'to' more than once"):
        Vocabulary([PAD, UNKNOWN, "to", "be", "to"])


def test_marks_that_stand_in_the_text_are_not_numbered_twice():
    assert vocabulary(["<unk>", "a", "<pad>", "a"]).words == (PAD, UNKNOWN, "a")


def test_joined_words_read_as_a_text():
    assert join(tokenise("a list (or a tuple), of course.")) == "a list (or a tuple), of course."
