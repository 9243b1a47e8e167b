"""What is drawn is what was handed in, and nothing is shown without its words."""

import re

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgb
from unrolled import show


@pytest.fixture(autouse=True)
def closed():
    """Each test leaves no figure behind."""
    yield
    plt.close("all")


def labels(ax):
    return {text.get_text(): text for text in ax.texts}


def test_lines_draw_each_column_and_name_it_where_it_ends():
    ys = torch.tensor([[0.0, 10.0], [1.0, 20.0], [2.0, 30.0]])
    ax = show.lines(ys, labels=["low", "high"], x="step t", y="memory")
    assert [list(line.get_ydata()) for line in ax.lines] == [[0, 1, 2], [10, 20, 30]]
    assert ax.get_xlabel() == "step t"
    low, high = labels(ax)["low"], labels(ax)["high"]
    to_data = (ax.transAxes + ax.transData.inverted()).transform
    assert abs(to_data((0, high.xy[1]))[1] - 30) < 1
    assert low.get_color() != high.get_color()


def test_labels_of_lines_that_end_together_do_not_overlap():
    ax = show.lines(torch.ones(3, 3) * torch.tensor([1.0, 1.001, 5.0]), labels=["a", "b", "c"], x="t", y="h")
    heights = sorted(text.xy[1] for text in ax.texts)
    assert heights[1] - heights[0] > 0.08


def test_lines_take_places_and_a_logarithmic_scale():
    ax = show.lines(
        torch.tensor([[1.0], [0.01]]), labels=["g"], x="n", y="norm", at=[5, 50], yscale="log", limits=(1e-3, 2)
    )
    assert ax.get_yscale() == "log"
    assert list(ax.lines[0].get_xdata()) == [5, 50]
    assert ax.get_ylim() == (1e-3, 2)


def test_a_heatmap_writes_its_numbers_when_it_is_small_only():
    ax = show.heatmap(torch.tensor([[0.25, 0.75]]), rows=["q"], columns=["a", "b"], x="key", y="query", value="weight")
    assert [text.get_text() for text in ax.texts] == ["0.25", "0.75"]
    assert ax.collections[0].get_array().flatten().tolist() == [0.25, 0.75]
    big = show.heatmap(torch.rand(20, 20), rows=["r"] * 20, columns=["c"] * 20, x="x", y="y", value="v")
    assert not big.texts


def test_bars_are_means_and_every_seed_is_a_dot():
    ax = show.bars({"tanh": [0.1, 0.3], "LSTM": [0.5, 0.7]}, y="right", reference=("guessing", 0.25))
    assert [round(bar.get_height(), 6) for bar in ax.patches] == [0.2, 0.6]
    dots = sorted(y for c in ax.collections for _, y in c.get_offsets().tolist())
    assert [round(dot, 6) for dot in dots] == [0.1, 0.3, 0.5, 0.7]
    assert "guessing" in labels(ax)


def test_a_bar_of_one_value_has_no_dot():
    ax = show.bars({"words": [0.7], "LSTM": [0.5, 0.7]}, y="right")
    assert [round(bar.get_height(), 6) for bar in ax.patches] == [0.7, 0.6]
    assert [round(y, 6) for c in ax.collections for _, y in c.get_offsets().tolist()] == [0.5, 0.7]
    assert not show.bars({"words": [0.7]}, y="right").collections


def test_a_graph_leaves_out_what_is_not_there():
    many_to_one = show.graph(["x₁", "x₂"], ["", "y"], weights=("W_xh", "W_hh", "W_hy"))
    texts = [text.get_text() for text in many_to_one.texts]
    assert texts.count("W_hy") == 1
    assert texts.count("W_xh") == 2
    assert texts.count("W_hh") == 1


def test_frames_show_the_newest_darkest_and_what_was_guessed():
    ax = show.frames(torch.tensor([[0.0, 0.0], [0.5, 0.5]]), truth=torch.ones(2), guesses={"memory": torch.zeros(2)})
    new, old = ax.collections[:2]
    assert new.get_offsets().tolist() == [[0.5, 0.5]]
    assert new.get_alpha() > old.get_alpha()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["truth", "memory"]


def test_a_picture_carries_its_words_escaped_and_closes_its_figure(capsys):
    ax = show.lines(torch.ones(3, 1), labels=["h"], x="t", y="h")
    page = show.image(ax, 'less than 5 % & "kept" < 1')
    assert 'alt="less than 5 % &amp; &quot;kept&quot; &lt; 1"' in page
    assert re.search(r'src="data:image/png;base64,[A-Za-z0-9+/=]{500,}"', page)
    assert not plt.get_fignums()


def test_a_picture_without_words_or_without_a_figure_is_refused():
    ax = show.lines(torch.ones(3, 1), labels=["h"], x="t", y="h")
    with pytest.raises(ValueError, match="alt must say in words what the picture shows; '  ' came"):
        show.image(ax, "  ")
    with pytest.raises(TypeError, match="drawing must be a matplotlib figure or axes; a list came"):
        show.picture([ax], "words")


def test_drawing_changes_no_global_setting():
    before = dict(plt.rcParams)
    show.image(show.bars({"a": [1.0]}, y="y"), "a bar")
    show.image(show.heatmap(torch.ones(2, 2), rows="ab", columns="cd", x="x", y="y", value="v"), "a map")
    assert dict(plt.rcParams) == before


def test_a_gate_has_one_colour_for_the_whole_course():
    assert set("ifgochrzn") == set(show.GATE_COLOURS)
    assert len({show.GATE_COLOURS[gate] for gate in "ifgoch"}) == 6


@pytest.mark.filterwarnings("ignore:The set_bad function:PendingDeprecationWarning")  # seaborn's own, with a centre
@pytest.mark.parametrize("centre", [None, 0.0])
def test_numbers_on_a_heatmap_can_be_read_on_every_ground(centre):
    matrix = torch.linspace(-1, 1, 36).view(6, 6)
    matrix[2, 3] = torch.nan  # an empty cell, without a number
    ax = show.heatmap(matrix, rows=list("abcdef"), columns=list("ghijkl"), x="", y="", value="", centre=centre)
    faces = [face for face, value in zip(ax.collections[0].get_facecolors(), matrix.flatten(), strict=True)
             if not value.isnan()]  # fmt: skip
    assert len(ax.texts) == len(faces) == 35

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for text, face in zip(ax.texts, faces, strict=True):
        dark, bright = sorted([luminance(text.get_color()), luminance(face[:3])])
        assert (bright + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.filterwarnings("ignore:The set_bad function:PendingDeprecationWarning")
def test_a_heatmap_names_its_rows_from_the_top_and_keeps_to_its_limits():
    ax = show.heatmap(
        torch.tensor([[0.25], [0.75]]),
        rows=["first", "second"],
        columns=["a"],
        x="",
        y="",
        value="",
        limits=(0, 1),
        numbers=False,
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert ax.collections[0].get_clim() == (0, 1)
    assert not ax.texts
    zero, one = (
        show.heatmap(
            torch.tensor([[0.0, 1.0, 3.0]]), rows=["r"], columns=["a", "b", "c"], x="", y="", value="", centre=c
        ).collections[0]
        for c in (0.0, 1.0)
    )
    zero.figure.draw_without_rendering(), one.figure.draw_without_rendering()
    assert zero.get_facecolor()[0].tolist() == pytest.approx(one.get_facecolor()[1].tolist())  # the centre's colour


def test_the_reference_stands_at_its_level():
    ax = show.bars({"tanh": [0.1, 0.3]}, y="right", reference=("guessing", 0.25))
    assert [list(line.get_ydata()) for line in ax.lines if line.get_linestyle() == "--"] == [[0.25, 0.25]]
