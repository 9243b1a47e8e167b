"""What holds for every widget of the course, each drawn from the state of its example."""

import contextlib
import importlib
import json
from pathlib import Path

import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from unrolled.show.widgets import widget as shared

NAMES = sorted(path.stem for path in (Path(__file__).parent / "examples").glob("[a-z]*.py"))
CHANGED = {
    "int": lambda value: value - 1 if value else 1,
    "float": lambda value: value / 2,
    "bool": lambda value: not value,
}


@pytest.fixture(params=NAMES)
def widget(request):
    return importlib.import_module(f"examples.{request.param}").example()


def test_every_widget_has_its_example():
    made = {path.stem for path in shared.HERE.glob("*.js")} - {"kit", "keys", "slider"}
    assert set(NAMES) == made


def test_all_their_scripts_together_are_under_120_kb():
    assert sum(path.stat().st_size for path in shared.HERE.glob("*.js")) < 120_000


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(stage, widget, dark):
    page = stage(widget, dark=dark)
    found = Axe().run(page, context=".unrolled").response["violations"]
    assert not [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]


def test_it_teaches_at_once_and_says_what_it_shows(stage, widget):
    page = stage(widget)
    assert page.locator(".unrolled-drawing svg, .unrolled-drawing canvas").count() >= 1
    assert len(page.locator("p[role=status]").text_content()) > 40


def test_every_control_has_a_name_and_can_be_reached_by_the_keyboard(stage, widget):
    page = stage(widget)
    controls = page.locator(".unrolled-controls :is(button, input, select):visible")
    assert controls.count() >= 3
    for n in range(controls.count()):
        controls.nth(n).focus()
        assert controls.nth(n).evaluate(
            "node => document.activeElement === node && 'lmSuppressShortcuts' in node.dataset"
        )
        assert (
            controls.nth(n).evaluate("node => (node.textContent || node.closest('label').textContent).trim().length")
            > 0
        )


def test_a_value_set_from_python_moves_the_control_and_reset_brings_it_back(stage, widget):
    page = stage(widget)
    says = page.locator("p[role=status]").text_content()
    for name, value in widget.start.items():
        change = CHANGED.get(type(value).__name__)
        if change:
            with contextlib.suppress(traitlets.TraitError):  # there may be nothing below a first value
                setattr(widget, name, change(value))
            page.put(**{name: getattr(widget, name)})
    moved = page.locator(".unrolled-controls :is(input, select)").evaluate_all("nodes => nodes.map(node => node.value)")
    page.get_by_role("button", name="reset").click()
    assert {name: page.trait(name) for name in widget.start} == widget.start
    back = page.locator(".unrolled-controls :is(input, select)").evaluate_all("nodes => nodes.map(node => node.value)")
    assert page.locator("p[role=status]").text_content() == says
    assert moved != back or not any(type(value).__name__ in ("int", "float") for value in widget.start.values())


def test_what_is_no_number_is_refused(widget):
    numbers = [name for name, trait in widget.traits().items() if isinstance(trait, traitlets.Float)]
    for name in numbers:
        with pytest.raises(traitlets.TraitError):
            setattr(widget, name, float("nan"))


def test_reset_takes_back_what_went_wrong_too(stage, widget):
    widget.problem = "a word that is not there"
    widget.reset()
    assert widget.problem == ""
    page = stage(widget)
    page.put(problem="a word that is not there")
    page.get_by_role("button", name="reset").click()
    assert page.trait("problem") == ""


def test_a_text_that_is_too_long_is_told_and_stays_to_be_shortened(stage, widget):
    page = stage(widget)
    field = page.get_by_role("textbox").first
    if not field.count():
        pytest.skip("it reads no text")
    problem = page.locator(".unrolled-problem")
    shown = page.locator(".unrolled-drawing").inner_html()
    field.fill("a" * 201)  # the longest that any of them reads is 200
    field.press("Enter")
    assert "These are 201 characters; at most " in problem.inner_text()
    assert page.locator(".unrolled-drawing").inner_html() == shown
    field.press("Tab")  # leaving the field loses nothing
    assert field.input_value() == "a" * 201
    field.fill(
        page.evaluate("() => Object.values(model.get('start')).find((each) => typeof each === 'string' && each)")
    )
    field.press("Enter")
    assert "characters; at most" not in problem.inner_text()


def test_reset_clears_a_text_that_is_too_long(stage, widget):
    page = stage(widget)
    field = page.get_by_role("textbox").first
    if not field.count():
        pytest.skip("it reads no text")
    before = field.input_value()
    field.fill("a" * 201)
    field.press("Enter")
    page.get_by_role("button", name="reset").click()
    assert (page.locator(".unrolled-problem").inner_text(), field.input_value()) == ("", before)


ASKED = {"attention": "text", "gate_lab": "text", "sampler": "prompt", "unroll": "text"}  # what the kernel answers


@pytest.mark.parametrize("name", ASKED)
def test_while_the_kernel_is_busy_it_says_that_it_waits(stage, name):
    page = stage(importlib.import_module(f"examples.{name}").example())
    says = page.locator("p[role=status]")
    before = says.text_content()
    field = page.locator(".unrolled-controls input[type=text]").first
    field.fill("to be")
    field.press("Enter")
    assert "Waiting" not in says.text_content()  # it is given a moment
    page.wait_for_timeout(1000)
    assert says.text_content().startswith("Waiting for Python")
    page.put(answered=page.trait("answered") + 1)
    assert says.text_content() == before


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_that_comes_at_once_is_not_waited_for(stage, name):
    page = stage(importlib.import_module(f"examples.{name}").example())
    says = page.locator("p[role=status]")
    before = says.text_content()
    page.put(**{ASKED[name]: "to be", "answered": page.trait("answered") + 1})  # set from Python
    page.wait_for_timeout(1000)
    assert says.text_content() == before
    page.put(**{ASKED[name]: "not to be"})
    page.put(answered=page.trait("answered") + 1)
    page.wait_for_timeout(1000)
    assert says.text_content() == before


@pytest.mark.parametrize("name", ASKED)
def test_python_counts_its_answers(name):
    widget = importlib.import_module(f"examples.{name}").example()
    before = widget.answered
    setattr(widget, ASKED[name], "to be" if name != "gate_lab" else "a")
    assert widget.answered == before + 1


@pytest.mark.parametrize("other", ["reset", "a slider"])
def test_what_plays_ends_when_another_control_is_used(stage, widget, other):
    page = stage(widget)
    play = page.get_by_role("button", name="play", exact=True)
    if not play.count():
        pytest.skip("it doesn't play")
    play.click()
    assert page.get_by_role("button", name="pause", exact=True).count() == 1
    if other == "reset":
        page.get_by_role("button", name="reset").click()
    else:
        page.get_by_role("slider").first.press("ArrowLeft")
    assert play.count() == 1


def test_two_on_a_page_do_not_disturb_each_other(stage, widget):
    page = stage(widget)
    state = "Object.fromEntries(Object.keys(model.state).map(name => [name, model.get(name)]))"
    page.evaluate(f"async () => {{ globalThis.first = model; await stage({json.dumps(str(widget._esm))}, {state}); }}")
    said = page.locator("p[role=status]").all_text_contents()
    assert len(said) == 2
    assert said[0] == said[1]
    first, second = page.locator(".unrolled").nth(0), page.locator(".unrolled").nth(1)
    before, other = first.inner_html(), second.inner_html()
    for name, value in widget.start.items():
        change = CHANGED.get(type(value).__name__)
        if change:
            with contextlib.suppress(traitlets.TraitError):
                setattr(widget, name, change(value))
            page.put(**{name: getattr(widget, name)})
    assert second.inner_html() != other or widget.start == {name: getattr(widget, name) for name in widget.start}
    assert first.inner_html() == before
    ids = page.locator("[id]").evaluate_all("nodes => nodes.map(node => node.id)")
    assert len(ids) == len(set(ids))


def test_without_a_browser_there_is_a_figure_with_its_text(widget):
    figure = widget.figure()
    assert figure.startswith('<img alt="')
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert 'alt="' in data["text/html"]
    assert len(data["text/plain"]) > 40


def test_a_narrow_window_scrolls_the_drawing_and_not_the_page(stage, widget):
    page = stage(widget, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_error_while_drawing_reaches_the_reader_in_words(stage):
    page = stage(importlib.import_module("examples.unroll").example())
    said = page.evaluate(
        """() => {
            try { model.take({ h: [] }); } catch { /* it is thrown as well */ }
            return document.querySelector("p[role=alert]").textContent;
        }"""
    )
    assert said.startswith("Something went wrong here: ")
