"""When two outputs say the same."""

import numpy as np
import pytest
import torch
from unrolled.exercises.engine.compare import difference, plain


def differ(yours, wanted, **options):
    found = difference(plain(yours), plain(wanted), 1e-4, **options)
    return found and found.place


SAME = {
    "a copy": (torch.arange(3.0), torch.arange(3.0)),
    "float64 for float32": (torch.arange(3.0).double(), torch.arange(3.0)),
    "a numpy array": (np.arange(3.0), torch.arange(3.0)),
    "a numpy number": (np.float32(2.0), 2.0),
    "a tensor without dimensions": (torch.tensor(2.0), 2),
    "an integer for a float": (2, 2.0),
    "a numpy bool": (np.bool_(True), True),
    "a tuple for a list": ((torch.ones(2), "a"), [torch.ones(2), "a"]),
    "a dict": ({"h": 1.0, "c": None}, {"c": None, "h": 1.0}),
    "a rounding error": (torch.tensor([1.0, 1000.0]) + 1e-3, torch.tensor([1.0, 1000.0])),
    "minus infinity": (torch.tensor([-torch.inf, 1.0]), torch.tensor([-torch.inf, 1.0])),
    "NaN where NaN is wanted": (torch.tensor([torch.nan, 1.0]), torch.tensor([torch.nan, 1.0])),
    "nothing": (torch.zeros(0, 3), torch.zeros(0, 3)),
    "sparse": (torch.eye(2).to_sparse(), torch.eye(2)),
    "a view": (torch.arange(6.0).view(2, 3).T, torch.tensor([[0.0, 3], [1, 4], [2, 5]])),
    "complex": (torch.tensor([1j]), torch.tensor([1j])),
}
DIFFERENT = {
    "values": (torch.arange(3.0), torch.arange(3.0) + 0.1, ""),
    "a shape": (torch.ones(1, 3), torch.ones(3), ""),
    "a dtype": (torch.ones(3).long(), torch.ones(3), ""),
    "a mask in floats": (torch.ones(3), torch.ones(3).bool(), ""),
    "True for 1": (True, 1, ""),
    "1 for True": (1, True, ""),
    "a list for a tensor": ([1.0, 2.0], torch.tensor([1.0, 2.0]), ""),
    "a tensor for a list": (torch.ones(2, 3), [torch.ones(3), torch.ones(3)], ""),
    "a place in a list": ((torch.ones(2), torch.ones(2)), (torch.ones(2), torch.zeros(2)), "[1]"),
    "a length": ((1, 2), (1, 2, 3), ""),
    "a key": ({"h": 1}, {"c": 1}, ""),
    "a value of a dict": ({"h": [1, 2]}, {"h": [1, 3]}, "['h'][1]"),
    "a text": ("brown", "Brown", ""),
    "None": (None, torch.ones(2), ""),
    "something for None": (1, None, ""),
    "a list for a text": (["a"], "a", ""),
    "NaN": (torch.tensor([torch.nan, 1.0]), torch.tensor([0.0, 1.0]), ""),
    "infinity": (torch.tensor([torch.inf, 1.0]), torch.tensor([2.0, 1.0]), ""),
    "infinity of the other sign": (torch.tensor([torch.inf]), torch.tensor([-torch.inf]), ""),
    "half precision": (torch.tensor([1.2345]).half(), torch.tensor([1.2345]), ""),
    "small values beside zero": (torch.tensor([1e-3]), torch.tensor([0.0]), ""),
}


@pytest.mark.parametrize(("yours", "wanted"), SAME.values(), ids=SAME)
def test_these_say_the_same(yours, wanted):
    assert differ(yours, wanted) is None


@pytest.mark.parametrize(("yours", "wanted", "place"), DIFFERENT.values(), ids=DIFFERENT)
def test_these_differ(yours, wanted, place):
    assert differ(yours, wanted) == place


def test_an_exact_dtype_is_asked_for_only_where_it_is_meant():
    assert differ(torch.ones(2).double(), torch.ones(2), exact=True) == ""
    assert differ(torch.ones(2), torch.ones(2), exact=True) is None


def test_a_plain_copy_shares_nothing():
    tensor, array = torch.zeros(2), np.zeros(2)
    copies = plain([tensor, array])
    tensor += 1
    array += 1
    assert not any(each.any() for each in copies)


@pytest.mark.parametrize(
    ("yours", "wanted"),
    [
        (torch.tensor([1e-3, 1.05e-3]), torch.tensor([1e-3, 1e-3])),  # small values are held as closely
        ({"h": 1, "c": 2}, {"h": 1}),
        ([1, 2, 3], [1, 2]),
    ],
)
def test_small_values_and_what_is_too_much_differ(yours, wanted):
    assert difference(plain(yours), plain(wanted), 1e-4)
