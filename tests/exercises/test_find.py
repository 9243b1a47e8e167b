"""Exercises are found by their modules, and are unique."""

import json
import subprocess
import sys
import types

import pytest
from unrolled import exercises
from unrolled.exercises import find, start_here
from unrolled.exercises.engine import Number


def number(id, notebook="99_nowhere"):
    return Number(id=id, notebook=notebook, minutes=1, reference=1, mistakes=[], hints=["None."])


def module(notebook="99_nowhere", **exercises):
    made = types.ModuleType("unrolled.exercises.nowhere")
    vars(made).update(exercises, NOTEBOOK=notebook)
    return made


def test_an_exercise_is_found_by_its_id():
    assert exercises.get("running_mean") is start_here.running_mean


def test_an_unknown_id_names_those_near_it():
    with pytest.raises(ValueError, match="there is no exercise 'runing_mean'; near it: running_mean"):
        exercises.get("runing_mean")
    with pytest.raises(ValueError, match="there is no exercise 'qqqq'; there are running_mean"):
        exercises.get("qqqq")


def test_an_id_belongs_to_one_exercise():
    with pytest.raises(ValueError, match="the id 'one' is in 01_a and in 02_b; ids are unique"):
        find.collect([module("02_b", one=number("one", "02_b")), module("01_a", one=number("one", "01_a"))])


def test_an_exercise_has_the_name_of_its_id():
    with pytest.raises(ValueError, match=r"unrolled.exercises.nowhere.two has the id 'one'"):
        find.collect([module(two=number("one"))])


def test_an_exercise_belongs_to_the_notebook_of_its_module():
    with pytest.raises(ValueError, match="'one' says 01_a, its module 99_nowhere"):
        find.collect([module(one=number("one", "01_a"))])


def test_the_catalogue_can_be_written_as_json():
    rows = json.loads(json.dumps(exercises.catalogue()))
    assert [each["id"] for each in rows] == list(exercises.everything())
    first = next(each for each in rows if each["id"] == "running_mean")
    assert first == {
        "id": "running_mean",
        "notebook": "00_start_here",
        "kind": "function",
        "signature": "running_mean(x)",
        "minutes": 4,
        "known_mistakes": len(exercises.get("running_mean").mistakes),
    }


def test_the_package_itself_loads_no_chapter():
    code = "import sys, unrolled.exercises; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
