"""Numbers in words: the tokens are num2words' own, and the alignment fits them, token by token."""

import re

import pytest
import torch
from num2words import num2words
from unrolled.data import numbers

SOME = [*range(0, 1200), *range(1900, 2100), *range(69_900, 72_100, 7), *range(97, 1_000_000, 997), 601_000, 999_999]


def table(text):
    """Words and what each says by itself, found by hand."""
    words = text.split()
    return {word: int(value) for word, value in zip(words[::2], words[1::2], strict=True)}


GERMAN = table("""
ein 1 eins 1 zwei 2 drei 3 vier 4 fünf 5 sechs 6 sieben 7 acht 8 neun 9
zehn 10 elf 11 zwölf 12 dreizehn 13 vierzehn 14 fünfzehn 15 sechzehn 16 siebzehn 17 achtzehn 18 neunzehn 19
zwanzig 20 dreißig 30 vierzig 40 fünfzig 50 sechzig 60 siebzig 70 achtzig 80 neunzig 90 hundert 100 tausend 1000
""")
ENGLISH = table("""
one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9
ten 10 eleven 11 twelve 12 thirteen 13 fourteen 14 fifteen 15 sixteen 16 seventeen 17 eighteen 18 nineteen 19
twenty 20 thirty 30 forty 40 fifty 50 sixty 60 seventy 70 eighty 80 ninety 90 hundred 100 thousand 1000
""")


def test_tokens_are_num2words_own():
    for number in SOME:
        assert "".join(numbers.other(number, "de")) == num2words(number, lang="de")
        assert numbers.other(number, "fr") == num2words(number, lang="fr").replace("-", " ").split()
        assert numbers.english(number) == re.sub("[-,]", " ", num2words(number)).split()


@pytest.mark.parametrize("language", numbers.LANGUAGES)
def test_every_token_has_its_places_among_the_english_ones(language):
    for number in SOME:
        pair = numbers.pair(number, language)
        assert len(pair.right) == len(pair.other), (number, pair)
        assert all(places and max(places) < len(pair.english) for places in pair.right)


def test_german_tokens_look_at_the_word_that_means_the_same():
    for number in SOME[1:]:
        pair = numbers.pair(number, "de")
        for token, places in zip(pair.other, pair.right, strict=True):
            if token == "und":
                assert len(places) == 2
            else:
                assert [ENGLISH[pair.english[place]] for place in places] == [GERMAN[token]], (number, token)


@pytest.mark.parametrize(
    ("number", "language", "aligned"),
    [
        (21, "de", "ein:one und:twenty,one zwanzig:twenty"),
        (305_017, "de", "drei:three hundert:hundred fünf:five tausend:thousand siebzehn:seventeen"),
        (71, "fr", "soixante:seventy et:seventy,one onze:seventy,one"),
        (77, "fr", "soixante:seventy dix:seventy sept:seven"),
        (80, "fr", "quatre:eighty vingts:eighty"),
        (92, "fr", "quatre:ninety vingt:ninety douze:ninety,two"),
        (81, "fr", "quatre:eighty vingt:eighty un:one"),
        (118, "fr", "cent:one,hundred dix:eighteen huit:eighteen"),
        (1_200, "fr", "mille:one,thousand deux:two cents:hundred"),
        (31_000, "fr", "trente:thirty et:thirty,one un:one mille:thousand"),
        (90_000, "fr", "quatre:ninety vingt:ninety dix:ninety mille:thousand"),
    ],
)
def test_alignments_found_by_hand(number, language, aligned):
    pair = numbers.pair(number, language)
    found = [
        f"{token}:{','.join(pair.english[place] for place in sorted(places))}"
        for token, places in zip(pair.other, pair.right, strict=True)
    ]
    assert " ".join(found) == aligned


def test_a_digit_that_comes_twice_is_told_apart_by_its_place():
    pair = numbers.pair(202_002, "de")  # two hundred and two thousand and two
    assert pair.english == ["two", "hundred", "and", "two", "thousand", "and", "two"]
    assert pair.right == [{0}, {1}, {3}, {4}, {6}]


def test_numbers_are_drawn_by_their_length_and_once():
    drawn = numbers.draw(4000, generator=torch.Generator().manual_seed(0))
    assert len(set(drawn)) == 4000
    assert set(range(100)) <= set(drawn)
    of_length = [sum(len(str(number)) == length for number in drawn) for length in range(1, 7)]
    assert of_length[:2] == [10, 90]
    assert min(of_length[3:]) > 700
    assert drawn == numbers.draw(4000, generator=torch.Generator().manual_seed(0))
    assert drawn != numbers.draw(4000, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("count", "largest"), [(1, 0), (5, 4), (1000, 999), (950, 999), (60, 99)])
def test_all_there_are_can_be_drawn(count, largest):
    drawn = numbers.draw(count, largest)
    assert len(set(drawn)) == count
    assert max(drawn) <= largest


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match="number is 1000000; it must be 0 to 999,999"):
        numbers.pair(1_000_000, "de")
    with pytest.raises(ValueError, match="language is 'it'; it must be one of de, fr"):
        numbers.pair(3, "it")
    with pytest.raises(ValueError, match="count is 11; there are 10 numbers from 0 to 9"):
        numbers.draw(11, 9)


def test_the_parts_share_no_number_and_grow_within_one_another():
    small, large = numbers.parts(1000, seed=3), numbers.parts(8000, seed=3)
    assert small.held_out == large.held_out
    assert small.validation == large.validation
    assert large.train[:1000] == small.train
    assert small.train[:100] == list(range(100))
    sizes = len(large.train), len(large.validation), len(large.held_out)
    assert sizes == (8000, 500, 2000)
    assert len({number for part in large for number in part}) == sum(sizes)
    assert numbers.parts(1000, seed=4).held_out != small.held_out
    with pytest.raises(ValueError, match="train is 99; from 100"):
        numbers.parts(99)


def test_a_hit_is_a_strongest_cell_among_the_right_ones():
    pair = numbers.pair(21, "de")  # ein und zwanzig from twenty one
    weights = torch.tensor([[0.4, 0.6, 0.0], [0.9, 0.1, 0.0], [0.3, 0.7, 0.0], [0.0, 0.0, 1.0]])  # END, and padding
    assert numbers.hits(weights, pair) == [True, True, False]
