"""Open a page in JupyterLab in a real browser, run it, and take pictures of it.

    python tests/browser/look.py 04_lstm_gates FOLDER               the whole page, screen by screen
    python tests/browser/look.py 04_lstm_gates FOLDER CELL-ID …     these cells, each in the middle of the screen

It needs more than the course does: `pip install playwright`, and Chromium (or its path in CHROMIUM).
What went wrong in the page's cells and in the browser is printed. Exits with 1 where anything did.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREEN = {"width": 1280, "height": 900}
OPEN = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
RUN = "() => jupyterapp.commands.execute('notebook:run-all-cells')"
FAILED = """() => [...jupyterapp.shell.currentWidget.content.model.cells].filter(cell => cell.type === 'code').flatMap(
    cell => cell.executionCount === null ? [cell.id + ': did not run']
        : cell.outputs.toJSON().filter(output => output.output_type === 'error' || output.name === 'stderr').map(
            output => cell.id + ': ' + (output.evalue ?? output.text)))"""
SHOW = """id => {
    const page = jupyterapp.shell.currentWidget.content;
    page.activeCellIndex = [...page.model.cells].findIndex(cell => cell.id === id);
    return page.scrollToItem(page.activeCellIndex, 'center');
}"""


def start() -> tuple[subprocess.Popen, str]:
    """`make lab` without a browser, and the address that it prints."""
    command = ["make", "lab", "ARGS=--no-browser --LabApp.expose_app_in_browser=True"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    lab = subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True, **pipes)
    for line in lab.stdout:
        found = re.search(r"http://localhost\S+token=\S+", line)
        if found:
            return lab, found[0]
    raise RuntimeError("make lab ended without an address")


def run(page: Page) -> list[str]:
    """Run every cell; returns what went wrong in them."""
    page.wait_for_function(OPEN, timeout=60_000)
    page.evaluate(RUN)
    page.wait_for_function(OPEN, timeout=300_000)
    page.wait_for_timeout(2000)
    return page.evaluate(FAILED)


def screens(page: Page, folder: Path) -> None:
    """The page from top to bottom, one picture a screen."""
    pane = page.locator(".jp-WindowedPanel-outer").first
    at, number = 0, 0
    while at < pane.evaluate("pane => pane.scrollHeight"):
        pane.evaluate("(pane, at) => { pane.scrollTop = at; }", at)
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"{number:02d}.png")
        at, number = at + 760, number + 1


def cell(page: Page, id: str, folder: Path) -> None:
    """One cell, in the middle of the screen."""
    for _ in range(2):  # what is drawn on the way moves it
        page.evaluate(SHOW, id)
        page.wait_for_timeout(1000)
    page.screenshot(path=folder / f"{id}.png")


def main(name: str, place: str, *ids: str) -> int:
    folder = Path(place)
    folder.mkdir(parents=True, exist_ok=True)
    lab, address = start()
    wrong = []
    try:
        with sync_playwright() as browsers:
            program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            browser = browsers.chromium.launch(executable_path=program, args=FLAGS)
            page = browser.new_page(viewport=SCREEN)
            page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
            page.goto(address.replace("00_start_here", name).replace("?", "?reset&"))  # no page left open from before
            wrong += run(page)
            for id in ids:
                cell(page, id, folder)
            if not ids:
                screens(page, folder)
            browser.close()
    finally:
        os.killpg(lab.pid, signal.SIGTERM)  # make, and JupyterLab under it
        lab.communicate()
    print("\n".join(wrong) or "nothing went wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else __doc__)
