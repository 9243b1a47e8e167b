import matplotlib.pyplot as plt
import pytest
import torch
from unrolled import show


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_every_vector_is_an_arrow_from_the_origin_named_at_its_tip():
    ax = show.arrows({"before": [3.0, 0.5], "after": torch.tensor([1.0, 0.5])}, x="first", y="second")
    heads = [text for text in ax.texts if text.arrow_patch]
    names = {text.get_text(): list(text.xy) for text in ax.texts if not text.arrow_patch}
    assert [list(head.xy) for head in heads] == [[3.0, 0.5], [1.0, 0.5]]
    assert all(head.get_position() == (0, 0) for head in heads)
    assert names == {"before": [3.0, 0.5], "after": [1.0, 0.5]}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("first", "second")
    assert ax.get_aspect() == 1  # else an angle on the page is not the angle


def test_the_limit_is_drawn_as_a_circle_and_a_square():
    circle, square = show.arrows({}, x="", y="", limit=2.0).lines
    assert (circle.get_xydata() ** 2).sum(axis=1).tolist() == pytest.approx([4.0] * 91)
    assert abs(square.get_xydata()).max(axis=1).tolist() == [2.0] * 5


@pytest.mark.parametrize("vector", [[1.0], [1.0, 2.0, 3.0], [1.0, float("nan")]])
def test_what_is_no_arrow_is_refused(vector):
    with pytest.raises(ValueError, match=r"vectors\['g'\] must be two finite numbers"):
        show.arrows({"g": vector}, x="", y="")
