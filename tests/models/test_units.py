"""Scores of single units against scikit-learn's and numpy's, and a choice that does not flatter itself."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from unrolled.models import units


def test_areas_equal_scikit_learn_with_ties_and_without():
    values = torch.randn(300, 5)
    values[:, 3:] = values[:, 3:].round()
    label = torch.rand(300) < 0.2
    expected = [roc_auc_score(label, values[:, unit]) for unit in range(5)]
    assert units.areas(values, label).tolist() == pytest.approx(expected, abs=1e-12)


def test_correlations_equal_numpy_and_a_constant_unit_gets_zero():
    values, number = torch.randn(50, 4, dtype=torch.float64), torch.arange(50) % 7
    values[:, 2] = 1.5
    found = units.correlations(values, number)
    expected = [np.corrcoef(values[:, unit], number)[0, 1] for unit in (0, 1, 3)]
    assert found[[0, 1, 3]].tolist() == pytest.approx(expected, abs=1e-12)
    assert found[2] == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_the_unit_that_tracks_is_found_whichever_way_round(sign):
    label = torch.rand(400) < 0.3
    values = torch.randn(400, 6)
    values[:, 4] += 3 * sign * label
    found = units.find(values, label)
    assert (found.unit, found.sign) == (4, sign)
    expected = roc_auc_score(label[200:], sign * values[200:, 4])
    assert found.score == pytest.approx(expected, abs=1e-12)
    assert units.find(values, values[:, 4] * 2 - 1).score == pytest.approx(1.0)


def test_the_choice_looks_at_the_first_half_alone():
    label = torch.arange(400) % 3 == 0
    values = torch.randn(400, 2)
    values[:200, 0] += label[:200]
    values[200:, 1] += 5 * label[200:]  # better, but only where it is not looked at
    found = units.find(values, label)
    assert found.unit == 0
    assert found.chosen == pytest.approx(roc_auc_score(label[:200], values[:200, 0]))


def test_the_best_of_many_that_say_nothing_is_flattered_where_it_was_chosen_and_not_elsewhere():
    found = units.find(torch.randn(400, 500), torch.rand(400) < 0.3)
    assert found.chosen > 0.6
    assert abs(found.score - 0.5) < 0.1


def test_what_does_not_fit_gets_a_sentence():
    with pytest.raises(ValueError, match=r"\(5, 2\) and \(4,\) came"):
        units.correlations(torch.randn(5, 2), torch.zeros(4))
    with pytest.raises(ValueError, match="label is True at every step"):
        units.areas(torch.randn(5, 2), torch.ones(5, dtype=torch.bool))


def test_a_label_of_numbers_is_refused():
    with pytest.raises(TypeError, match="label must be boolean"):
        units.areas(torch.rand(4, 2), torch.tensor([0, 1, 0, 1]))
