"""Open a page in JupyterLab in a real browser, run it, and take pictures of it.

    python tests/browser/look.py 04_lstm_gates FOLDER              the whole page, screen by screen
    python tests/browser/look.py 04_lstm_gates FOLDER CELL-ID      one cell in the middle of the screen

It needs more than the course does: `pip install playwright`, and Chromium (or its path in CHROMIUM).
What the page's kernel and the browser's console said of errors is printed. Exits with 1 where there were any.
"""

import os
import re
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
IDLE = '.jp-NotebookPanel-toolbar [data-status="idle"]'
SCREEN = {"width": 1280, "height": 900}


def start() -> tuple[subprocess.Popen, str]:
    """`make lab` without a browser, and the address that it prints."""
    lab = subprocess.Popen(
        ["make", "lab", "ARGS=--no-browser"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in lab.stdout:
        found = re.search(r"http://localhost\S+token=\S+", line)
        if found:
            return lab, found[0]
    raise RuntimeError("make lab ended without an address")


def run_all(page: Page, seconds: int = 300) -> None:
    """Run every cell from the menu, and wait until the kernel rests."""
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_timeout(5000)  # the kernel is "idle" before it is asked for, too
    page.wait_for_selector(IDLE, timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.wait_for_timeout(2000)
    page.wait_for_selector(IDLE, timeout=1000 * seconds)
    page.wait_for_timeout(2000)


def screens(page: Page, folder: Path) -> None:
    """The page from top to bottom, one picture a screen."""
    pane = page.locator(".jp-WindowedPanel-outer").first
    height, at, number = pane.evaluate("pane => pane.scrollHeight"), 0, 0
    while at < height:
        pane.evaluate("(pane, at) => { pane.scrollTop = at; }", at)
        page.wait_for_timeout(400)
        page.screenshot(path=folder / f"{number:02d}.png")
        at, number = at + 780, number + 1
        height = pane.evaluate("pane => pane.scrollHeight")


def cell(page: Page, id: str, folder: Path) -> None:
    """One cell, in the middle of the screen; the notebook knows the cell by the id it is stored under."""
    import nbformat

    name = page.url.split("/")[-1].split("?")[0]
    cells = nbformat.read(REPOSITORY / "notebooks" / name, as_version=4).cells
    place = next(n for n, each in enumerate(cells) if each.id == id)
    pane = page.locator(".jp-WindowedPanel-outer").first
    chosen = page.locator(f'.jp-Notebook [data-windowed-list-index="{place}"]')
    while not chosen.count():
        pane.evaluate("pane => { pane.scrollTop += 500; }")
        page.wait_for_timeout(200)
    chosen.evaluate("cell => cell.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(800)
    page.screenshot(path=folder / f"{id}.png")


def main(name: str, folder: str, *ids: str) -> int:
    Path(folder).mkdir(parents=True, exist_ok=True)
    lab, address = start()
    errors = []
    try:
        with sync_playwright() as browsers:
            browser = browsers.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
            )
            page = browser.new_page(viewport=SCREEN)
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
            page.goto(address.replace("00_start_here", name).replace("?", "?reset&"))  # no page left open from before
            run_all(page)
            for id in ids:
                cell(page, id, Path(folder))
            if not ids:
                screens(page, Path(folder))
            failed = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count()
            errors += ["a cell raised an error"] * failed
            browser.close()
    finally:
        lab.terminate()
    print("\n".join(errors) or "no errors")
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else __doc__)
