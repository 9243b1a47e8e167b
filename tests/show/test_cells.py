"""One step, drawn with its numbers."""

import math

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex
from unrolled import show
from unrolled.layers import LSTMCell


@pytest.fixture(autouse=True)
def closed():
    """Each test leaves no figure behind."""
    yield
    plt.close("all")


def test_every_number_of_a_step_is_that_of_the_cell():
    before = torch.full((1, 1), 2.0)
    step = LSTMCell(3, 1)(
        torch.randn(1, 3), (torch.zeros(1, 1), before), force={"f": 0.9, "i": 0.5, "g": -0.8, "o": 0.3}
    )
    results = [text.get_text() for text in show.lstm_step(before, step).texts]
    assert {"1.80", "-0.40", f"{math.tanh(1.4):.2f}"} <= set(results)


def test_the_arrows_of_other_acts_are_faded():
    before = torch.ones(1, 1)
    step = LSTMCell(3, 1)(torch.randn(1, 3), (before, before))
    colours = [
        {
            to_hex(t.arrow_patch.get_edgecolor())
            for t in show.lstm_step(before, step, act=act).texts
            if getattr(t, "arrow_patch", None)
        }
        for act in (None, "forget")
    ]
    assert len(colours[0]) == 1
    assert len(colours[1]) == 2
