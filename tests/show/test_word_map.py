"""A map of words writes out what finds room, and joins a word with its true neighbours."""

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
from unrolled.show.word_map import covered, overlap, word_map

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def written(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_words_that_lie_on_each_other_are_not_all_written():
    points = torch.tensor([[0.0, 0.0]] * 9 + [[1.0, 1.0]])
    ax = word_map(points, [f"word{n}" for n in range(10)])
    assert written(ax) == ["word0", "word1", "word2", "word3", "word9"]  # one on each side, and the one apart


def test_words_apart_are_all_written_and_cover_nothing():
    points = torch.cartesian_prod(torch.arange(3.0), torch.arange(3.0))
    ax = word_map(points, [f"word{n}" for n in range(9)])
    assert sorted(written(ax)) == [f"word{n}" for n in range(9)]
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_a_chosen_word_is_joined_with_its_true_neighbours_alone():
    points = torch.rand(20, 2)
    ax = word_map(points, [str(n) for n in range(20)], chosen=3, true=[5, 7], drawn=[7, 11])
    joins = [line for line in ax.lines if len(line.get_xdata()) == 2]
    ends = {tuple(line.get_xydata()[1].tolist()) for line in joins}
    assert ends == {tuple(points[n].double().tolist()) for n in (5, 7)}
    assert all(line.get_xydata()[0].tolist() == points[3].double().tolist() for line in joins)
    rings = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
    assert [line.get_xydata().tolist() for line in rings] == [[points[11].double().tolist()]]
    assert set(written(ax)) <= {"3", "5", "7", "11"}


def test_a_covered_place_is_known():
    ax = plt.subplots()[1]
    box = covered(ax, (0.5, 0.5), "word", 4, 0)
    assert overlap(box, covered(ax, (0.5, 0.5), "other", 4, 0))
    assert not overlap(box, covered(ax, (0.5, 0.5), "other", -4, 0))
