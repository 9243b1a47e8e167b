"""A widget in a real browser, without JupyterLab: the same file, drawn from its saved state, where no kernel runs."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from ipywidgets import Widget
from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STAGE = (Path(__file__).parent / "stage.js").read_text(encoding="utf-8")


PAGE = re.compile(r"\[.*(\d\d_[a-z_]+)\]$")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log) -> Any:
    """Shared out among processes: every page of the course by itself, and every other file."""
    from xdist.scheduler import LoadScopeScheduling

    shared_out = LoadScopeScheduling(config, log)
    shared_out._split_scope = lambda test: found[1] if (found := PAGE.search(test)) else test.split("::")[0]
    return shared_out


@pytest.fixture(autouse=True)
def no_figure_left() -> Iterator[None]:
    """`draw()` leaves its figure open for whoever asked for it; twenty of them are a warning, which fails a test."""
    yield
    plt.close("all")


def program() -> str | None:
    """Where Chromium is."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if not program():
        missing = pytest.fail if os.environ.get("CHROMIUM_WANTED") else pytest.skip
        missing("no Chromium here: install the system's package chromium, or give its path in CHROMIUM")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def stage(chromium) -> Iterator[Callable]:
    """`stage(widget)` gives a page on which it is drawn; `page.trait(name)` reads, `page.put(name=value)` sets.

    Whatever goes wrong in the browser, or is asked from outside, fails the test.
    """
    pages, wrong = [], []

    def drawn(widget: Widget, *, dark: bool = False, width: int = 900) -> Any:
        scheme = "dark" if dark else "light"
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        pages.append(page)
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if asked.url.startswith("http") else None)
        page.set_content(f"<!doctype html><html lang=en><title>widget</title><style>{widget._css}</style><main></main>")
        page.add_script_tag(content=STAGE)
        state = {name: value for name, value in widget.get_state().items() if not name.startswith("_")}
        page.evaluate("([module, state]) => stage(module, state)", [str(widget._esm), state])
        page.trait = lambda name: page.evaluate("name => model.get(name)", name)
        page.put = lambda **values: page.evaluate("values => model.take(values)", values)
        return page

    yield drawn
    for page in pages:
        page.close()
    assert not wrong, wrong
