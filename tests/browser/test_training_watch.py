"""Training that is watched: the curves are the run's numbers, pause waits, stop ends it."""

import math

import pytest
from examples.training_watch import example, step
from unrolled.show.widgets.training_watch import TrainingWatch


def test_a_loss_that_is_no_number_leaves_a_gap(stage):
    watch = TrainingWatch()
    for n, loss in enumerate([1.0, 0.5, math.nan, 0.25], start=1):
        each = step(n)
        each.loss = loss
        watch(each)
    watch.tell()
    assert watch.losses == [1.0, 0.5, None, 0.25]
    page = stage(watch)
    path = page.locator(".unrolled-drawing path[stroke-width]").first.get_attribute("d")
    assert path.count("M") == 2
    assert path.count("L") == 1


def test_the_curve_stands_where_the_numbers_are(stage):
    watch = example()
    page = stage(watch)
    faint, path = [page.locator(".unrolled-drawing path[stroke-width]").nth(n).get_attribute("d") for n in (0, 1)]
    points = [tuple(map(float, point.split())) for point in path[1:].split("L")]
    assert len(points) == len(watch.losses) == 200
    highest = max(watch.losses)
    assert faint == path[: len(faint)]  # the first run had the same losses, and fewer
    assert faint.count("L") == 99
    for (x, y), at, loss in zip(points, watch.at, watch.losses, strict=True):
        assert abs(x - (62 + at / 400 * 560)) < 0.051
        assert abs(y - 112 * (1 - loss / highest)) < 0.051


def test_the_buttons_pause_and_stop_and_are_told(stage):
    page = stage(example())
    assert ", training:" in page.locator("p[role=status]").text_content()
    page.get_by_role("button", name="pause").click()
    assert page.trait("paused") is True
    assert ", paused:" in page.locator("p[role=status]").text_content()
    page.get_by_role("button", name="stop").focus()
    page.keyboard.press("Space")
    assert page.trait("stopped") is True
    assert page.trait("paused") is False
    assert ", stopped by you:" in page.locator("p[role=status]").text_content()
    page.put(step=400)  # pressed when all was over
    assert ", done:" in page.locator("p[role=status]").text_content()


def test_a_logarithmic_axis_halves_between_powers(stage):
    page = stage(example())
    page.get_by_role("checkbox", name="logarithmic").check()
    assert page.trait("log") is True
    assert page.evaluate("widget.height(0.1, [0.01, 1], true)") == pytest.approx(0.5, abs=1e-12)
