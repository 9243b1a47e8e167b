"""Sound made from notes: the right frequencies for the right time, in WAV and MIDI that others can read."""

import io
import re
import wave
from base64 import b64decode
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from unrolled.show import audio


class Note(NamedTuple):
    start: Fraction
    lasts: Fraction
    pitch: int


def loudest(samples: np.ndarray, rate: int = audio.RATE) -> float:
    """The frequency of the highest peak, in Hz."""
    wide = 1 << 17
    return np.abs(np.fft.rfft(samples, wide)).argmax() * rate / wide


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440), (57, 220), (60, 261.626), (74, 587.330), (88, 1318.510)])
def test_a_pitch_has_the_frequency_of_equal_temperament(pitch, hertz):
    assert audio.frequency(pitch) == pytest.approx(hertz, abs=1e-3)
    samples = audio.sound([Note(Fraction(0), Fraction(4), pitch)])
    assert loudest(samples) == pytest.approx(hertz, rel=2e-3)


def test_each_note_sounds_in_its_time_and_no_other():
    notes = [Note(Fraction(0), Fraction(1), 69), Note(Fraction(2), Fraction(1), 76)]
    samples = audio.sound(notes, quarter=0.5)
    one, rest, two = np.split(samples[: 3 * 4000], 3)
    assert len(samples) == 3 * 4000 + 1
    assert loudest(one) == pytest.approx(440, rel=3e-3)
    assert not rest.any()
    assert loudest(two) == pytest.approx(659.255, rel=3e-3)
    assert np.abs(samples).max() == pytest.approx(0.9)


def test_no_partial_folds_back_and_a_note_begins_and_ends_softly():
    high = audio.sound([Note(Fraction(0), Fraction(4), 96)])  # 2,093 Hz: its second partial is beyond 4,000
    power = np.abs(np.fft.rfft(high)) ** 2
    near = np.abs(np.fft.rfftfreq(len(high), 1 / audio.RATE) - 2093) < 60
    assert power[near].sum() / power.sum() > 0.99
    one = audio.sound([Note(Fraction(0), Fraction(1, 4), 69)], quarter=0.4)
    plucked = audio.tone(440, 0.1)
    heard, fade = one[:-1] * plucked[400] / one[400], np.arange(32) / 32  # 4 ms
    assert np.allclose(heard[:32], plucked[:32] * fade)
    assert np.allclose(heard[-32:], plucked[-32:] * fade[::-1])
    assert np.allclose(heard[32:-32], plucked[32:-32])


def test_the_wav_file_is_read_back_as_it_was():
    samples = audio.sound([Note(Fraction(0), Fraction(1), 69)])
    with wave.open(io.BytesIO(audio.wav(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, audio.RATE)
        assert file.getnframes() == len(samples)
        back = np.frombuffer(file.readframes(len(samples)), "<i2") / 32767
    assert np.abs(back - samples).max() < 1e-4


def test_the_midi_file_is_read_back_by_music21():
    from music21.midi import MidiFile

    notes = [
        Note(Fraction(0), Fraction(1, 2), 67),
        Note(Fraction(1, 2), Fraction(1), 67),
        Note(Fraction(2), Fraction(3), 74),
    ]
    file = MidiFile()
    file.readstr(audio.midi(notes, quarter=0.5))
    time, heard = Fraction(0), []
    for event in file.tracks[-1].events:
        if event.isDeltaTime():
            time += Fraction(event.time, file.ticksPerQuarterNote)
        elif event.isNoteOn() or event.isNoteOff():
            heard.append((time, event.isNoteOn(), event.pitch))
    wanted = [(0, True, 67), (0.5, False, 67), (0.5, True, 67), (1.5, False, 67), (2, True, 74), (5, False, 74)]
    assert heard == wanted
    assert b"\xff\x51\x03\x07\xa1\x20" in audio.midi(notes, quarter=0.5)  # 500,000 microseconds


def test_a_pitch_that_midi_has_no_number_for_is_refused():
    with pytest.raises(ValueError, match="the pitch 130; MIDI's numbers go from 0 to 127"):
        audio.midi([Note(Fraction(0), Fraction(1), 69), Note(Fraction(1), Fraction(1), 130)])


def test_a_tune_that_begins_after_the_player_ends_is_silent_there():
    page = audio.player([Note(Fraction(10), Fraction(1), 69)], "late", quarter=1.0, seconds=2.0)
    with wave.open(io.BytesIO(b64decode(re.search(r"base64,([^\"]+)", page)[1]))) as file:
        assert not any(file.readframes(file.getnframes()))


def test_the_player_holds_the_sound_and_says_in_words_what_it_is():
    notes = [Note(Fraction(n), Fraction(1), 69) for n in range(4)]
    page = audio.player(notes, 'An "a".', quarter=0.5, seconds=2.0)
    assert 'aria-label="An &quot;a&quot;."' in page
    assert "<figcaption>An &quot;a&quot;.</figcaption>" in page
    assert seconds_in(page) == pytest.approx(2, abs=1e-3)


def test_a_player_that_leaves_something_out_says_so():
    notes = [Note(Fraction(n), Fraction(1), 69) for n in range(4)] + [Note(Fraction(4), Fraction(1, 2), 69)]
    page = audio.player(notes, "An a.", quarter=0.5, seconds=2.0)
    told = "An a. Played are the first 2 of 3 seconds; a saved file holds it all."
    assert f'aria-label="{told}"' in page
    assert f"<figcaption>{told}</figcaption>" in page
    assert seconds_in(page) == 2
    assert "Played are" not in audio.player(notes, "An a.", quarter=0.5)


def test_what_begins_after_the_end_of_a_player_makes_nothing_before_it_softer():
    notes = [Note(Fraction(n), Fraction(1), 69) for n in (0, 1, 2, 3, 4, 4, 4)]
    page = audio.player(notes, "An a.", quarter=0.5, seconds=2.0)
    samples = np.frombuffer(b64decode(re.search(r"base64,([^\"]+)", page)[1])[44:], "<i2")
    assert np.abs(samples).max() == pytest.approx(0.9 * 32767, abs=1)


def test_a_quarter_lasts_0_36_seconds_unless_it_is_said():
    notes = [Note(Fraction(0), Fraction(1), 69)]
    assert len(audio.sound(notes)) == 0.36 * 8000 + 1
    assert b"\xff\x51\x03" + (360_000).to_bytes(3, "big") in audio.midi(notes)  # microseconds
    assert seconds_in(audio.player(notes, "An a.")) == pytest.approx(0.36, abs=1e-3)


def test_a_player_holds_half_a_minute():
    page = audio.player([Note(Fraction(n), Fraction(1), 69) for n in range(200)], "An a.", quarter=0.25)
    assert "Played are the first 30 of 50 seconds" in page
    assert seconds_in(page) == 30
    assert len(page) < 700_000


def seconds_in(page: str) -> float:
    with wave.open(io.BytesIO(b64decode(re.search(r"base64,([^\"]+)", page)[1]))) as file:
        return file.getnframes() / file.getframerate()


@pytest.mark.parametrize("make", [audio.sound, audio.midi])
def test_silence_is_refused(make):
    with pytest.raises(ValueError, match="at least one note"):
        make([])


def test_a_player_without_words_is_refused():
    with pytest.raises(ValueError, match="in words"):
        audio.player([Note(Fraction(0), Fraction(1), 69)], " ")
