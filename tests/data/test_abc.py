"""ABC notation: what is read, how it is tidied, and the same tune in another key; held against music21's reading."""

from fractions import Fraction

import pytest
from unrolled.data import abc, melody, tunes

HEAD = {"M": "6/8", "L": "1/8", "K": "G"}


def body(text: str, **fields: str) -> str:
    return abc.plain(HEAD | fields, text).split("\n")[3]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("", 1), ("2", 2), ("/", Fraction(1, 2)), ("//", Fraction(1, 4)), ("3/2", Fraction(3, 2)), ("/4", Fraction(1, 4))],
)
def test_a_length_is_read_and_written(text, wanted):
    assert abc.length(text) == wanted
    assert abc.length(abc.spelt(abc.length(text))) == wanted


@pytest.mark.parametrize(("metre", "wanted"), [("6/8", Fraction(3, 4)), ("C", 1), ("C|", 1), ("9/8", Fraction(9, 8))])
def test_a_metre_is_the_length_of_its_bar(metre, wanted):
    assert abc.metre(metre) == wanted


@pytest.mark.parametrize("metre", ["", "6", "0/8", "6/7", "six"])
def test_what_is_no_metre_is_refused(metre):
    with pytest.raises(ValueError, match="a metre such as"):
        abc.metre(metre)


def test_every_key_has_the_signs_that_music21_gives_it():
    from music21 import key

    modes = {"": "major", "m": "minor", "mix": "mixolydian", "dor": "dorian", "phr": "phrygian", "lyd": "lydian"}
    for tonic in ["C", "D", "E", "F", "G", "A", "B", "Bb", "Eb", "F#"]:
        for mode, name in modes.items():
            theirs = key.Key(tonic.replace("b", "-"), name)
            if abs(theirs.sharps) > 7:
                continue
            wanted = {pitch.step: int(pitch.alter) for pitch in theirs.alteredPitches}
            assert abc.signature(tonic + mode) == wanted, tonic + mode


@pytest.mark.parametrize("key", ["", "H", "Bn", "Gxyz", "F#lydian of C"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(ValueError, match="a key such as"):
        abc.signature(key)


def test_what_a_melody_does_not_need_is_left_out():
    assert body('{g}"Am"~G2A (BAG)|!trill!G>.A B2 u[GB]') == "G2A BAG|G>AB2B"
    assert abc.parts("K:G\nGAB % words\ncde") == ({"K": "G"}, "GAB\ncde")


def test_spaces_stand_where_a_beat_group_ends():
    assert body("GABcde|G3 A2B") == "GAB cde|G3 A2B"
    assert body("GABcdefg", M="C|") == "GABc defg"
    assert body("|:G A B c d e f g", M="2/4", L="1/16") == "|:GABc defg"
    assert body("(3GAB c2 d2", M="3/4") == "(3GAB c2 d2"
    assert body("G>AB<c", M="2/4") == "G>A B<c"


def test_an_upbeat_is_counted_from_its_end_and_the_end_of_a_part_from_its_beginning():
    assert body("D E F G|GABcde|GABc:|DEFG|GABcde") == "D EFG|GAB cde|GAB c:|D EFG|GAB cde"


def test_bar_lines_are_written_in_six_ways():
    assert body("|:G3A3:|1 B6|[2 c6|]\n|d6||\n||: e6 :|: f6") == "|:G3 A3:|[1B6|[2c6|]d6|:e6::f6"
    assert body("G6|\n|A6") == "G6|A6"


def test_hyphens_between_different_notes_are_slurs_and_go():
    assert body("|G-A B B-B G|c3-|c3") == "|GAB B-BG|c3-|c3"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("G$A", r"'\$'"),
        ("[M:3/4]GAB", "changes"),
        (">G", "before any note"),
        ("(0ABc", r"\(0 is no tuplet; at least 1 note is wanted in one"),
    ],
)
def test_what_is_not_a_melody_in_one_metre_is_refused(text, found):
    with pytest.raises(ValueError, match=found):
        body(text)


def test_a_tuplet_takes_the_time_that_the_standard_gives_it():
    assert abc.tuplet("(3", compound=False) == (3, 2, 3)
    assert abc.tuplet("(2", compound=True) == (2, 3, 2)
    assert abc.tuplet("(5", compound=True) == (5, 3, 5)
    assert abc.tuplet("(3:2:4", compound=False) == (3, 2, 4)


@pytest.mark.parametrize("steps", [-3, -2, -1, 1, 2, 3])
def test_a_moved_tune_is_the_same_tune_for_music21_and_comes_back(steps):
    moved_by = set()
    for text in tunes.split().held_out[:: 12 + steps]:
        there = abc.transposed(text, steps)
        assert abc.transposed(there, -steps) == text
        one, other = melody.read(text).notes, melody.read(there).notes
        assert [note[:2] for note in one] == [note[:2] for note in other]
        apart = {b.pitch - a.pitch for a, b in zip(one, other, strict=True)}
        assert len(apart) == 1, text
        moved_by |= apart
    assert moved_by
    assert all(abs(steps) <= abs(semitones) <= 2 * abs(steps) for semitones in moved_by)


@pytest.mark.parametrize("unit", ["1/0", "-1/8", "1/-8", "0", "half"])
def test_what_is_no_unit_is_refused(unit):
    with pytest.raises(ValueError, match=f"L: is '{unit}'; a unit such as 1/8 is wanted"):
        body("GAB", L=unit)


def test_a_unit_of_a_whole_note_is_written_as_music21_reads_it():
    text = abc.plain(HEAD | {"M": "4/4", "L": "1"}, "G|G/A/|")
    assert text.startswith("M:4/4\nL:1/1\n")
    assert [note.lasts for note in melody.read(text).notes] == [4, 2, 2]


def test_without_a_key_nothing_can_be_moved():
    with pytest.raises(ValueError, match="text has no line K:, which names its key"):
        abc.transposed("GAB cde|", 1)


def test_a_pasted_tune_becomes_one_line():
    pasted = 'X:12\r\nT:A jig\r\nM:6/8\r\nL:1/8\r\nK:G major\r\n|: GAB cde |\r\n"Am"{c}gfe dcB :|\r\n'
    assert abc.plain(*abc.parts(pasted)) == "M:6/8\nL:1/8\nK:G\n|:GAB cde|gfe dcB:|\n"


def test_accidentals_follow_the_key():
    moved = abc.transposed("M:4/4\nL:1/8\nK:G\n^c=f_B,g'|\n", 3)  # C has no sharps: what was =f is now flat
    assert moved == "M:4/4\nL:1/8\nK:C\n^f_b_E" + "c''|\n"


def test_lengths_agree_with_music21_note_by_note():
    for text in tunes.split().held_out[::10]:
        fields, notes = abc.parts("X:1\n" + text)
        unit, compound = Fraction(fields["L"]), fields["M"].endswith("/8")
        ours = [
            Fraction(lasts) / abc.WHOLE * 4
            for kind, _, lasts in abc.timed(abc.tokens(notes), unit, compound)
            if kind in ("note", "rest")
        ]
        theirs = [Fraction(each.quarterLength) for each in melody.score(text).recurse().notesAndRests]
        assert ours == theirs, text
