"""Drawings of gates show the numbers of the trace they are handed, and say what does not fit."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgba
from unrolled import show
from unrolled.layers import LSTM, GRUCell, LSTMCell, RNNCell

TEXT = 'a "b" $c\nd'


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture
def trace():
    with torch.no_grad():
        return LSTM(4, 3)(torch.randn(1, len(TEXT), 4))


def written(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_every_row_holds_its_gate_of_the_unit_in_its_colour(trace):
    figure = show.gates(trace, TEXT, unit=2, names="foc")
    assert [ax.get_ylabel() for ax in figure.axes] == ["f", "o", "c"]
    for ax, name in zip(figure.axes, "foc", strict=True):
        heights = [segment[1][1] for segment in ax.collections[0].get_segments()]
        assert heights == pytest.approx(getattr(trace, name)[0, :, 2].tolist())
        assert tuple(ax.collections[0].get_color()[0]) == to_rgba(show.GATE_COLOURS[name])
    assert "".join(written(figure.axes[-1])) == 'a␣"b"␣\\$c↵d'
    figure.savefig("/dev/null", format="png")


def test_words_have_room_and_all_parts_are_drawn_unless_some_are_named(trace):
    figure = show.gates(trace, ["word"] * len(TEXT), unit=0)
    assert [ax.get_ylabel() for ax in figure.axes] == list("ifgoch")
    long = type(trace)(*(part.repeat(1, 8, 1) for part in trace))
    words, letters = (show.gates(long, [token] * 8 * len(TEXT), unit=0) for token in ("word", "w"))
    assert words.get_figwidth() > 2 * letters.get_figwidth()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tokens": "abc", "unit": 0}, "no unit 0 of one sequence with 3 tokens"),
        ({"tokens": TEXT, "unit": 3}, "no unit 3"),
        ({"tokens": TEXT, "unit": -1}, "no unit -1"),
        ({"tokens": TEXT, "unit": 0, "names": "z"}, "names has 'z'; the trace has i f g o c h"),
    ],
)
def test_a_strip_that_cannot_be_drawn_says_why(trace, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        show.gates(trace, **options)


def test_coloured_text_puts_each_value_behind_its_character_and_underlines_the_marked():
    values = torch.arange(10.0)
    marks = torch.tensor([mark == "x" for mark in "...x......"])
    figure = show.coloured_text(TEXT, values, value="c", marks=marks, width=6)
    ax = figure.axes[0]
    assert written(ax) == ['a "b" ', r"\$c ", "d"]
    grid = ax.images[0].get_array()
    assert grid[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert grid[1, :3].tolist() == [6, 7, 8]
    assert bool(grid.mask[1, 3:].all())
    segments = [segment for lines in ax.collections for segment in lines.get_segments()]
    assert [segment[:, 0].tolist() for segment in segments] == [[3, 4]]


@pytest.mark.parametrize(("text", "count", "marks"), [("ab", 3, None), ("", 0, None), ("ab", 2, torch.ones(3))])
def test_coloured_text_wants_a_value_and_a_mark_for_each_character(text, count, marks):
    with pytest.raises(ValueError, match="each character wants one value"):
        show.coloured_text(text, torch.zeros(count), value="c", marks=marks)


def test_a_step_is_drawn_with_the_numbers_of_the_cell():
    h, before = torch.zeros(1, 1), torch.full((1, 1), 2.0)
    step = LSTMCell(3, 1)(torch.randn(1, 3), (h, before), force={"f": 0.9, "i": 0.5})
    texts = written(show.lstm_step(before, step))
    assert f"g\n{step.g.item():.2f}" in texts
    assert {"c before\n2.00", "f\n0.90", f"c\n{step.c.item():.2f}", f"h\n{step.h.item():.2f}", "1.80"} <= set(texts)
    rnn = RNNCell(3, 1)(torch.randn(1, 3), h)
    assert {"h before\n0.00", f"h\n{rnn.h.item():.2f}"} <= set(written(show.rnn_step(h, rnn)))


def test_an_act_fades_the_rest():
    before = torch.ones(1, 1)
    step = LSTMCell(3, 1)(torch.randn(1, 3), (before, before))
    ax = show.lstm_step(before, step, act="forget")
    colours = {text.get_text()[0]: text.get_color() for text in ax.texts if text.get_text()}
    assert colours["f"] != colours["o"] == colours["i"]
    with pytest.raises(ValueError, match="act is 'remember'; wanted one of forget, store, update, output"):
        show.lstm_step(before, step, act="remember")


def test_one_number_is_wanted_not_many():
    with pytest.raises(ValueError, match=r"c before must be one number.*\(1, 2\) came"):
        show.lstm_step(torch.ones(1, 2), LSTMCell(3, 1)(torch.randn(1, 3), (torch.ones(1, 1),) * 2))
    with pytest.raises(ValueError, match=r"a must be one number.*\(2, 1\) came"):
        show.rnn_step(torch.ones(1, 1), RNNCell(3, 1)(torch.randn(2, 3), torch.ones(2, 1)))


def test_a_gru_has_colours_for_its_gates_too():
    step = GRUCell(3, 1)(torch.randn(1, 3), torch.zeros(1, 1))
    assert set(step._fields) <= set(show.GATE_COLOURS)


def test_values_on_both_sides_of_0_get_a_scale_with_white_at_0():
    image = show.coloured_text("ab", torch.tensor([-1.0, 3.0]), value="c").axes[0].images[0]
    image.norm.autoscale_None(image.get_array())
    assert image.norm(0.0) == pytest.approx(0.5)
