"""Answers to 08 in other words than the reference's, and than the known mistakes'."""

from fractions import Fraction

import pytest
import torch
from unrolled.exercises import music as ex


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (ex.bar_adds_up, lambda lengths, metre, unit: sum(lengths) == metre / unit),
        (ex.bar_adds_up, lambda lengths, metre, unit: metre - sum(each * unit for each in lengths) == 0),
        (ex.with_temperature, lambda logits, t: (logits / t).exp() / (logits / t).exp().sum(-1, keepdim=True)),
        (ex.note_frequency, lambda pitch: 440 * torch.exp2((pitch - 69) / 12)),
        (ex.note_frequency, lambda pitch: 27.5 * 2 ** ((pitch - 21) / 12)),
        (
            ex.longest_copied,
            lambda new, old: max(b - a for a in range(len(new)) for b in range(a, len(new) + 1) if new[a:b] in old),
        ),
    ],
)
def test_another_way_is_right(exercise, answer):
    assert exercise.judge(answer).outcome == "correct"


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (lambda lengths, metre, unit: sum(lengths) == metre * unit, "divided_by_unit"),
        (lambda lengths, metre, unit: sum(each / unit for each in lengths) == metre, "divided_by_unit"),
        (lambda lengths, metre, unit: sum(lengths) / 8 == metre, "always_eighths"),
        (lambda lengths, metre, unit: sum(lengths) == metre, "unit_forgotten"),
    ],
)
def test_a_bar_that_is_counted_otherwise_is_named(answer, mistake):
    assert ex.bar_adds_up.judge(answer).mistake == mistake


@pytest.mark.parametrize(
    "answer",
    [
        lambda lengths, metre, unit: False,
        lambda lengths, metre, unit: len(lengths) == metre,
        lambda lengths, metre, unit: sum(lengths) == metre.numerator,
    ],
)
def test_what_is_never_true_is_not_taken_for_a_division(answer):
    verdict = ex.bar_adds_up.judge(answer)
    assert verdict.mistake is None
    assert "value               False           True" in verdict.message
    assert verdict.message.endswith("Tried with lengths = [1, 1, 1, 1, 1, 1], metre = 3/4, unit = 1/8.")


def test_a_power_of_two_is_a_power_of_two():
    assert "A power is written **" in ex.note_frequency.judge(lambda pitch: 440 * 2 ^ ((pitch - 69) / 12)).message
    assert ex.bar_units.reference == Fraction(9, 8) / Fraction(1, 16)
