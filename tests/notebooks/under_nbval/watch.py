"""What nbval lets pass, looked at in the same run: a pytest plugin.

A cell fails when it writes to stderr, or shows a picture without alternative text. A notebook fails when it takes
more than 900 MB or 60 seconds. Seconds are those of the clock, or of the processor where these are fewer: so a busy
machine is not blamed on the page, and two cores at work are not counted twice. All are recorded, and printed.
"""

import json
import re
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

SECONDS = 60
MEGABYTES = 900
IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
ALT = re.compile(r"""\balt=("[^"]*\w[^"]*"|'[^']*\w[^']*')""", re.IGNORECASE)


class Shown(NamedTuple):
    """What the outputs of one cell show: how many pictures, and what is wrong, in sentences."""

    pictures: int
    faults: list[str]


def looked_at(outputs: list[dict]) -> Shown:
    pages = [output["data"] for output in outputs if "data" in output]
    images = [image for page in pages for image in IMAGE.findall(page.get("text/html", ""))]
    faults = [f"it wrote to stderr: {output['text']}" for output in outputs if output.get("name") == "stderr"]
    faults += [f"a picture has no alternative text: {image[:80]}" for image in images if not ALT.search(image)]
    faults += [f"{kind} is not shown by show.picture" for page in pages for kind in page if kind.startswith("image/")]
    faults += [f"a bare {page['text/plain']} is left at the end of the cell" for page in pages if bare(page)]
    return Shown(len(images), faults)


def bare(page: dict) -> bool:
    """Whether the output is the text of an object that nobody wants to read."""
    return set(page) == {"text/plain"} and bool(re.match(r"\[?<.* at 0x|<Figure|<Axes|Text\(", page["text/plain"]))


def peak(process: int) -> float:
    """The most memory that the process has held, in MB; where the system does not keep it, what it holds now."""
    status = Path(f"/proc/{process}/status")
    kept = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.is_file() else None
    return int(kept[1]) / 1e3 if kept else psutil.Process(process).memory_info().rss / 1e6


def pytest_addoption(parser):
    parser.addoption("--record", default="build/pages", help="folder for seconds, memory and pictures of each notebook")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    if not hasattr(item.parent, "begun"):
        item.parent.begun, item.parent.pictures = time.monotonic(), 0
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    result = yield
    shown = looked_at(item.test_outputs or [])
    item.parent.pictures += shown.pictures
    faults = shown.faults + (measured(item) if item is last(item) else [])
    assert not faults, "; ".join(faults)
    return result


def last(item):
    return [each for each in item.session.items if each.parent is item.parent][-1]


def measured(item) -> list[str]:
    """Record what the notebook took; returns what was too much."""
    kernel = item.parent.kernel.km.provisioner.pid
    clock, work = time.monotonic() - item.parent.begun, sum(psutil.Process(kernel).cpu_times()[:2])
    seconds, megabytes = min(clock, work), peak(kernel)
    record = {"clock": round(clock, 1), "processor": round(work, 1), "megabytes": round(megabytes)}
    record["pictures"] = item.parent.pictures
    folder = item.config.rootpath / item.config.option.record
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{item.path.stem}.json").write_text(json.dumps(record))
    limits = [(seconds, SECONDS, "seconds"), (megabytes, MEGABYTES, "MB")]
    return [f"the notebook took {took:.0f} {unit}, {most} are allowed" for took, most, unit in limits if took > most]


def pytest_terminal_summary(terminalreporter, config):
    if hasattr(config, "workerinput"):
        return
    for path in sorted((config.rootpath / config.option.record).glob("*.json")):
        record = json.loads(path.read_text())
        times = f"{record['clock']:5.1f} s by the clock, {record['processor']:5.1f} s of the processor"
        told = f"{times}, {record['megabytes']:4d} MB, {record['pictures']:2d} pictures"
        terminalreporter.write_line(f"{path.stem:<36} {told}")
