"""A tune read by music21: notes, bars that are complete, what can be counted, and the reason where it can't."""

from fractions import Fraction

import pytest
from unrolled.data import melody, tunes

JIG = "M:6/8\nL:1/8\nK:G\n"


def test_notes_have_start_length_and_pitch():
    found = melody.read(JIG + "d|G2A B>cd|F3 ^f3||\n").notes
    half = Fraction(1, 2)
    assert [(note.start, note.lasts, note.pitch) for note in found] == [
        (0, half, 74),
        (half, 1, 67),
        (3 * half, half, 69),
        (2, Fraction(3, 4), 71),
        (Fraction(11, 4), Fraction(1, 4), 72),
        (3, half, 74),
        (Fraction(7, 2), Fraction(3, 2), 66),  # f is sharp in G
        (5, Fraction(3, 2), 78),
    ]


def test_tied_notes_sound_once_and_rests_not_at_all():
    found = melody.read(JIG + "G3-G3|z3 A3|GAB cde|\n").notes
    assert [(note.pitch, note.lasts) for note in found[:2]] == [(67, 3), (69, Fraction(3, 2))]
    found = melody.read(JIG + "A3 G3-|G3-G3|G3 z3|\n").notes  # three as one; the fourth is a note of its own
    assert [(note.start, note.lasts) for note in found] == [
        (0, Fraction(3, 2)),
        (Fraction(3, 2), Fraction(9, 2)),
        (6, Fraction(3, 2)),
    ]


def test_a_tie_does_not_reach_over_a_rest():
    found = melody.read(JIG + "G3-z3|G3 A3|\n").notes
    half = Fraction(3, 2)  # of a bar
    assert [(note.start, note.lasts, note.pitch) for note in found] == [
        (0, half, 67),
        (3, half, 67),
        (3 + half, half, 69),
    ]


@pytest.mark.parametrize(
    ("body", "complete"),
    [
        ("d|GAB cde|gfe dcB|G3 G2||", [2, 3]),  # an upbeat before, an end after
        ("|:d|GAB cde|gfe dcB|G3 G2:|", [2, 3]),
        ("GAB cde|gfe dcB|[1G6:|[2A6|GAB cde|G6||", [2, 5]),  # the endings stand at a repeat
        ("GAB cde|gfe dcB|[1G6|A6:|[2B6|c6||", [2, 3]),  # an ending is no line of its own
        ("GAB cde||gfe dcB|G6|", []),
    ],
)
def test_a_complete_bar_has_a_plain_line_on_either_side(body, complete):
    bars = melody.read(JIG + body + "\n").bars
    assert [n for n, bar in enumerate(bars, start=1) if bar.complete] == complete


def test_a_bar_is_what_stands_between_two_lines_however_long():
    bars = melody.read(JIG + "d|GAB cdefg|(3gfe|(2dc B>A|G3||\n").bars
    assert [bar.lasts for bar in bars] == [Fraction(1, 2), 4, 1, Fraction(5, 2), Fraction(3, 2)]


def test_a_double_repeat_after_a_capital_letter_loses_nothing():
    one = melody.read(JIG + "|:GAB D3|GAB AFD::GAB D3|GAB D3:|\n")  # music21 takes D:: for a field
    assert (len(one.notes), len(one.bars)) == (18, 4)


def test_bars_that_add_up_are_counted():
    judged = melody.judge(JIG + "d|GAB cde|gfe dc|GAB cdef|GAB c2d|G3 ^G2||\n")
    assert judged == melody.Judged("", "6/8", 4, 2, 26, 25)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "M:, L:, K:"),
        ("GAB", "M:, L:, K:"),
        (JIG + "GAB|\nGAB|\n", "one line"),
        ("M:6/8\nL:1/0\nK:G\nGAB|\n", "M:, L:, K:"),
        ("M:6/8\nL:1/8\nK:H\nGAB|\n", "K: is 'H'"),
        ("M:x\nL:1/8\nK:G\nGAB|\n", "M: is 'x'"),
        (JIG + "GAB ?|\n", "'[?]' is not ABC"),
        (JIG + "z3 z3|\n", "no note"),
        (JIG + "GAB cde||\n", "no complete bar"),
    ],
)
def test_a_tune_that_can_not_be_played_has_its_reason(text, reason):
    import re

    judged = melody.judge(text)
    assert re.search(reason, judged.problem)
    assert judged[2:] == (0, 0, 0, 0)


def test_nearly_all_bars_of_real_tunes_add_up_and_upbeats_and_ends_do_not():
    texts = tunes.split().held_out[::4]
    judged = [melody.judge(text) for text in texts]
    assert not [each.problem for each in judged if each.problem]
    assert sum(each.right for each in judged) / sum(each.bars for each in judged) > 0.97
    read = [melody.read(text) for text in texts]
    everything = [bar.lasts == each.metre for each in read for bar in each.bars]
    assert 0.7 < sum(everything) / len(everything) < 0.9


@pytest.mark.parametrize(
    ("key", "classes"), [("C", "0 2 4 5 7 9 11"), ("D", "1 2 4 6 7 9 11"), ("Dm", "0 2 4 5 7 9 10")]
)
def test_a_key_has_seven_notes(key, classes):
    assert melody.pitch_classes(key) == {int(number) for number in classes.split()}


def brute(text: str, others: str) -> int:
    pieces = (text[a:b] for a in range(len(text)) for b in range(a + 1, len(text) + 1))
    return max((len(piece) for piece in pieces if piece in others), default=0)


@pytest.mark.parametrize(("one", "two"), [("abcabd", "zabdcab"), ("", "abc"), ("xyz", "abc"), ("aaab", "aabaa")])
def test_the_longest_shared_passage_is_that_of_trying_all(one, two):
    assert melody.longest_shared(one, two) == brute(one, two)


def test_musicxml_is_read_back_as_the_same_notes():
    from music21 import converter

    text = tunes.split().held_out[3]
    back = converter.parse(melody.musicxml(text, "A title"), format="musicxml")
    assert back.metadata.bestTitle == "A title"
    assert back.metadata.composer is None
    there = [(note.pitch.midi, note.quarterLength) for note in back.recurse().notes]
    first = [(note.pitch.midi, note.quarterLength) for note in melody.score(text).recurse().notes]
    assert there == first
    with pytest.raises(ValueError, match="M:, L:, K:"):
        melody.musicxml("nothing")


def test_titled_is_whole_abc():
    assert melody.titled(JIG + "G|\n", "A", 7) == "X:7\nT:A\nM:6/8\nL:1/8\nK:G\nG|\n"


def test_graces_and_chord_names_are_no_notes():
    adorned, bare = (
        melody.read(JIG + text + "\n") for text in ('{ag}"Am"GAB !trill!cde|G3 "D7"G3||', "GAB cde|G3 G3||")
    )
    assert adorned == bare
    assert melody.judge(JIG + '{ag}"Am"GAB cde|"D"gfe dcB|G3 G3||\n') == melody.Judged("", "6/8", 1, 1, 14, 14)
