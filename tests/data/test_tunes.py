"""The tunes of O'Neill's book: read from the dependency, stripped of names, split without a tune in both parts."""

import re
import subprocess
import sys

import pytest
import torch
from unrolled.data import abc, tunes


@pytest.fixture(scope="module")
def parts() -> tunes.Split:
    return tunes.split()


def test_there_are_nearly_two_thousand_tunes_and_no_two_are_equal():
    texts = [entry.text for entry in tunes.entries()]
    assert 1900 < len(texts) < 2009
    assert len(set(texts)) == len(texts)


def test_a_tune_is_metre_unit_key_and_one_line_of_notes():
    shape = re.compile(r"M:(\d+/\d+|C\|)\nL:1/\d+\nK:[A-G][#b]?[a-z]*\n[^\n]+\n")
    for entry in tunes.entries():
        assert shape.fullmatch(entry.text), entry.text


def test_no_name_address_or_remark_is_left():
    everything = "".join(entry.text for entry in tunes.entries())
    assert not re.search(r"[\"@{}!~%.]|^[^MLK\n]:[^|:]", everything.replace("\nL:", "\nL").replace("\nK:", "\nK"))
    assert set(everything) <= set(tunes.CHARACTERS) - {tunes.END}
    bodies = "".join(entry.text.split("\n")[3] for entry in tunes.entries())
    assert not re.search(r"[A-Za-z]{12}", re.sub(r"[A-Ga-gz]", "", bodies)), "a word among the notes"
    assert set(re.findall(r"[A-Za-z]", bodies)) <= set("ABCDEFGabcdefgz")


def test_no_number_and_no_title_is_in_both_parts(parts):
    train, held_out = set(parts.train), set(parts.held_out)
    assert not train & held_out
    for name in ("number", "title"):
        kept = [{getattr(e, name) for e in tunes.entries() if e.text in part} for part in (train, held_out)]
        assert not kept[0] & kept[1]
    assert 0.08 < len(held_out) / (len(train) + len(held_out)) < 0.12


SAME = {
    "Out With the Boys. 1st Setting.": "Out With the Boys. 2nd Setting.",
    "Fisher's Hornpipe": "Fisher's Hornpipe (2nd Setting)",
    "Out With the Boys": "Out With the Boys - second version",
    "THE ONE-LEGGED MAN": "The One Legged Man.",
    "Kildare Fancy, The": "Kildare Fancy., The",
}


@pytest.mark.parametrize(("one", "other"), SAME.items())
def test_a_title_is_the_same_however_it_is_set_and_whichever_setting_it_names(one, other):
    titles = [tunes.read(f"X:1\nT:{title}\nM:6/8\nL:1/8\nK:G\nGAB cde|\n")[1] for title in (one, other)]
    assert titles[0] == titles[1] != ""


def test_another_name_is_another_title():
    named = ["The Setting of the Sun", "The Sun", "The Setting", "Another Jig Will Do!", "Jig"]
    assert len({tunes.read(f"X:1\nT:{title}\nM:6/8\nL:1/8\nK:G\nGAB cde|\n")[1] for title in named}) == len(named)


def test_groups_that_turn_out_to_be_one_stay_together(monkeypatch):
    """`c` shares its number with `a` and its title with `b`, and `d` the number of `b`."""
    book = [("1", "one", "a"), ("2", "two", "b"), ("1", "two", "c"), ("2", "four", "d"), ("3", "three", "e")]
    monkeypatch.setattr(tunes, "entries", lambda: tuple(tunes.Entry(*each) for each in book))
    assert tunes.split(2) == (["a", "b", "c", "d"], ["e"])


def test_no_held_out_tune_is_a_version_of_one_in_training(parts):
    seen, passage = "".join(parts.train), 41
    known = {seen[start : start + passage] for start in range(len(seen))}
    for text in parts.held_out:
        for steps in range(-3, 4):
            notes = (abc.transposed(text, steps) if steps else text).split("\n", 3)[-1]
            assert not known & {notes[start : start + passage] for start in range(len(notes) - passage + 1)}, text


def told_by(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_the_split_is_the_same_in_every_process(parts):
    code = "from unrolled.data import tunes; import hashlib; s = tunes.split()\n"
    code += "print(hashlib.sha256(repr(s).encode()).hexdigest()); import sys; print('music21' in sys.modules)"
    told = [told_by(code) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0].split()[1] == "False", "reading the tunes must not import music21"


def test_decode_undoes_encode_and_strange_characters_are_named(parts):
    for text in parts.held_out[:20]:
        assert tunes.decode(tunes.encode(text)) == text
    with pytest.raises(ValueError, match="text holds 'NX'"):
        tunes.encode("X:N")
    with pytest.raises(ValueError, match="indices holds 99"):
        tunes.decode([99])


def test_a_batch_reads_a_tune_and_asks_for_what_follows(parts):
    short, long = sorted(parts.held_out, key=len)[:: len(parts.held_out) - 1]
    x, y = tunes.batch([short, long])
    assert x.shape == y.shape == (2, len(long) + 1)
    assert tunes.decode(x[0, : len(short) + 1]) == tunes.END + short
    assert tunes.decode(y[0, : len(short) + 1]) == short + tunes.END
    assert (y[0, len(short) + 1 :] == tunes.NOTHING).all()
    assert (y[1] != tunes.NOTHING).all()


def test_keys_are_drawn_as_often_as_the_book_has_them():
    one = "M:6/8\nL:1/8\nK:{}\nGAB cde|" + 10 * "z" + "\n"
    keys = tunes.Keys([one.format(key) for key in ["G"] * 6 + ["D"] * 3 + ["Em"]])
    drawn = [keys(one.format("G"), torch.Generator().manual_seed(n)).split("\n")[2] for n in range(300)]
    assert set(drawn) == {"K:G", "K:D"}
    assert 60 < drawn.count("K:D") < 140
    assert keys(one.format("Em")) == one.format("Em")
    assert keys(one.format("F#m")).split("\n")[2] == "K:Em"  # the one of its mode
    assert keys(one.format("Ador")) == one.format("Ador")  # there is none of its mode


def test_a_tune_is_found_missing_by_name(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="the tunes come with music21"):
        tunes.folder()


def test_at_least_two_parts_are_wanted():
    with pytest.raises(ValueError, match="every is 1"):
        tunes.split(1)
