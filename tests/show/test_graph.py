"""The unrolled graph."""

import matplotlib.pyplot as plt
import pytest
from unrolled import show


@pytest.fixture(autouse=True)
def closed():
    """Each test leaves no figure behind."""
    yield
    plt.close("all")


def test_the_states_of_a_graph_are_joined_from_left_to_right():
    ax = show.graph(["x", "x"], ["", ""])
    starts = [(t.arrow_patch is not None, t.xyann, t.xy) for t in ax.texts if getattr(t, "arrow_patch", None)]
    assert ((0, 1.0), (1, 1.0)) in [(tuple(map(float, a)), tuple(map(float, b))) for _, a, b in starts]
