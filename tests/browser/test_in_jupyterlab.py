"""The course's pages in JupyterLab itself: every widget where it lives, every control by keys and pointer.

What is asked of a control holds for any: none of them is named here, so a new widget is held to the same once a page
makes it. Every page is opened and run once; what went wrong in the browser fails whichever test it happened in.
"""

import inspect
import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from controls import ABOUT, Control, controls
from in_jupyterlab import KINDS, NOTEBOOKS, PAGES, Drawn, Lab, Opened, until
from unrolled import show

ASKING = {
    kind for kind in KINDS if "@answers" in inspect.getsource(getattr(show, kind))
}  # those that the kernel answers
WITH_WIDGETS = [name for name in NOTEBOOKS if PAGES[name]]
AT_ONCE = 0.5  # s, in which what the browser draws by itself has to be there
READ = 15.0  # s, in which a network has read the reader's own text
# Set a control to another value, as a reader might in a cell; gives the value that it has then.
ANOTHER = """
def _another(name):
    trait, before = _w.traits()[name], getattr(_w, name)
    if hasattr(trait, "values"):
        others = trait.values
    elif isinstance(before, bool):
        others = [not before]
    elif isinstance(before, int):
        others = [before - 1, before + 1]
    else:
        others = [(before + end) / 2 for end in (trait.min, trait.max)] if isinstance(before, float) else []
    for other in others:
        try:
            setattr(_w, name, other)
        except Exception:
            continue
        if getattr(_w, name) != before:
            break
    return getattr(_w, name)
"""

STILL = """
def _still(name, value):
    setattr(_w, name, value)
    return _w.figure()
"""

# Every function that a widget was given fails, whatever it is asked.
BREAK = """
def _broken(*given, **named):
    raise RuntimeError("broken on purpose")
_given = {name: value for name, value in vars(_w).items() if callable(value) and name[0] != "_"}
for _name in _given:
    setattr(_w, _name, _broken)
"""

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # pipes of the driver, at the end of the session


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def opened(request, lab, chromium) -> Iterator[Opened]:
    made = lab.open(chromium, request.param)
    yield made
    made.close()


@pytest.fixture
def notebook(opened) -> Iterator[Opened]:
    """The page, run; whatever goes wrong in the browser or in a callback while a test has it, fails that test."""
    yield opened
    wrong = opened.gone_wrong()
    assert not wrong, wrong


every_page = pytest.mark.parametrize("opened", NOTEBOOKS, indirect=True)
every_page_with_widgets = pytest.mark.parametrize("opened", WITH_WIDGETS, indirect=True)


def test_every_widget_of_the_course_lives_on_a_page():
    assert set().union(*PAGES.values()) == KINDS


@every_page
def test_the_page_runs_and_its_widgets_teach_at_once(notebook):
    assert notebook.page.evaluate("course.wrong()") == []
    widgets = notebook.widgets()
    assert {widget.kind for widget in widgets} == PAGES[notebook.name]
    for widget in widgets:
        assert widget.root.locator(".unrolled-drawing :is(svg, canvas)").count() >= 1
        assert len(widget.seen()["says"]) > 40
        assert not widget.seen()["problem"]
        widget.agree()


@every_page
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious_in_the_outputs(notebook, theme):
    notebook.in_theme(theme)
    found = Axe().run(notebook.page, context={"include": [[".jp-Cell-outputArea"]]}).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert not [(each["id"], [node["html"][:200] for node in each["nodes"][:5]]) for each in serious]


@every_page_with_widgets
def test_a_value_set_from_python_moves_the_picture(notebook):
    for widget in each_kind(notebook):
        assert any([follows_python(widget, name) for name in widget.traits()["start"]])
        widget.begin_again()


def follows_python(widget: Drawn, name: str) -> bool:
    """Whether there is another value for a control; the browser then has to have it, and to show it."""
    before, shown = settled(widget)[name], whole(widget)
    value = json.loads(widget.ask(f"_json.dumps(_another({name!r}))", ANOTHER))
    if value == before:
        return False
    until(lambda: widget.traits()[name], lambda now: now == value)
    try:
        until(lambda: whole(widget), lambda now: now != shown)
    except AssertionError:
        if widget.ask(f"_still({name!r}, {before!r}) != _still({name!r}, {value!r})", STILL):
            raise
        return False  # Python's own picture is the same: how a mask is applied, where there is none
    return True


@every_page_with_widgets
def test_reset_brings_back_the_first_picture(notebook):
    for widget in each_kind(notebook):
        first = widget.agree()
        for control in controls(notebook.page, widget.root):
            if control.kind != "button" and control.about()["seen"]:
                control.move("keyboard")
        assert settled(widget) != first
        widget.root.get_by_role("button", name="reset", exact=True).click()
        comes_back(widget, first)


def comes_back(widget: Drawn, first: dict) -> None:
    until(lambda: widget.seen()["says"], lambda now: now == widget.first["says"], READ)
    now = until(widget.agree, lambda now: now == first, READ)
    assert {name: now[name] for name in now["start"]} == now["start"]


@every_page_with_widgets
@pytest.mark.parametrize("way", ["keyboard", "pointer"])
def test_every_control_moves_the_traits_in_the_kernel_and_the_picture(notebook, way):
    reached = set()  # of widgets of one kind, a control of a name is tried on the first that has it
    for widget in each_kind(notebook):
        widget.root.locator(".unrolled-drawing").focus()
        cells = notebook.page.evaluate("course.cells()")
        here = controls(notebook.page, widget.root, hidden=True)
        asked = {each.name for each in here if (widget.kind, each.name) not in reached}
        reached |= {(widget.kind, name) for name in asked}
        left = without_effect(widget, here, asked, way)
        assert not left, f"{widget.kind}, {way}: {left}"
        if way == "keyboard":
            assert notebook.page.evaluate("course.cells()") == cells, "JupyterLab took a key for itself"


def without_effect(widget: Drawn, here: list[Control], asked: set[str], way: str) -> dict[str, set[str]]:
    """What of a trait and the picture no move of a control has changed. Each is tried from the first state; then one
    after the other, forth and back, as some do nothing at first: nothing can be taken back before a step is made."""
    wanting = {name: {"a trait", "the picture"} for name in asked}
    for control in here:
        if control.name in asked:
            widget.begin_again()
            widget.under_way()
            widget.agree(READ)
            assert control.about()["seen"] or comes_to_light(widget, control, here), f"nothing shows {control.name}"
            wanting[control.name] -= moved(widget, control, way)
    for control in [*here, *reversed(here)]:
        if any(wanting.values()):
            wanting[control.name] = wanting.get(control.name, set()) - moved(widget, control, way)
    return {name: left for name, left in wanting.items() if left}


def comes_to_light(widget: Drawn, control: Control, here: list[Control]) -> bool:
    """Go through the menus until a control is seen that some of their choices hide."""
    for menu in here:
        if menu.kind == "menu" and menu.about()["seen"]:
            for _ in range(menu.about()["last"]):
                menu.move("keyboard")
                if control.about()["seen"]:
                    return bool(widget.agree(READ))
    return False


def moved(widget: Drawn, control: Control, way: str) -> set[str]:
    """Move a control; which of the two changed: "a trait", "the picture". Kernel and browser have to agree on it."""
    if not control.about()["seen"]:
        return set()
    before, seen = widget.traits(), widget.seen()
    control.move(way, other(before, control))
    if control.kind == "button" and control.about()["name"] != control.name:  # it plays, and the same button ends that
        until(widget.traits, lambda now: now != before)
        control.move(way)
    if not happens(lambda: widget.traits() != before, 0.3):
        return set()
    now = widget.agree(READ)
    assert "Something went wrong" not in widget.seen()["problem"]
    told = control.about()
    changed = [value for name, value in now.items() if value != before[name]]
    if control.kind in ("range", "text", "checkbox"):
        value = float(told["value"]) if control.kind == "range" else told["value"]
        assert value in changed, f"{control.name} stands at {value}; the traits say {changed}"
        assert told["says"] is None or says(told["says"], value), f"{control.name} stands at {value}, and says {told}"
    followed = happens(lambda: widget.seen() != seen, READ if control.kind == "text" else AT_ONCE)
    return {"a trait"} | ({"the picture"} if followed else set())


def other(traits: dict, control: Control) -> str:
    """What to write into a field that takes one of some texts: another of those, if the traits list them."""
    stands = control.about()["value"] if control.kind == "text" else None
    return next((each for among in traits.values() if isinstance(among, list) and stands in among
                 for each in among if each != stands), "")  # fmt: skip


def says(text: str, value: float) -> bool:
    """Whether the text beside a range begins with its number, rounded; where it says a name it may be any."""
    number = re.match(r"[-−]?\d+(\.\d+)?", text)
    return not number or abs(float(number[0].replace("−", "-")) - value) <= 0.5 * 10.0 ** -len((number[1] or ".")[1:])


def happens(looked: Callable[[], bool], seconds: float) -> bool:
    begun = time.monotonic()
    while not (so := looked()) and time.monotonic() - begun < seconds:
        time.sleep(0.02)
    return so


def settled(widget: Drawn) -> dict:
    """The traits, once nothing is on its way any more."""
    now = widget.agree(READ)
    while (later := widget.agree(READ)) != now:
        now = later
    return now


def each_kind(notebook: Opened) -> list[Drawn]:
    """The widgets of a page, one of those that have the same controls, each as it was first."""
    kinds = {}
    for widget in notebook.widgets():
        names = tuple(control.name for control in controls(notebook.page, widget.root))
        kinds.setdefault((widget.kind, names), widget)
    for widget in kinds.values():
        widget.begin_again()
        settled(widget)
    return list(kinds.values())


def whole(widget: Drawn) -> list:
    """All that is seen of a widget, and how its controls stand."""
    stand = "nodes => nodes.map(node => [node.value, node.checked])"
    return [widget.seen(), widget.root.locator(":is(input, select, button)").evaluate_all(stand)]


@every_page
def test_the_simpler_controls_get_their_keys_too(notebook):
    """Sliders, menus and check boxes of `show.explore`: a key moves them, the picture or its sentence follows."""
    boxes = notebook.page.locator(".jp-OutputArea-output:has(p[role=status]):not(:has(.unrolled)):has(input, select)")
    for n in range(boxes.count()):
        box = boxes.nth(n)
        nodes = box.locator("input[type=range], select, input[type=checkbox]")
        for k in range(nodes.count()):
            control = Control(notebook.page, nodes.nth(k), nodes.nth(k).evaluate(ABOUT)["kind"], "")
            control.node.focus()
            cells, before, shown = notebook.page.evaluate("course.cells()"), control.about()["value"], box.inner_html()
            control.move("keyboard")
            assert control.about()["value"] != before
            until(box.inner_html, lambda now, shown=shown: now != shown)
            control.node.press("b")  # a new cell, where JupyterLab hears it
            assert notebook.page.evaluate("course.cells()") == cells


@pytest.mark.parametrize("opened", [name for name in NOTEBOOKS if PAGES[name] & ASKING], indirect=True)
def test_an_error_in_a_callback_is_said_in_words_and_heard_by_these_tests(notebook):
    broken = set()
    for widget in each_kind(notebook):
        if widget.ask("len(_given)", BREAK) and widget.kind in ASKING:  # some of a kind are given no function
            assert any(goes_wrong(widget, control) for control in controls(notebook.page, widget.root))
            wrong = notebook.gone_wrong()
            assert any("RuntimeError: broken on purpose" in each for each in wrong), wrong
            broken.add(widget.kind)
        widget.ask("None", "for _name, _value in _given.items(): setattr(_w, _name, _value)")
        widget.begin_again()
    assert broken == PAGES[notebook.name] & ASKING


def goes_wrong(widget: Drawn, control: Control) -> bool:
    """Move a control; whether the widget then says that something went wrong."""
    wanted = "Something went wrong here: RuntimeError: broken on purpose"
    control.move("keyboard")
    return happens(lambda: widget.seen()["problem"] == wanted, 1)


BUSY = """() => {
    const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
    kernel.requestExecute({ code: "import time; time.sleep(5)" });
}"""


@pytest.mark.parametrize("opened", ["01_recurrence"], indirect=True)
def test_while_a_cell_runs_the_widget_says_that_it_waits(notebook):
    widget = next(each for each in notebook.widgets() if each.kind == "Unroll")
    field = next(each for each in controls(notebook.page, widget.root) if each.kind == "text")
    notebook.page.evaluate(BUSY)
    field.move("keyboard", "to be or not")
    until(lambda: widget.seen()["says"], lambda says: says.startswith("Waiting for Python"), 4)
    until(lambda: widget.seen()["says"], lambda says: "“not”" in says, READ)
    widget.begin_again()


@every_page_with_widgets
def test_a_saved_page_opened_again_shows_its_pictures_before_anything_runs(notebook):
    for widget in notebook.widgets():
        widget.begin_again()
        settled(widget)
    before = notebook.pictures()
    again = notebook.saved()
    again.page.locator(".unrolled").nth(len(before) - 1).wait_for()
    assert again.pictures() == before
    for n in range(len(before)):
        assert any(answers_alone(again, n, control) for control in controls(again.page, again.root(n)))
    assert not again.gone_wrong()
    again.close()


def answers_alone(notebook: Opened, n: int, control: Control) -> bool:
    """Move a control; whether the picture follows without a kernel that knows of it."""
    before = notebook.picture(n)
    control.move("keyboard")
    return happens(lambda: notebook.picture(n) != before, AT_ONCE)
