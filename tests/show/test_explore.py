"""Controls move pictures, from the page and from Python, and an error reaches the reader in words."""

import ipywidgets
import pytest
import torch
import traitlets
from unrolled import show


def draw(radius, kind="tanh", dots=False):
    if radius == 0.5:
        raise ZeroDivisionError("half a radius")
    ax = show.lines(torch.ones(3, 1) * radius, labels=[kind], x="t", y="h")
    return ax, f"radius {radius:g}, {kind}, dots {dots}"


def test_the_first_picture_is_there_at_once_and_each_control_moves_it():
    lab = show.explore(draw, radius=show.slider(0.0, 2.0, 1.0), kind=["tanh", "relu"], dots=False)
    assert lab.sentence == "radius 1, tanh, dots False"
    first = lab.frame.value
    assert 'alt="radius 1, tanh, dots False"' in first
    lab.set(radius=1.5)
    assert lab.sentence == "radius 1.5, tanh, dots False"
    assert lab.frame.value != first
    lab.controls["kind"].value = "relu"
    lab.controls["dots"].value = True
    assert lab.sentence == "radius 1.5, relu, dots True"
    assert "radius 1.5, relu, dots True</p>" in lab.says.value
    assert 'role="status"' in lab.says.value


def test_labels_come_from_the_names_and_two_labs_do_not_meddle():
    labs = [show.explore(draw, radius=show.slider(0.0, 2.0, 1.0, label=name)) for name in ["", "size"]]
    assert [lab.controls["radius"].label for lab in labs] == ["radius", "size"]
    labs[0].set(radius=0.0)
    assert labs[1].sentence == "radius 1, tanh, dots False"
    two_words = show.explore(lambda frames_seen: draw(frames_seen, "relu"), frames_seen=show.slider(1, 8, 4))
    assert two_words.controls["frames_seen"].label == "frames seen"


def test_where_no_kernel_runs_the_first_picture_stands_with_its_words():
    bundle = show.explore(draw, radius=show.slider(0.0, 2.0, 1.0))._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert 'alt="radius 1, tanh, dots False"' in data["text/html"]
    assert data["text/plain"] == "radius 1, tanh, dots False"


def test_an_error_is_said_under_the_picture_and_raised():
    lab = show.explore(draw, radius=show.slider(0.0, 2.0, 1.0))
    with pytest.raises(ZeroDivisionError):
        lab.set(radius=0.5)
    assert "there is no picture. ZeroDivisionError: half a radius" in lab.says.value
    lab.set(radius=0.7)
    assert lab.sentence.startswith("radius 0.7")


def test_unknown_controls_and_kinds_of_controls_are_refused():
    lab = show.explore(draw, radius=show.slider(0.0, 2.0, 1.0))
    with pytest.raises(ValueError, match="no control 'size'; there are radius"):
        lab.set(size=3)
    with pytest.raises(TypeError, match="radius must be a slider, a list, True or False, or a widget; a int came"):
        show.explore(draw, radius=3)
    own = show.explore(draw, radius=ipywidgets.BoundedIntText(value=1, min=0, max=3))
    assert own.controls["radius"].description == "radius"


def test_a_slider_is_whole_where_it_can_be_and_stays_within_its_bounds():
    whole, fine = show.slider(1, 8, 4), show.slider(0.0, 1.0, 0.5, step=0.05, unit="bits")
    assert (whole.value, whole.step, whole.decimals) == (4, 1, 0)
    whole.value = 5.0  # what a browser sends
    assert isinstance(whole.value, int)
    assert (fine.decimals, fine.unit) == (2, "bits")
    assert isinstance(show.slider(-3.0, 3.0, 2.0, step=0.5).value, float)
    assert isinstance(show.slider(0, 1, 1, step=0.05).value, float)
    with pytest.raises(traitlets.TraitError, match="goes from 1 to 8; 9 came"):
        whole.value = 9
    assert whole.value == 5


@pytest.mark.parametrize("numbers", [(1, 1, 1), (2, 1, 1), (0, 1, 2)])
def test_an_impossible_slider_is_refused(numbers):
    with pytest.raises(ValueError, match="low ≤ value ≤ high"):
        show.slider(*numbers)
    with pytest.raises(ValueError, match="step above 0"):
        show.slider(0, 3, 1, step=-1)


def test_a_slider_counts_the_moves_that_came_so_that_a_drag_leaves_no_queue():
    control = show.slider(0, 5, 2)
    before = control.received
    control.value = 4
    control.value = 4  # no move
    assert control.received == before + 1


def test_a_box_of_controls_keeps_jupyterlabs_keys_away():
    lab = show.explore(draw, radius=show.slider(0.0, 2.0, 1.0), kind=["tanh", "relu"])
    assert [type(child).__name__ for child in lab.children] == ["HBox", "HTML", "HTML", "Keys"]


def test_what_a_picture_says_is_escaped():
    lab = show.explore(lambda a: (show.lines(torch.ones(2, 1), labels=["h"], x="t", y="h"), "a < b & c"), a=True)
    assert "a &lt; b &amp; c</p>" in lab.says.value
