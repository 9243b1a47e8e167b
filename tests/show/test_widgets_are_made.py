"""What the widgets' constructors take and refuse, and that a cell which is run again leaves one widget, not two."""

import pytest
import torch
from unrolled import show
from unrolled.layers.rnn import RNN
from unrolled.show.widgets import widget as shared
from unrolled.show.widgets.clip import Clip
from unrolled.show.widgets.paths import Paths
from unrolled.show.widgets.sampler import Sampler


def sampler(names="abcd", prompt="a", **state):
    return Sampler(
        lambda numbers: torch.arange(4.0) * len(numbers),
        list(names),
        encode=lambda text: [names.index(each) for each in text],
        join="".join,
        distribution=lambda logits, temperature, top_k, nucleus: logits.softmax(dim=0),
        prompt=prompt,
        **state,
    )


def test_a_layer_is_not_its_cell():
    with pytest.raises(TypeError, match="the cell of an RNN is wanted; Linear has no W_xh, W_hh, b_xh, b_hh"):
        Paths(torch.nn.Linear(3, 4), torch.zeros(5, 3), torch.zeros(5, 4))


def test_a_batch_is_refused_by_its_shape():
    with pytest.raises(ValueError, match=r"x must have shape .*; \(1, 5, 3\) came"):
        Paths(RNN(3, 4).cell, torch.zeros(1, 5, 3), torch.zeros(5, 4))


@pytest.mark.parametrize("gradient", [(1,), (1, 2, 3)])
def test_a_gradient_has_two_numbers(gradient):
    with pytest.raises(ValueError, match=f"a gradient of two numbers is wanted; {len(gradient)} came"):
        Clip(gradient)


def test_there_are_as_many_logits_as_names():
    with pytest.raises(ValueError, match="a logit for each of 3 names; 4 came"):
        sampler(names="abc")


def test_any_control_of_the_sampler_can_be_given_by_its_name():
    widget = sampler(temperature=0.5, top_k=2, seed=3, draws=5)
    assert (widget.temperature, widget.top_k, widget.seed, widget.draws) == (0.5, 2, 3, 5)
    assert len(widget.text) == 5
    assert widget.start["draws"] == 5
    other = sampler(temperature=0.5, top_k=2, seed=3)
    other.draws = 5
    assert other.text == widget.text


@pytest.mark.parametrize(
    "make", [sampler, lambda **state: Paths(RNN(3, 4).cell, torch.zeros(5, 3), torch.zeros(5, 4), **state)]
)
def test_a_control_that_is_not_there_is_named_with_those_that_are(make):
    with pytest.raises(TypeError, match=r"has no control 'temprature'; it has .*(temperature|spectral_radius)"):
        make(temprature=1.0)


class Shell:
    """What JupyterLab's kernel says of the cell that is running."""

    cell, run = "a", "1"

    def get_parent(self):
        return {"metadata": {"cellId": self.cell}, "header": {"msg_id": self.run}}


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.setattr(shared, "MADE", {})
    shell = Shell()
    monkeypatch.setattr(shared, "get_ipython", lambda: shell)
    return shell


def test_a_cell_that_is_run_again_closes_what_its_last_run_made(shell):
    first, beside = Clip(), Clip()
    assert first.comm is not None, "two of the same run stay"
    shell.cell = "b"
    other = show.TrainingWatch()
    shell.cell, shell.run = "a", "2"
    again = Clip()
    assert (first.comm, beside.comm) == (None, None)
    assert other.comm is not None
    assert again.comm is not None


def test_outside_jupyterlab_nothing_is_closed(monkeypatch):
    monkeypatch.setattr(shared, "get_ipython", lambda: None)
    first = Clip()
    Clip()
    assert first.comm is not None
