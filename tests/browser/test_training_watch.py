"""Training that is watched: the curves are the run's numbers, pause waits, stop ends it."""

import math
import re

import matplotlib.pyplot as plt
import pytest
import torch
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
    page.put(step=400)  # it was the last
    assert ", done:" in page.locator("p[role=status]").text_content()


OFF = "nodes => nodes.slice(0, 2).map(node => [node.textContent, node.ariaDisabled])"


@pytest.mark.parametrize("state", [{"step": 400}, {"end": "interrupted"}, {"at": [], "losses": [], "norms": []}])
def test_pause_and_stop_do_nothing_while_no_run_is_under_way_and_keep_the_focus(stage, state):
    page = stage(example())
    buttons = page.locator(".unrolled-controls button")
    assert buttons.evaluate_all(OFF) == [["pause", "false"], ["stop", "false"]]
    page.get_by_role("button", name="pause").focus()
    page.put(**state)
    assert buttons.evaluate_all(OFF) == [["pause", "true"], ["stop", "true"]]
    assert page.evaluate("document.activeElement.textContent") == "pause"
    page.keyboard.press("Enter")
    buttons.nth(1).click(force=True)
    assert (page.trait("paused"), page.trait("stopped")) == (False, False)
    page.put(step=300, end="", at=[1], losses=[2.0], norms=[1.0])  # the next is under way
    page.keyboard.press("Enter")
    assert page.trait("stopped") is True


def test_a_run_is_picked_by_its_name(stage):
    watch = example(("slow", "fast"))
    page = stage(watch)
    select = page.get_by_role("combobox", name="run")
    assert select.locator("option").all_text_contents() == ["the latest", "1: slow"]
    select.select_option(index=1)
    assert page.trait("pick") == 1
    assert (
        page.locator("p[role=status]")
        .text_content()
        .startswith("Run 1 of 2, “slow” (the others are faint), ended at step 100: loss")
    )
    strong = page.locator(".unrolled-drawing path[stroke-opacity='1']").first.get_attribute("d")
    assert strong.count("L") == 99
    page.get_by_role("button", name="reset").click()
    assert page.locator("p[role=status]").text_content().startswith("Run 2 of 2, “fast” (the others are faint), step")


def test_runs_out_of_sight_are_not_offered_and_the_others_keep_their_numbers(stage):
    page = stage(example(("a", "b", "c")))
    page.put(run=5, earlier=[[[1], [2.0], [3.0]]] * 2)
    options = page.get_by_role("combobox", name="run").locator("option")
    assert options.all_text_contents() == ["the latest", "3: c", "4"]
    page.get_by_role("combobox", name="run").select_option(index=1)
    assert page.trait("pick") == 3
    assert page.locator("p[role=status]").text_content().startswith("Run 3 of 5, “c” (")


def test_of_one_run_there_is_nothing_to_pick(stage):
    watch = TrainingWatch()
    watch(step(1))
    page = stage(watch)
    assert not page.locator("select").is_visible()


def test_a_logarithmic_axis_halves_between_powers(stage):
    page = stage(example())
    page.get_by_role("checkbox", name="logarithmic").check()
    assert page.trait("log") is True
    assert page.evaluate("widget.height(0.1, [0.01, 1], true)") == pytest.approx(0.5, abs=1e-12)


NUMBERS_AND_DRAWING = """states => states.map(state => {
  model.take(state);
  const panels = [...document.querySelectorAll(".unrolled-drawing svg > g")].map(panel => ({
    texts: [...panel.querySelectorAll("text")].map(node => node.textContent),
    paths: [...panel.querySelectorAll("path[stroke-width]")].map(node => node.getAttribute("d")),
    opacities: [...panel.querySelectorAll("path[stroke-width]")].map(node => node.getAttribute("stroke-opacity")),
  }));
  const below = [...document.querySelectorAll(".unrolled-drawing svg > text")].map(node => node.textContent);
  return { found: widget.numbers(model), panels, below, says: document.querySelector("p[role=status]").textContent };
})"""


def random_run(draw, kind):
    """Steps, losses and norms; some are None, some 0 or below, some all alike."""
    length = int(torch.randint(1, 12, (), generator=draw))
    at = torch.randperm(60, generator=draw)[:length].sort().values + 1
    values = torch.randn(2, length, generator=draw, dtype=torch.float64).exp() * 10 ** (kind % 4 - 2.0)
    values = values - values.mean() if kind % 5 == 1 else torch.full_like(values, 0.3) if kind % 5 == 2 else values
    values[torch.rand(2, length, generator=draw) < 0.1] = 0.0
    values = [[None if torch.rand((), generator=draw) < 0.1 else each for each in row] for row in values.tolist()]
    return [at.tolist(), *values]


def random_states():
    """A hundred: up to three runs before the present one in sight, any of them picked, both kinds of axes."""
    draw, states = torch.Generator().manual_seed(7), []
    for n in range(100):
        *earlier, (at, losses, norms) = (random_run(draw, n) for _ in range(1 + n % 4))
        state = {"earlier": earlier, "at": at, "losses": losses, "norms": norms, "log": n % 2 == 0}
        gone = 2 * (n % 7 == 0 and len(earlier) > 0)  # runs out of sight
        state |= {"names": [f"run called {each}" for each in "abc"[: n % 5]], "pick": n // 4 % 7}
        states.append(state | {"step": at[-1], "steps": at[-1] + n % 3, "run": 1 + len(earlier) + gone})
    return states


def ends(values, log):
    """Of the axis: 0 to the highest, or lower where there is less; where it is logarithmic, what is above 0."""
    there = torch.tensor([v for v in values if v is not None and (v > 0 or not log)], dtype=torch.float64)
    if not len(there):
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = there.min().item() if log else there.clamp(max=0).min().item(), there.max().item()
    return low, high if high > low else 2 * low if log else 1.0


def close_text(text, value, share=0.006):
    """A number of three figures; on an axis, below a hundredth, of one."""
    return float(text) == pytest.approx(value, rel=0.5 if "e" in text else share, abs=1e-12)


def test_all_that_is_drawn_and_said_in_a_hundred_random_states_is_right(stage):
    """The places are matplotlib's, for the same axis."""
    page, states = stage(example()), random_states()
    _, ax = plt.subplots()
    for state, shown in zip(states, page.evaluate(NUMBERS_AND_DRAWING, states), strict=True):
        runs = [*state["earlier"], [state["at"], state["losses"], state["norms"]]]
        steps = max([state["steps"], *(run[0][-1] for run in runs)])
        numbers = range(state["run"] - len(runs) + 1, state["run"] + 1)
        strong = numbers.index(state["pick"]) if state["pick"] in numbers else len(runs) - 1
        assert shown["found"]["steps"] == steps
        assert shown["below"] == ["0", str(steps), "step"]
        for which, name in enumerate(["loss", "gradient norm"], start=1):
            found, panel = shown["found"]["panels"][which - 1], shown["panels"][which - 1]
            limits = ends([value for run in runs for value in run[which]], state["log"])
            assert found["limits"] == pytest.approx(limits, rel=1e-9)
            assert panel["texts"][2] == name
            assert all(close_text(text, end) for text, end in zip(panel["texts"], limits, strict=False))
            assert panel["opacities"] == ["0.35"] * (len(runs) - 1) + ["1"]
            inked = [*(path for n, path in enumerate(found["curves"]) if n != strong), found["curves"][strong]]
            inked_runs = [*(run for n, run in enumerate(runs) if n != strong), runs[strong]]  # the strong one on top
            ax.set(xlim=(0, steps), yscale="log" if state["log"] else "linear", ylim=limits)
            for run, points, path in zip(inked_runs, inked, panel["paths"], strict=True):
                pieces, new = [], True
                for at, value, (x, y) in zip(run[0], run[which], points, strict=True):
                    if value is None or (state["log"] and value <= 0):
                        assert y is None
                        new = True
                        continue
                    place = ax.transAxes.inverted().transform(ax.transData.transform([at, value]))
                    assert (x, y) == pytest.approx(place, abs=1e-6)
                    pieces.append(("M" if new else "L", 62 + 560 * place[0], 112 * (1 - place[1])))
                    new = False
                drawn = re.findall(r"([ML])([-\d.]+) ([-\d.]+)", path if pieces else "")
                assert pieces or path == "M0 0"
                assert [each[0] for each in drawn] == [each[0] for each in pieces]
                for (_, x, y), (_, right, down) in zip(drawn, pieces, strict=True):
                    assert (float(x), float(y)) == pytest.approx((right, down), abs=0.0501)
        doing = "done" if state["step"] == state["steps"] else "training"
        (at, losses, norms), number = runs[strong], numbers[strong]
        name = f", “run called {'abc'[number - 1]}”" if number <= len(state["names"]) else ""
        where = f"step {state['step']} of {state['steps']}, {doing}"
        if strong < len(runs) - 1:
            where = f"ended at step {at[-1]}"
        told = (
            f"Run {number} of {state['run']}{name} (the others are faint), {where}"
            if state["earlier"]
            else f"S{where[1:]}"
        )
        said = re.fullmatch(r"(.+): loss (.+), (.+) at first; gradient norm (.+)\.", shown["says"]).groups()
        assert said[0] == told
        for text, value in zip(said[1:], (losses[-1], losses[0], norms[-1]), strict=True):
            assert text == "no finite number" if value is None else close_text(text, value)
    plt.close("all")


def test_a_run_that_was_broken_off_does_not_go_on_training(stage):
    watch = example()
    watch.ended(KeyboardInterrupt())
    page = stage(watch)
    page.get_by_role("button", name="stop").click(force=True)  # too late
    assert page.trait("stopped") is False
    assert "step 200 of 400, interrupted: " in page.locator("p[role=status]").text_content()
