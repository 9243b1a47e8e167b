"""Open a page in JupyterLab in a real browser, run it, and take pictures of it.

    python tests/browser/look.py 04_lstm_gates FOLDER               the whole page, screen by screen
    python tests/browser/look.py 04_lstm_gates FOLDER CELL-ID …     these cells, each in the middle of the screen

It needs what the tests in a browser need, Chromium too. A copy of the page is opened; the page itself stays as it is.
What went wrong in the page's cells and in the browser is printed. Exits with 1 where anything did.
"""

import sys
import tempfile
from pathlib import Path

from conftest import FLAGS, program
from in_jupyterlab import Lab
from playwright.sync_api import Page, sync_playwright

SHOW = """id => {
    const page = jupyterapp.shell.currentWidget.content;
    page.activeCellIndex = [...page.model.cells].findIndex(cell => cell.id === id);
    return page.scrollToItem(page.activeCellIndex, 'center');
}"""


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
    with tempfile.TemporaryDirectory() as own, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=FLAGS)
        lab = Lab(Path(own))
        try:
            opened = lab.open(browser, name)
            opened.page.wait_for_timeout(2000)
            for id in ids:
                cell(opened.page, id, folder)
            if not ids:
                screens(opened.page, folder)
            wrong = [*opened.page.evaluate("course.wrong()"), *opened.gone_wrong()]
        finally:
            lab.close()
            browser.close()
    print("\n".join(wrong) or "nothing went wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else __doc__)
