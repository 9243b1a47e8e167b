"""The ball, frame by frame."""

import matplotlib.pyplot as plt
import pytest
import torch
from unrolled import show


@pytest.fixture(autouse=True)
def closed():
    """Each test leaves no figure behind."""
    yield
    plt.close("all")


def test_truth_and_guesses_stand_where_they_are():
    ax = show.frames(
        torch.tensor([[0.0, 0.0], [0.5, 0.5]]),
        truth=torch.tensor([0.7, 0.6]),
        guesses={"memory": torch.tensor([-0.2, 0.1])},
    )
    truth, guess = ax.collections[2:]
    assert truth.get_offsets().tolist()[0] == pytest.approx([0.7, 0.6])
    assert guess.get_offsets().tolist()[0] == pytest.approx([-0.2, 0.1])
