"""JupyterLab with a copy of the course's pages, and one of them opened and run in it in a real browser.

Nothing of the user's is touched: settings, workspaces, kernels' files and the learner's progress have a folder of their
own. Nothing is reached but this machine: neither by the kernels nor by the browser.
"""

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page
from unrolled import show
from unrolled.show.widgets.widget import Widget

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((path.stem for path in (REPOSITORY / "notebooks").glob("[0-9]*.ipynb")), reverse=True)


def code(name: str) -> str:
    """All code of a page."""
    cells = json.loads((REPOSITORY / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


SHOWN = {name: getattr(show, name) for name in show.__all__}
KINDS = {name for name, each in SHOWN.items() if isinstance(each, type) and issubclass(each, Widget)}
PAGES = {name: {kind for kind in KINDS if f"show.{kind}(" in code(name)} for name in NOTEBOOKS}
ASKED = (Path(__file__).parent / "in_jupyterlab.js").read_text(encoding="utf-8")
OFFLINE = REPOSITORY / "tests" / "notebooks" / "under_nbval"  # its sitecustomize closes the network
SETTINGS = {
    "jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # every cell stands there
    "jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},  # as `make lab` sets it
}
SETTING = """import json as _json
from hashlib import sha256 as _hash
from ipywidgets.widgets.widget import _instances as _all
_w, _layout = _all[{id!r}], ("layout", "tabbable", "tooltip", "answered")
_long = lambda value: isinstance(value, str) and len(value) > 1000
_short = lambda value: "sha256 " + _hash(value.encode()).hexdigest() if _long(value) else value
"""
STATE = "_json.dumps({name: _short(getattr(_w, name)) for name in _w.keys if name[0] != '_' and name not in _layout})"
BACK = """
_w.reset()
with _w.hold_sync():
    for _name, _value in _json.loads({state!r}).items():
        if _short(getattr(_w, _name)) != _value:
            setattr(_w, _name, _value)
"""


class Lab:
    """JupyterLab on a free port, its folders in `place`; `close()` ends it."""

    def __init__(self, place: Path):
        self.notebooks = place / "notebooks"
        shutil.copytree(REPOSITORY / "notebooks", self.notebooks, ignore=shutil.ignore_patterns("*.json", ".*"))
        for name, values in SETTINGS.items():
            path = place / "settings" / f"@{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address, self.token = f"http://127.0.0.1:{self.port}/", "course"
        options = [
            "--no-browser", "--allow-root", "--LabApp.expose_app_in_browser=True", "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.notebooks}", f"--LabApp.user_settings_dir={place / 'settings'}",
            f"--LabApp.workspaces_dir={place / 'workspaces'}", "--LabApp.news_url=None",
        ]  # fmt: skip
        own = {name: str(place / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
        own |= {"JUPYTER_RUNTIME_DIR": str(place / "runtime"), "UNROLLED_PROGRESS": str(place / "progress.json")}
        own |= {"PYTHONPATH": str(OFFLINE)}
        self.log = (place / "log.txt").open("w", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env={**os.environ, **own}, cwd=place,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.wait()

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError where it ends or stays silent for a minute."""
        begun = time.monotonic()
        while time.monotonic() - begun < 60 and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}api?token={self.token}", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        self.close()
        raise RuntimeError("JupyterLab did not start: " + Path(self.log.name).read_text(encoding="utf-8")[-2000:])

    def close(self) -> None:
        """End it, and the kernels that it started."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def open(self, browser: Browser, name: str, **options: Any) -> "Opened":
        return Opened(self, browser, name, **options)


class Opened:
    """A notebook in JupyterLab. `faults` are what the browser said and what was asked from outside."""

    def __init__(self, lab: Lab, browser: Browser, name: str, *, run: bool = True, script: str = ""):
        self.lab, self.browser, self.name = lab, browser, name
        self.faults, self.drawn = [], []
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        self.page.set_default_timeout(15_000)
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"error in the page: {error}"))
        here = (lab.address, lab.address.replace("http", "ws"), "data:", "blob:")
        self.page.on("request", lambda asked: asked.url.startswith(here) or self.faults.append(f"asked: {asked.url}"))
        self.page.on("websocket", lambda made: made.url.startswith(here) or self.faults.append(f"asked: {made.url}"))
        self.page.add_init_script(ASKED + script)
        address = f"{lab.address}lab/workspaces/{name}/tree/{name}.ipynb?reset&token={lab.token}"
        self.page.goto(address, wait_until="domcontentloaded", timeout=60_000)
        self.page.wait_for_function("course.idle()", timeout=90_000)
        self.page.evaluate("course.listen()")
        if run:
            self.run()

    def run(self, seconds: int = 180) -> None:
        """Run every cell."""
        self.page.evaluate("() => course.runAll()", None)
        self.page.wait_for_function("course.idle()", timeout=1000 * seconds)

    def hear(self, said: Any) -> None:
        if said.type == "error":
            self.faults.append(f"console: {said.text} ({said.location.get('url', '')})")

    def gone_wrong(self) -> list[str]:
        """What has gone wrong since this was last asked, in the browser or in a callback in the kernel."""
        self.page.wait_for_function("course.answered()")
        found = self.faults + self.page.evaluate("course.heard.splice(0)")
        self.faults = []
        return found

    def ask(self, expression: str, code: str = "") -> Any:
        """What a Python expression is in the kernel, after code that is run there."""
        return ast.literal_eval(self.page.evaluate("asked => course.ask(asked)", [code, expression]))

    def widgets(self) -> list["Drawn"]:
        """Every widget of the course on the page, from the top, as they were first found."""
        if not self.drawn:
            self.drawn = [Drawn(self, **each) for each in self.page.evaluate("course.find()")]
        return self.drawn

    def picture(self, n: int) -> dict[str, str]:
        """Picture, sentence and problem of the n-th widget as they stand on the page."""
        return self.page.evaluate("n => course.seen(n)", n)

    def pictures(self) -> list[dict[str, str]]:
        """What every widget of the page shows."""
        return [self.picture(each["at"]) for each in self.page.evaluate("course.find()")]

    def root(self, n: int) -> Locator:
        return self.page.locator(f".unrolled[data-at='{n}']")

    def saved(self) -> "Opened":
        """Save the page, and open what was saved as a reader would on another day: nothing in it has run."""
        self.page.evaluate("course.save()")
        again = f"again_{self.name}"
        shutil.copy(self.lab.notebooks / f"{self.name}.ipynb", self.lab.notebooks / f"{again}.ipynb")
        return self.lab.open(self.browser, again, run=False)

    def in_theme(self, name: str) -> None:
        """Change to "JupyterLab Light" or "JupyterLab Dark", and wait until it is there."""
        self.page.evaluate("name => course.theme(name)", name)
        self.page.locator(f"body[data-jp-theme-name='{name}']").wait_for(state="attached")
        self.page.wait_for_timeout(500)  # the colours fade over

    def close(self) -> None:
        """Close the page, and end its kernel."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()


class Drawn:
    """One widget on a page: what the browser holds and shows of it, and what the kernel holds."""

    def __init__(self, opened: Opened, at: int, id: str, cell: str):
        self.opened, self.page, self.at, self.id, self.cell = opened, opened.page, at, id, cell
        self.root = opened.root(at)
        self.kind: str = self.ask("type(_w).__name__")
        self.first, self.state = self.seen(), self.agree()

    def ask(self, expression: str, code: str = "") -> Any:
        """What an expression is in the kernel, where the widget is `_w`."""
        return self.opened.ask(expression, SETTING.format(id=self.id) + code)

    def seen(self) -> dict[str, str]:
        return self.opened.picture(self.at)

    def traits(self) -> dict[str, Any]:
        """The model in the browser; of a long text, as numbers are packed in, its checksum."""
        return json.loads(self.page.evaluate("n => course.traits(n)", self.at))

    def kernel(self) -> dict[str, Any]:
        """The same traits in the kernel."""
        return json.loads(self.ask(STATE))

    def begin_again(self) -> None:
        """Bring back what reset brings back, then all else that has changed since it was found."""
        self.ask("None", BACK.format(state=json.dumps(self.state)))

    def under_way(self) -> None:
        """A training watch as before its last step: the runs of a page are over, and then nothing can be stopped."""
        if self.kind == "TrainingWatch":
            self.ask("None", "_w.step, _w.end = _w.steps - 1, ''")

    def agree(self, seconds: float = 5.0) -> dict[str, Any]:
        """The traits, once the browser and the kernel hold the same. Raises AssertionError where they never do."""
        return until(lambda: (self.traits(), self.kernel()), lambda both: both[0] == both[1], seconds)[0]


def until(look: Callable[[], Any], right: Callable[[Any], bool], seconds: float = 5.0) -> Any:
    """What `look` gives once it is right; an AssertionError with the last after so many seconds."""
    begun = time.monotonic()
    while not right(found := look()):
        assert time.monotonic() - begun < seconds, f"not so after {seconds} s: {str(found)[:1500]}"
        time.sleep(0.02)
    return found
