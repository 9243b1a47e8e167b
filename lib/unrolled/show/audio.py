"""Notes to sound, made here: no synthesiser and no system package. Written as MIDI by music21.

    f = 440 · 2^((p − 69) / 12)                                       pitch p of MIDI to Hz
    y_n = e^(−n / (R τ)) Σ_k sin(2π k f n / R) / k²,  k = 1 … 4        a plucked string, R samples a second

A note is anything with `start` and `lasts`, in quarters, and `pitch`, MIDI's number. Shapes: samples (N,), float64.
"""

import base64
import html
import io
import math
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np
from IPython.display import HTML, display

RATE = 8000  # samples a second: tones up to 4,000 Hz, and a page that stays small
QUARTER = 0.36  # seconds
DECAY = 0.5  # seconds until a tone has fallen to 1/e
LONGEST = 30.0  # seconds that a player holds, 550 kB in the page
SOFT = 0.004  # seconds of a fade at both ends of a note, so that it does not click


def frequency(pitch: float) -> float:
    """MIDI's number of a pitch to Hz: 69 is 440, twelve more are an octave."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


def tone(hertz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    """One plucked note: four partials that fade. Partials above half the rate would fold back, and are left out."""
    n = np.arange(round(seconds * rate))
    partials = [k for k in range(1, 5) if k * hertz < rate / 2]
    return np.exp(-n / (rate * DECAY)) * sum(np.sin(2 * np.pi * k * hertz * n / rate) / k**2 for k in partials)


def sound(notes: Sequence[Any], quarter: float = QUARTER, rate: int = RATE) -> np.ndarray:
    """All notes together, the loudest sample 0.9. ValueError where there is none."""
    if not notes:
        raise ValueError("notes is empty; at least one note is wanted")
    ends = max(note.start + note.lasts for note in notes)
    samples = np.zeros(round(float(ends) * quarter * rate) + 1)
    for note in notes:
        one = tone(frequency(note.pitch), float(note.lasts) * quarter, rate)
        fade = np.minimum(1, np.minimum(np.arange(len(one)), np.arange(len(one))[::-1]) / (SOFT * rate))
        begin = round(float(note.start) * quarter * rate)
        samples[begin : begin + len(one)] += (one * fade)[: len(samples) - begin]
    return 0.9 * samples / max(np.abs(samples).max(), 1e-9)


def wav(samples: np.ndarray, rate: int = RATE) -> bytes:
    """A WAV file, 16 bits, one channel; samples between −1 and 1."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def midi(notes: Sequence[Any], quarter: float = QUARTER) -> bytes:
    """A MIDI file, written by music21: what other programs play, and turn into sheet music."""
    if not notes:
        raise ValueError("notes is empty; at least one note is wanted")
    strange = [each.pitch for each in notes if not 0 <= each.pitch <= 127]
    if strange:
        raise ValueError(f"notes holds the pitch {strange[0]}; MIDI's numbers go from 0 to 127")
    from music21 import note as music21_note  # here, since the import takes a second
    from music21 import stream, tempo
    from music21.midi import translate

    part = stream.Part([tempo.MetronomeMark(number=60 / quarter)])
    for each in notes:
        part.insert(each.start, music21_note.Note(each.pitch, quarterLength=each.lasts))
    return translate.streamToMidiFile(part).writestr()


def player(notes: Sequence[Any], text: str, *, quarter: float = QUARTER, seconds: float = LONGEST) -> str:
    """HTML with a player for the first `seconds`, and the text beside it; what is left out is said there.

    The sound is inside; nothing is fetched.
    """
    if not text.strip():
        raise ValueError(f"text must say in words what is heard; {text!r} came")
    near = [note for note in notes if float(note.start) * quarter < seconds]
    heard = sound(near, quarter) if near or not notes else np.zeros(1)
    source = base64.b64encode(wav(heard[: int(seconds * RATE)])).decode()
    whole = float(max(note.start + note.lasts for note in notes)) * quarter
    if whole > seconds:
        text += f" Played are the first {seconds:g} of {math.ceil(whole)} seconds; a saved file holds it all."
    told = html.escape(text)
    return (
        f'<figure style="margin: 0.5em 0"><audio controls preload="metadata" aria-label="{told}" '
        f'src="data:audio/wav;base64,{source}"></audio><figcaption>{told}</figcaption></figure>'
    )


def listen(notes: Sequence[Any], text: str, *, quarter: float = QUARTER, seconds: float = LONGEST) -> None:
    """Show the player; `text` says what is heard, for those who can't hear it."""
    display(HTML(player(notes, text, quarter=quarter, seconds=seconds)))
