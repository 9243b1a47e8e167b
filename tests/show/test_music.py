"""Piano roll and sheet music; what ends the process that draws a score does not end ours."""

import re
from base64 import b64decode
from fractions import Fraction

import matplotlib.pyplot as plt
import pytest
from unrolled.data import melody
from unrolled.show import music

TUNE = "M:6/8\nL:1/8\nK:G\nd|GAB cde|gfe dcB|G3 G2||\n"


def test_a_piano_roll_has_a_stroke_for_each_note_at_its_place():
    notes = melody.read(TUNE).notes
    ax = music.piano_roll(notes, bars=[Fraction(1, 2)])
    boxes = [each.get_paths()[0].get_extents() for each in ax.collections]
    assert len(boxes) == len(notes)
    for box, note in zip(boxes, notes, strict=True):
        assert box.x0 == pytest.approx(float(note.start))
        assert box.x1 == pytest.approx(float(note.start) + 0.94 * float(note.lasts))
        assert (box.y0 + box.y1) / 2 == pytest.approx(note.pitch)
    bottom, top = ax.get_ylim()
    assert bottom < min(box.y0 for box in boxes)
    assert max(box.y1 for box in boxes) < top
    names = {int(place): label.get_text() for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    assert names == {67: "G4", 69: "A4", 72: "C5", 74: "D5", 76: "E5", 79: "G5"}
    assert [line.get_xdata()[0] for line in ax.lines] == [0.5]
    plt.close(ax.figure)


@pytest.mark.parametrize(("pitch", "name"), [(60, "C4"), (69, "A4"), (66, "F♯4"), (82, "B♭5")])
def test_pitches_have_names(pitch, name):
    assert music.name(pitch) == name


def test_a_roll_without_notes_is_refused():
    with pytest.raises(ValueError, match="at least one note"):
        music.piano_roll([])


def test_sheet_music_has_every_note_and_bar_line():
    drawn = music.engrave(melody.musicxml(TUNE))
    assert len(re.findall(r'class="note"', drawn)) == 15
    assert len(re.findall(r'class="measure"', drawn)) == 4
    page = music.sheet(melody.musicxml(TUNE), "Four bars")
    assert 'alt="Four bars"' in page
    assert b"<svg" in b64decode(re.search(r"base64,([^\"]+)", page)[1])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.abort()", "ended by signal 6"),
        ("import time; time.sleep(9)", "did not finish within 1 s"),
        ("raise SystemExit('no')", "broke off: no"),
        ("pass", "drew nothing"),
    ],
)
def test_what_ends_the_drawing_process_is_told_and_ends_nothing_else(monkeypatch, code, reason):
    monkeypatch.setattr(music, "DRAW", code)
    with pytest.raises(ValueError, match=reason):
        music.engrave("<score/>", seconds=1)
    monkeypatch.setattr(music, "SECONDS", 1)
    page = music.sheet("<score/>", "A tune")
    assert "There is no sheet music" in page
    assert "A tune" in page


def test_what_verovio_does_not_read_is_told():
    with pytest.raises(ValueError, match="verovio"):
        music.engrave("no score at all")


def test_a_score_without_words_is_refused():
    with pytest.raises(ValueError, match="in words"):
        music.sheet("<score/>", "")
