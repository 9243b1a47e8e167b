"""How quickly every widget answers: in JupyterLab, on the page where it lives, in Chromium.

    nice -n 10 python tests/bench/latency.py                              all: about an hour on two free cores
    nice -n 10 python tests/bench/latency.py 03_vanishing_gradients …     these pages anew; the others stay as they are
    ONLY="own text" python tests/bench/latency.py 04_lstm_gates           this control anew (or ONLY="Sampler;WordMap")
    INPUTS=10 python tests/bench/latency.py 03_vanishing_gradients        a trial: printed and not saved

writes data/results/00_widget_latency.json. It needs what the tests in a browser need (tests/browser), Chromium too.
In milliseconds:

- input: 200 inputs of every control by the keyboard, and by clicks into the drawing where it answers them. From the
  time stamp of the event that the reader made (key or pointer) to the end of the last change of the widget's DOM;
  "with layout" to the end of the layout that this change asks for. An input that changes nothing is not counted; it is
  made again after another control was moved.
- kernel: the same for controls whose last change comes from the kernel, and in turns with each of these inputs one of
  a bare anywidget on the same page: a text field, a Python observer that answers in capitals, a line that shows it.
  "functions given" is what the page's own functions take of it, those that were handed to the widget and run a model.
- first paint: from the cell's beginning in the kernel, and from the message that shows the widget, to its picture
  in the DOM, layout included. "first" is in the run of the whole page after it was opened; "again" when the cell is
  run once more, by itself, five times. Where a cell trains a network first, that is in the former. Each is judged.
- javascript bytes: of the files as they are shipped, each once: that is what the 120 KB are about. The browser is given
  kit.js before each widget's own file, which for all widgets together is about 190 KB ("as sent").
- missed: what is not as it is wanted, in words.

A kind of widget is measured on the page where it is largest; of its other widgets on that page, the controls that the
first has not. Two controls of one name are told apart by what they are: "step (range)", "step (button)".
"""

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright
from unrolled.data import files
from unrolled.show.widgets import widget as shared

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

from conftest import FLAGS, program  # noqa: E402
from controls import ABOUT, shorter  # noqa: E402
from in_jupyterlab import NOTEBOOKS, PAGES, Drawn, Lab, Opened  # noqa: E402

INPUTS, AGAIN, PILOT, TRIES = 200, 5, 5, 100  # inputs of a control, runs of a cell, first inputs, misses in a row
PRESSED = 60  # milliseconds that a click takes; JupyterLab has made the cell active by then
DRAWING = {"kind": "drawing", "name": "the drawing, by clicks", "value": ""}
RESULTS = "00_widget_latency"
ONLY = os.environ.get("ONLY", "").split(";") if os.environ.get("ONLY") else []
LARGEST = {  # of a kind that stands on several pages: page and cell
    "Paths": ("03_vanishing_gradients", "paths"),  # 24 units, 61 steps
    "TrainingWatch": ("02_backpropagation_through_time", "exp-echo"),  # 15 runs of 200 steps
    "Sampler": ("05_embeddings", "sampler"),  # 1,640 tokens
}
CLICKED = {"GateLab": ".unrolled-gate-lab-strip"}  # its diagram answers the pointer before it clicks
WANTED = {
    "input p95": 16,
    "kernel ratio": 1.5,
    "first paint": 500,
    "first paint from the cell": 500,
    "javascript bytes": 120_000,
}
SCRIPT = (Path(__file__).parent / "latency.js").read_text(encoding="utf-8")
BARE = '''
import anywidget
import traitlets


class Bare(anywidget.AnyWidget):
    _esm = """
    function render({ model, el }) {
      el.innerHTML = '<div class="bare"><input type="text" aria-label="asked"><p></p></div>';
      const [input, answer] = el.querySelectorAll("input, p");
      input.dataset.lmSuppressShortcuts = "";
      input.addEventListener("keydown", ({ key }) => {
        if (key !== "Enter") return;
        model.set("asked", input.value);
        model.save_changes();
      });
      model.on("change:answer", () => (answer.textContent = model.get("answer")));
    }
    export default { render };
    """
    asked = traitlets.Unicode().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)

    @traitlets.observe("asked")
    def _answer(self, change):
        self.answer = change["new"].upper()


Bare()
'''

# The time in the functions that a widget was given, in milliseconds since it was last asked for.
TIMED = """
import time as _time
import types as _types
_spent = []
def _timed(function):
    def run(*given, **named):
        begun = _time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            _spent.append(1000 * (_time.perf_counter() - begun))
    run.timed = True
    return run
def _took():
    total = sum(_spent)
    _spent.clear()
    return total
for _name, _value in list(vars(_w).items()):
    if type(_value) in (_types.FunctionType, _types.MethodType) and not hasattr(_value, "timed"):
        setattr(_w, _name, _timed(_value))
"""


class Field:
    """A control of a widget, or its drawing where `n` is None. `press()` makes one input and gives how long it took."""

    def __init__(self, notebook: Opened, root: str, n: int | None, about: dict, others: list[str] = ()):
        self.page, self.root, self.n = notebook.page, root, n
        self.kind, self.name = about["kind"], about["name"]
        self.label = about.get("label", self.name)  # its name in the results
        self.clicked = about.get("clicked", ":is(svg, canvas)")
        self.keys = {"range": ("ArrowRight", "ArrowLeft"), "menu": ("ArrowDown", "ArrowUp")}.get(self.kind)
        self.onward = True
        self.texts = cycle([*others, about["value"]])
        self.draw = random.Random(0)

    def arm(self) -> float | None:
        return self.page.evaluate("asked => latency.arm(asked)", [self.root, self.n])

    def press(self, *, settled: bool = True) -> dict | None:
        """`settled`: wait until the kernel has nothing left to do, else only until the page is quiet."""
        stands = self.arm()
        if self.kind == "text":
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.insert_text(next(self.texts))
            self.arm()
        if self.kind == "drawing":
            self.click()
        else:
            self.page.keyboard.press(self.key(stands))
        return self.page.evaluate("settled => latency.done(settled)", settled)

    def key(self, stands: float | None) -> str:
        if self.keys:  # up to its end, and back again
            self.onward = stands < 1 and (self.onward or stands == 0)
            return self.keys[0 if self.onward else 1]
        return "Space" if self.kind == "checkbox" else "Enter"

    def click(self) -> None:
        drawing = self.page.locator(f"{self.root} .unrolled-drawing {self.clicked}").first
        drawing.scroll_into_view_if_needed()
        box = drawing.bounding_box()
        across, down = self.draw.random(), self.draw.random()
        self.page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        self.page.evaluate("latency.rest()")
        self.arm()
        self.page.mouse.down()
        self.page.wait_for_timeout(PRESSED)
        self.page.mouse.up()


class Input(NamedTuple):
    """One input, in milliseconds."""

    found: dict  # what `done` of latency.js gives
    bare: dict | None = None  # of the bare widget, made after it, for a control that the kernel answers
    given: float = 0.0  # spent in the functions that the widget was given


def inputs(field: Field, others: list[Field], bare: Callable[[], tuple], count: int) -> list[Input]:
    """`count` inputs that change something; fewer where many in a row change nothing."""
    taken, between, missed, asks, disturbed = [], cycle(others or [field]), 0, False, False
    while len(taken) < count and missed < TRIES:
        if disturbed:
            next(between).press()
        found = field.press(settled=asks or len(taken) < PILOT)
        missed = 0 if found else missed + 1
        disturbed = disturbed or (not found and bool(others))
        if found:
            taken.append(Input(found, *(bare() if asks else ())))
        if not asks and len(taken) == PILOT and 2 * sum(one.found["asked"] for one in taken) > PILOT:
            asks, taken = True, []
            bare()
    return taken


def told(numbers: list[float]) -> dict[str, float]:
    ordered = sorted(numbers)
    rank = -(-95 * len(ordered) // 100) - 1
    return {
        "inputs": len(ordered),
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[rank], 1),
        "worst": round(ordered[-1], 1),
    }


def summed(field: Field, taken: list[Input]) -> tuple[str, dict]:
    """Where a control belongs, "input" or "kernel", and its numbers."""
    first = field.kind == "button" and field.name == "play"  # what comes after is its clock's, not the input's
    own = told([one.found["first" if first else "changed"] for one in taken])
    if taken[0].bare is None:
        laid = told([one.found["first" if first else "last"] for one in taken])
        return "input", own | {"with layout": {name: laid[name] for name in ("median", "p95", "worst")}}
    bare = told([one.bare["changed"] for one in taken if one.bare])
    rest = told([one.found["changed"] - one.given for one in taken])
    given = told([one.given for one in taken])
    ratios = {"ratio": own["p95"] / bare["p95"], "ratio without them": rest["p95"] / bare["p95"]}
    rounded = {name: round(value, 2) for name, value in ratios.items()}
    return "kernel", own | {"bare": bare, "functions given": given, "without them": rest} | rounded


class Bench:
    """One page, opened and run; `values` are its numbers."""

    def __init__(self, notebook: Opened, kinds: set[str], count: int):
        self.notebook, self.page, self.kinds, self.count = notebook, notebook.page, kinds, count
        self.values = {"input": {}, "kernel": {}, "first paint": {}}

    def run(self) -> None:
        self.page.evaluate("latency.begin()")
        self.notebook.run()
        times = self.page.evaluate("latency.cells()")
        self.notebook.drawn = []
        for kind, (widget, *_) in self.widgets().items():
            again = self.again(widget.cell)
            self.values["first paint"][kind] = {"first": paint(times[widget.cell]), "again": again}
            print(self.notebook.name, kind, self.values["first paint"][kind], flush=True)
        self.notebook.drawn = []
        self.page.add_style_tag(content=".unrolled { scroll-margin: 80px; }")
        bare = Field(self.notebook, ".bare", 0, {"kind": "text", "name": "bare", "value": "one two"}, ["three four"])
        for widgets in self.widgets().values():
            done: set[str] = set()
            for widget in widgets:
                self.widget(widget, bare, done)

    def widgets(self) -> dict[str, list[Drawn]]:
        """Those of each kind wanted, the largest or else the first on the page before the others."""
        found = {kind: [each for each in self.notebook.widgets() if each.kind == kind] for kind in sorted(self.kinds)}
        for kind, widgets in found.items():
            widgets.sort(key=lambda widget: widget.cell != LARGEST.get(widget.kind, ("", ""))[1])
            found[kind] = widgets if kind == "Attention" else widgets[:1]
        return found

    def again(self, cell: str) -> list[dict]:
        found, begun = [], time.monotonic()
        while len(found) < AGAIN and time.monotonic() - begun < 20:
            found.append(paint(self.page.evaluate("id => latency.again(id)", cell)))
        return found

    def widget(self, widget: Drawn, bare: Field, done: set[str]) -> None:
        """Every control that is seen at first, those that a choice or a preset brings to light, and the drawing; but
        for those that are `done`."""
        widget.under_way()
        widget.root.scroll_into_view_if_needed()
        self.measure(widget, bare, done)
        for field in self.fields(widget):
            if field.kind in ("menu", "button") and field.name not in ("play", "reset"):
                for _ in range(3 if field.kind == "menu" else 1):
                    field.press()
                    self.measure(widget, bare, done)
        widget.begin_again()
        if DRAWING["name"] not in done and asked_for(widget.kind, DRAWING["name"]):
            done.add(DRAWING["name"])
            about = DRAWING | {"clicked": CLICKED.get(widget.kind, ":is(svg, canvas)")}
            self.keep(widget, Field(self.notebook, self.root(widget), None, about), [], bare)

    def root(self, widget: Drawn) -> str:
        return f".unrolled[data-at='{widget.at}']"

    def fields(self, widget: Drawn) -> list[Field]:
        nodes = widget.root.locator(".unrolled-controls :is(input, select, button)")
        traits = widget.traits()
        fields, abouts = [], nodes.evaluate_all(f"nodes => nodes.map({ABOUT})")
        names = [about["name"] for about in abouts]
        for n, about in enumerate(abouts):
            if names.count(about["name"]) > 1:
                about["label"] = f"{about['name']} ({about['kind']})"
            texts = another(traits, str(about["value"])) if about["kind"] == "text" else []
            if about["seen"]:
                fields.append(Field(self.notebook, self.root(widget), n, about, texts))
        return fields

    def measure(self, widget: Drawn, bare: Field, done: set[str]) -> None:
        """The controls that are seen now and were not measured yet."""
        for field in self.fields(widget):
            if field.label not in done and asked_for(widget.kind, field.name, field.label):
                done.add(field.label)
                others = [each for each in self.fields(widget) if each.n != field.n and each.kind != "text"]
                self.keep(widget, field, [each for each in others if each.name not in ("play", "stop")], bare)

    def keep(self, widget: Drawn, field: Field, others: list[Field], bare: Field) -> None:
        widget.ask("None", TIMED)
        given = lambda: widget.ask("_took()")  # noqa: E731
        taken = inputs(field, others, lambda: (bare.press(), given()), self.count)
        if taken:
            where, numbers = summed(field, taken)
            self.values[where].setdefault(widget.kind, {})[field.label] = numbers
            print(self.notebook.name, widget.kind, field.label, where, numbers, flush=True)
        else:
            print(self.notebook.name, widget.kind, field.label, "changes nothing", flush=True)
        problem = widget.seen()["problem"]
        if problem:
            print(self.notebook.name, widget.kind, field.label, "says:", problem, flush=True)


def asked_for(*names: str) -> bool:
    """Whether it is to be measured: a kind of widget, or a control by its name."""
    return not ONLY or any(name in ONLY for name in names)


def another(traits: dict, stands: str) -> list[str]:
    """What else to write into a field: another of the texts among which it takes one, else without its end."""
    among = (each for each in traits.values() if isinstance(each, list) and stands in each)
    return [next((text for text in next(among, []) if text != stands), shorter(stands))]


def paint(times: dict) -> dict[str, float]:
    """From the cell's beginning, and from the message that shows the widget, to its picture."""
    return {
        "from the cell's beginning": round(times["drawn"] - times["began"], 1),
        "from its message": round(times["drawn"] - times["shown"], 1),
    }


def with_bare(path: Path) -> None:
    """Put a cell with the bare widget at the end of a page."""
    page = json.loads(path.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "id": "bare-widget", "metadata": {}, "outputs": [], "execution_count": None}
    page["cells"].append(cell | {"source": BARE})
    path.write_text(json.dumps(page), encoding="utf-8")


def javascript() -> dict[str, int]:
    sizes = {path.name: path.stat().st_size for path in sorted(shared.HERE.glob("*.js"))}
    alone = sum(size for name, size in sizes.items() if name not in ("kit.js", "keys.js", "slider.js"))
    kit = len([name for name in sizes if name not in ("kit.js", "keys.js", "slider.js")]) * sizes["kit.js"]
    return sizes | {"together": sum(sizes.values()), "as sent": alone + kit}


def measured(names: list[str], kinds: Callable[[str], set[str]], count: int) -> dict:
    """The values of these pages; of a kind that stands on several, where it is largest, or else on the first."""
    values = {"input": {}, "kernel": {}, "first paint": {}, "javascript bytes": javascript(), "wanted": WANTED}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=FLAGS)
        values["on"] = {"chromium": browser.version, "cores": len(os.sched_getaffinity(0))}
        lab = Lab(Path(place))
        try:
            for name in names:
                here = {kind for kind in kinds(name) if LARGEST.get(kind, (name,))[0] == name}
                wanted = here - set(values["first paint"])
                if wanted:
                    with_bare(lab.notebooks / f"{name}.ipynb")
                    bench = Bench(lab.open(browser, name, run=False, script=SCRIPT), wanted, count)
                    bench.run()
                    for each, found in bench.values.items():
                        values[each] |= found
                    print("\n".join(bench.notebook.gone_wrong()), flush=True)
                    bench.notebook.close()
        finally:
            lab.close()
            browser.close()
    return values


def missed(values: dict) -> list[str]:
    """What is not as it is wanted, a sentence each."""
    slow = [
        f"{kind}, {name}: p95 {found['p95']} ms"
        for kind, controls in values["input"].items()
        for name, found in controls.items()
        if found["p95"] >= WANTED["input p95"]
    ]
    asked = [
        f"{kind}, {name}: {found['ratio']} times the bare widget"
        for kind, controls in values["kernel"].items()
        for name, found in controls.items()
        if found["ratio"] > WANTED["kernel ratio"]
    ]
    late = [
        f"{kind}: first painted {found['first'][since]} ms {since.replace('from', 'after')}"
        for since, wanted in (
            ("from its message", "first paint"),
            ("from the cell's beginning", "first paint from the cell"),
        )
        for kind, found in values["first paint"].items()
        if found["first"][since] >= WANTED[wanted]
    ]
    large = values["javascript bytes"]["together"]
    heavy = [f"JavaScript: {large} bytes"] * (large >= WANTED["javascript bytes"])
    return slow + asked + late + heavy


def main(*names: str) -> None:
    count = int(os.environ.get("INPUTS", INPUTS))
    values = measured(list(names) or sorted(NOTEBOOKS), PAGES.__getitem__, count)
    print("\n".join(missed(values)) or "everything is as wanted")
    if count != INPUTS:
        return
    if names:
        before = files.results(RESULTS)["values"]
        for each in ("input", "kernel"):
            kinds = before[each] | {kind: before[each].get(kind, {}) | found for kind, found in values[each].items()}
            values[each] = kinds
        values["first paint"] = before["first paint"] | values["first paint"]
    values["missed"] = missed(values)
    files.save_results(RESULTS, command="python tests/bench/latency.py", seeds=[0], values=values)


if __name__ == "__main__":
    main(*sys.argv[1:])
