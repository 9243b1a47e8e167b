"""A number that is predicted."""

from decimal import Decimal

import numpy as np
import pytest
import torch
from unrolled.exercises.engine import Mistake, Number


def make(**changes):
    options = {
        "id": "half_life",
        "notebook": "99_nowhere",
        "minutes": 2,
        "reference": 693,
        "tolerance": 7,
        "unit": "steps",
        "mistakes": [Mistake("read_off", 69, "That is f = 0.99."), Mistake("linear", 500, "That is 0.5 / 0.001.")],
        "hints": ["How much is lost in one step?"],
        "why": "ln 2 / 0.001.",
    }
    return Number(**{**options, **changes})


@pytest.mark.parametrize(
    "answer", [693, 700, 686, 690.5, torch.tensor(693.0), torch.tensor([[693]]), np.float32(693), np.array([693])]
)
def test_a_number_near_enough_is_right(answer):
    assert make().judge(answer) == ("correct", None, "Correct. ln 2 / 0.001.")


@pytest.mark.parametrize(("answer", "name"), [(69, "read_off"), (69.3, "read_off"), (500, "linear"), (497.0, "linear")])
def test_a_known_wrong_number_has_its_own_sentence(answer, name):
    verdict = make().judge(answer)
    assert (verdict.outcome, verdict.mistake) == ("not yet", name)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (701, "701 steps is too large."),
        (-3, "-3 steps is too small."),
        (685.5, "685.5 steps is too small."),
        ("693", "A number is wanted, such as 12 or 0.5, and this is the text '693': write it without quotes"),
        (True, "A number is wanted, such as 12 or 0.5, and this is a bool."),
        ([693], "A number is wanted, such as 12 or 0.5, and this is a list."),
        (693 + 0j, "A number is wanted, such as 12 or 0.5, and this is a complex."),
        (Decimal(693), "A number is wanted, such as 12 or 0.5, and this is a Decimal."),
        (torch.ones(2, 3), "A number is wanted, such as 12 or 0.5, and this is 6 numbers, of shape (2, 3)."),
        (torch.tensor(True), "A number is wanted, such as 12 or 0.5, and this is a Tensor."),
        (len, "A number is wanted"),
        (float("nan"), "A finite number is wanted, and this is nan."),
        (float("-inf"), "A finite number is wanted, and this is -inf."),
        (10**400, "A finite number is wanted, and this is inf."),
    ],
)
def test_another_answer_gets_a_sentence(answer, sentence):
    verdict = make().judge(answer)
    assert verdict.outcome == "not yet"
    assert verdict.mistake is None
    assert verdict.message.startswith(f"Not yet. {sentence}")


@pytest.mark.parametrize("answer", [None, ...])
def test_dots_are_not_attempted(answer):
    assert make().judge(answer).outcome == "not attempted"


def test_without_tolerance_only_the_number_itself_is_right():
    exact = make(tolerance=0, reference=0.1 + 0.2, mistakes=[])
    assert exact.judge(0.3).outcome == "correct"
    assert exact.judge(0.3001).outcome == "not yet"


def test_a_number_may_be_computed_when_it_is_asked_for(capsys):
    late = make(reference=lambda: 7 * 99)
    assert late.reference == 693
    assert late.judge(693).outcome == "correct"
    late.solution()
    late.check()
    late.hint()
    assert capsys.readouterr().out.splitlines() == [
        "693 steps. ln 2 / 0.001.",
        "Not attempted. Put your number in place of the dots, and run the cell again.",
        "Hint 1 of 1: How much is lost in one step?",
        "That was the last one; .solution() shows an answer.",
    ]
    assert late.signature == "a number of steps"
    assert make(unit="").signature == "a number"


@pytest.mark.parametrize("answer", [0, 5, -6])
def test_a_wide_tolerance_does_not_lend_a_small_mistake_its_sentence(answer):
    small = make(mistakes=[Mistake("one_step", 0.999, "One step multiplies by 0.999.")])
    assert small.judge(answer).mistake is None
    assert small.judge(0.99).mistake == "one_step"
