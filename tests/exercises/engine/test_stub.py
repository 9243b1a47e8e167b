"""An untouched stub is told from an answer by its code."""

import functools

import pytest
import torch
from torch import nn
from unrolled.exercises.engine.stub import is_stub


def documented(x, h=3, *, mode: str = "a") -> torch.Tensor:
    """x (T,) -> (T,)."""
    ...


def passing(x):
    pass


def dots(x): ...


def documented_only(x):
    """What it does."""


def not_implemented(x):
    """What it does."""
    raise NotImplementedError


def not_implemented_yet(x):
    raise NotImplementedError()


class Stub(nn.Module):
    def forward(self, x):
        """x (B, T)."""
        ...


class Callable:
    def __call__(self, x):
        pass

    def method(self, x): ...


def forgets_return(x):
    y = x + 1  # noqa: F841


def raises(x):
    raise ValueError


def returns_one(x):
    return 1


class Begun(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x): ...


@functools.cache
def wrapped(x): ...


def with_closure(n):
    def stub(x):
        """Nothing."""

    return stub


EMPTY = [documented, passing, dots, documented_only, not_implemented, Stub, Stub(), Callable, Callable(), wrapped]
EMPTY += [not_implemented_yet, Callable().method, functools.partial(dots, 1), lambda x: ..., with_closure(3), None, ...]
WRITTEN = [
    forgets_return,
    raises,
    returns_one,
    Begun,
    Begun(),
    torch.tanh,
    3,
    "text",
    nn.Linear,
    lambda x: x,
    lambda x: 0,
]


@pytest.mark.parametrize("answer", EMPTY)
def test_these_are_stubs(answer):
    assert is_stub(answer)


@pytest.mark.parametrize("answer", WRITTEN)
def test_these_are_attempts(answer):
    assert not is_stub(answer)


def given(x):
    """Something to mend."""
    total = 0
    for each in x:
        total = each * 2
    return total


PAGE = '''
def given(x: list) -> float:
    """Another docstring."""
    total = 0  # a comment

    for each in x:
        total = each * 2
    return total


def mended(x):
    """Something to mend."""
    total = 0
    for each in x:
        total = each * 3
    return total


def renamed(x):
    """Something to mend."""
    total = 0
    for each in x:
        total = abs(each)
    return total
'''


def test_what_the_page_gave_is_not_attempted_until_it_is_changed():
    page = {}
    exec(PAGE, page)
    assert is_stub(page["given"], given)
    assert not is_stub(page["given"])
    assert not is_stub(page["mended"], given)
    assert not is_stub(page["renamed"], given)


def test_an_object_that_hides_what_it_wraps_is_an_attempt():
    def around(x):
        return x

    around.__wrapped__ = around
    assert not is_stub(around)
