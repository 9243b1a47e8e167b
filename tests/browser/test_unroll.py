"""The unrolled loop in a browser: what its controls do, what it says, and that it is the same for everyone."""

import pytest
from examples.unroll import WORDS, example
from unrolled.show.widgets.unroll import Unroll


@pytest.fixture
def unroll() -> Unroll:
    return example()


def test_the_first_picture_shows_every_number_without_a_click(stage, unroll):
    page = stage(unroll)
    shown = page.locator(".unrolled-unroll-number").all_text_contents()
    wanted = [f"{number:.2f}".replace("-", "−") for h in unroll.h for number in h]
    assert shown == wanted
    assert page.locator("p[role=status]").text_content().startswith("Step 4 of 4: from “neural” and h₃")


def test_step_back_and_reset_from_the_keyboard(stage, unroll):
    page = stage(unroll)
    for name, step in [("back", 3), ("back", 2), ("step", 3), ("step", 4), ("step", 1), ("reset", 4)]:
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        assert page.trait("step") == step
        assert page.get_by_role("slider", name="step").input_value() == str(step)


def test_the_loop_closes_and_opens(stage, unroll):
    page = stage(unroll)
    page.get_by_role("button", name="unrolled").click()
    seen = "nodes => nodes.map(node => Number(node.style.opacity))"
    assert page.locator(".unrolled-unroll-step").evaluate_all(seen) == [0, 0, 0, 1]
    page.get_by_role("button", name="unrolled").click()
    assert page.locator(".unrolled-unroll-step").evaluate_all(seen) == [1, 1, 1, 1]


def test_a_weight_is_lit_at_every_step_at_once(stage, unroll):
    page = stage(unroll)
    for weight, times in [("W_xh", 4), ("W_hy", 4), ("W_hh", 5), ("none", 0)]:  # W_hh: four steps, and the way back
        page.get_by_role("combobox", name="light").select_option(weight)
        assert page.locator(".unrolled-unroll-lit").count() == times


def test_play_ends_at_the_last_step(stage, unroll):
    page = stage(unroll)
    page.clock.install()
    page.put(step=1)
    page.get_by_role("button", name="play").click()
    page.clock.run_for(900 * 5)
    assert page.trait("step") == 4
    assert page.get_by_role("button", name="play").is_visible()


def test_a_new_reading_from_the_kernel_is_drawn(stage, unroll):
    page = stage(unroll)
    page.put(words=["one", "two"], said=["two", "three"], h=[[0.5], [-0.25]], p=[0.5, 1.0], step=2)
    assert page.locator(".unrolled-unroll-number").all_text_contents() == ["0.50", "−0.25"]


def test_own_sentence_is_bounded_and_what_stood_there_stays(unroll):
    unroll.text = "one"
    assert unroll.problem == "a sentence of 2 to 8 words is wanted; 1 came"
    assert unroll.words == WORDS.split()[:-1]
    unroll.text = "to be or not to be"
    assert unroll.problem == ""
    assert unroll.words == ["to", "be", "or", "not", "to"]


def test_a_sentence_after_an_empty_field_is_read_and_reset_comes_back_whole(unroll):
    unroll.text = ""
    assert unroll.problem
    unroll.text = "to be or"
    assert unroll.words == ["to", "be"]
    unroll.reset()
    assert unroll.words == WORDS.split()[:-1]
    assert unroll.step == 4


def test_presets_fold_the_graph_into_the_loop_and_open_it(stage):
    page = stage(example())
    steps = page.locator(".unrolled-unroll-step")
    page.get_by_role("button", name="the loop").click()
    assert (page.trait("unrolled"), page.trait("step"), page.trait("weight")) == (False, 1, "none")
    folded = steps.evaluate_all("nodes => nodes.map(node => node.style.transform)")
    page.get_by_role("button", name="one matrix, many uses").click()
    assert page.trait("unrolled") is True
    lit = page.locator(".unrolled-unroll-lit").evaluate_all("nodes => nodes.map(node => node.dataset.weight)")
    assert lit == ["W_hh"] * page.locator('[data-weight="W_hh"]').count() != []
    assert steps.evaluate_all("nodes => nodes.map(node => node.style.transform)") != folded
