"""The unrolled loop in a browser: what its controls do, what it says, and that it is the same for everyone."""

import math

import pytest
import torch
from examples.unroll import WORDS, example, read
from unrolled.show.widgets.unroll import Reading, Unroll


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
    assert (page.trait("unrolled"), page.trait("step")) == (True, 4)
    assert steps.evaluate_all("nodes => nodes.map(node => node.style.opacity)") == ["1"] * 4
    lit = page.locator(".unrolled-unroll-lit").evaluate_all("nodes => nodes.map(node => node.dataset.weight)")
    assert lit == ["W_hh"] * page.locator('[data-weight="W_hh"]').count() != []
    assert steps.evaluate_all("nodes => nodes.map(node => node.style.transform)") != folded


READ = """readings => readings.map(({ words, said, h, p, step }) => {
    model.take({ words, said, h, p, step });
    const texts = [...document.querySelectorAll(".unrolled-unroll-step")].map(
        node => [...node.querySelectorAll("text")].map(text => text.textContent));
    return { texts, says: document.querySelector("p[role=status]").textContent };
})"""


def test_in_a_hundred_readings_every_number_stands_in_its_column_and_the_sentence_is_of_its_step(page_of_readings):
    readings, found = page_of_readings
    for reading, (texts, says) in zip(readings, ((each["texts"], each["says"]) for each in found), strict=True):
        t = reading["step"] - 1
        assert f"Step {t + 1} of {len(reading['words'])}: from “{reading['words'][t]}”" in says
        assert f"says “{reading['said'][t]}” with probability p = {reading['p'][t]:.2f}." in says
        for n, column in enumerate(texts):
            assert [f"{value:z.2f}".replace("-", "−") for value in reading["h"][n]] == [
                text for text in column if text.lstrip("−").replace(".", "").isdigit()
            ]
            assert column[-3:] == [reading["words"][n], reading["said"][n], f"p = {reading['p'][n]:.2f}"]


@pytest.fixture
def page_of_readings(stage):
    page, draw, readings = stage(example()), torch.Generator().manual_seed(0), []
    for _ in range(100):
        T = int(torch.randint(1, 8, (), generator=draw))
        numbers = torch.randn(T, 3, generator=draw).tanh().mul(100).round().div(100)
        p = torch.rand(T, generator=draw).mul(100).round().div(100)
        step = 1 + int(torch.randint(T, (), generator=draw))
        words, said = ([f"{name}{n}" for n in range(T)] for name in ("read", "said"))
        readings.append({"words": words, "said": said, "h": numbers.tolist(), "p": p.tolist(), "step": step})
    return readings, page.evaluate(READ, readings)


PLACES = """() => [...document.querySelectorAll(".unrolled-unroll-step")].map(step => ({
    left: step.style.transform, opacity: Number(step.style.opacity),
    texts: Object.fromEntries([...step.querySelectorAll("text")].map(
        node => [node.textContent, [Number(node.getAttribute("x")), Number(node.getAttribute("y"))]])),
    grounds: [...step.querySelectorAll("rect[style]")].map(node => node.getAttribute("style")),
    heads: Object.fromEntries([...step.querySelectorAll("[data-weight]")].map(wire => [wire.dataset.weight,
        [...wire.querySelectorAll("path")].map(
            path => path.getAttribute("d").match(/-?[\\d.]+/g).slice(0, 2).map(Number))])),
}))"""


def test_columns_stand_in_order_and_their_arrows_point_from_word_to_state_to_what_it_says(stage, unroll):
    page = stage(unroll)
    page.put(step=2)
    columns, H = page.evaluate(PLACES), len(unroll.h[0])
    middle, bottom = 70 + H * 15 / 2 - 12, 70 + H * 15
    assert [each["left"] for each in columns] == [f"translate({144 + 118 * t}px, 0px)" for t in range(4)]
    assert [each["opacity"] for each in columns] == [1, 1, 0.25, 0.25]
    for t, column in enumerate(columns):
        assert column["texts"][f"h{'₁₂₃₄'[t]}"] == [-36, 70 + H * 15 / 2 + 4]
        assert column["texts"][unroll.words[t]] == [0, bottom + 56]
        assert column["texts"][unroll.said[t]] == [0, 18]
        assert [["D55E00", "0072B2"]["0072B2" in style] for style in column["grounds"]] == [
            "D55E00" if value < 0 else "0072B2" for value in unroll.h[t]
        ]
        assert column["heads"] == {  # where each line begins, and its tip
            "W_xh": [[0, bottom + 40], [0, bottom + 3]],
            "W_hy": [[0, 67], [0, 40]],
            "W_hh": [[-91, middle], [-27, middle]],
        }


def test_long_words_are_shortened_in_the_drawing_and_whole_in_the_sentence(stage):
    long = "Donaudampfschifffahrt"
    page = stage(Unroll(read, f"the {long} ends"))
    columns = page.evaluate(PLACES)
    assert "Donaudampfsch…" in columns[1]["texts"]  # it is read below the second
    assert columns[0]["texts"]["Donaudampfsch…"] == [0, 18]  # and said above the first
    assert long not in page.locator("svg").text_content()
    assert f"from “{long}”" in page.locator("p[role=status]").text_content()


def test_one_step_is_drawn_once(stage):
    assert "drawn once" in stage(Unroll(read, "to be")).locator("p[role=status]").text_content()


def test_the_still_figure_is_of_the_present_state(unroll):
    assert "unrolled over 4 steps" in unroll.draw()[1]
    assert "W_hh is one matrix, drawn 4 times" in unroll.draw()[1]
    unroll.unrolled, unroll.step, unroll.weight = False, 2, "none"
    told = unroll.draw()[1]
    assert "at step 2 of 4, the same weights at each: after love it says recurrent. Step 2 says “recurrent”" in told
    assert f"{unroll.p[1]:.2f}" in told
    unroll.weight = "W_xh"
    assert "W_xh is one matrix, drawn once." in unroll.draw()[1]


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("h", torch.full((4, 8), math.nan), "finite"),
        ("p", torch.tensor([0.1, math.inf, 0.1, 0.1]), "finite"),
        ("said", ["one"], "as many h, said and p as words"),
    ],
)
def test_a_reading_that_does_not_fit_is_refused(part, value, told):
    def wrong(words: list[str]) -> Reading:
        return read(words)._replace(**{part: value})

    with pytest.raises(ValueError, match=told):
        Unroll(wrong, WORDS)
