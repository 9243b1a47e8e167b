"""The command line, as it is typed."""

import json
import subprocess
import sys

import pytest
from unrolled import __main__ as command_line
from unrolled import doctor, exercises


def test_exercises_are_listed_for_programs(capsys):
    assert command_line.main(["exercises", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == exercises.catalogue()
    assert {"id", "notebook", "kind", "signature", "minutes", "known_mistakes"} == set(rows[0])
    assert {row["kind"] for row in rows} <= {"function", "number", "choice", "order"}


def test_exercises_are_listed_for_people(capsys):
    assert command_line.main(["exercises"]) == 0
    said = capsys.readouterr().out
    assert all(id in said for id in exercises.everything())


def test_progress_is_that_of_this_learner(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_PROGRESS", str(tmp_path / "progress.json"))
    exercises.get("running_mean").check(exercises.get("running_mean").reference)
    capsys.readouterr()
    assert command_line.main(["progress"]) == 0
    said = capsys.readouterr().out
    assert "1 of" in said
    assert "running_mean                correct" in said


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_doctor_exits_with_1_when_anything_is_wrong(monkeypatch, wrong):
    monkeypatch.setattr(doctor, "report", lambda: wrong)
    assert command_line.main(["doctor"]) == min(wrong, 1)


@pytest.mark.parametrize("arguments", [["train"], ["exercises", "--yaml"]])
def test_what_is_no_command_is_refused_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        command_line.main(arguments)
    assert "usage: python -m unrolled" in capsys.readouterr().err


def test_without_a_command_it_says_which_there_are(capsys):
    assert command_line.main([]) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in ("doctor", "exercises", "progress"))


def test_a_reader_who_has_had_enough_is_no_error():
    command = [sys.executable, "-m", "unrolled", "exercises", "--json"]
    listing = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    listing.stdout.readline()
    listing.stdout.close()
    assert listing.wait(timeout=60) == 0
    assert listing.stderr.read() == ""
    listing.stderr.close()


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "unrolled", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(word in said for word in ("doctor", "exercises", "progress"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sample", "--temperature", "-1"], "'-1' came; a number of at least 0, and not infinity, is wanted"),
        (["sample", "--temperature", "nan"], "'nan' came; a number of at least 0, and not infinity, is wanted"),
        (["sample", "--top-k", "0"], "'0' came; a whole number of at least 1 is wanted"),
        (["sample", "--nucleus", "1.5"], "'1.5' came; a number above 0 and up to 1 is wanted"),
        (["sample", "--length", "many"], "'many' came; a whole number of at least 1 is wanted"),
        (["translate", "--beam", "2.5"], "'2.5' came; a whole number of at least 1 is wanted"),
        (
            ["train", "language", "--text", "t", "--seconds", "0"],
            "'0' came; a number above 0, and not infinity, is wanted",
        ),
        (["train", "language", "--text", "t", "--epochs", "0"], "'0' came; a whole number of at least 1 is wanted"),
        (["train", "language", "--text", "t", "--device", "toaster"], "'toaster' came, which this machine"),
        (["train", "language", "--text", "t", "--device", "meta"], "'meta' came, which this machine"),
        (["train", "language", "--text", "t", "--device", "hpu"], "'hpu' came, which this machine"),
        (
            ["train", "language", "--text", "t", "--seed", "9" * 20],
            "came; a whole number from 0 and below 2⁶³ is wanted",
        ),
        (["sample", "--seed", str(2**63)], "came; a whole number from 0 and below 2⁶³ is wanted"),
        (["sample", "--seed", "-1"], "'-1' came; a whole number from 0 and below 2⁶³ is wanted"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_refused_with_what_is_wanted(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_device_of_this_machine_is_taken():
    assert command_line.device("cpu") == "cpu"


def test_a_damaged_model_is_told_in_one_line(tmp_path, capsys):
    (tmp_path / "model.safetensors").write_bytes(b"cut short")
    assert command_line.main(["sample", "--model", str(tmp_path)]) == 2
    assert "cannot be read as a safetensors file" in capsys.readouterr().err


def test_what_the_system_refuses_is_told_in_one_line(monkeypatch, capsys):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unrolled.exercises.progress.summary", full)
    assert command_line.main(["progress"]) == 2
    assert capsys.readouterr().err == "[Errno 28] No space left on device\n"


def test_a_fault_of_ours_is_shown_whole(monkeypatch):
    def broken():
        raise ValueError("ours")

    monkeypatch.setattr("unrolled.exercises.progress.summary", broken)
    with pytest.raises(ValueError, match="ours"):
        command_line.main(["progress"])


def test_a_place_that_cannot_be_written_to_is_told_in_one_line(tmp_path, capsys):
    text = tmp_path / "text.txt"
    text.write_text("a cat sees a bird. " * 200, encoding="utf-8")
    arguments = ["train", "language", "--text", str(text), "--epochs", "1", "--device", "cpu", "--out", str(text)]
    assert command_line.main(arguments) == 2
    assert str(text) in capsys.readouterr().err.splitlines()[-1]
