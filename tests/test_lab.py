"""`make lab`, run for real in the environment that `make` made."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
STAMP = REPOSITORY / ".venv" / ".course"
MADE = STAMP.is_file() and STAMP.read_text() == str(REPOSITORY) and shutil.which("make")
ADDRESS = re.compile(r"http://localhost:(?P<port>\d+)/lab/tree/notebooks/00_start_here\.ipynb\?token=(?P<token>\w+)")

pytestmark = pytest.mark.skipif(not MADE, reason="this environment was not made by make")


@pytest.fixture
def taken():
    """A port on which something else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def lab(taken):
    """What `make lab` prints, line by line, without a browser on a taken port."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "DISPLAY"))}
    process = subprocess.Popen(
        ["make", "lab", f"ARGS=--port={taken}"],
        cwd=REPOSITORY,
        env={**outer, "BROWSER": "", "PIP_RETRIES": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(120, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    yield process.stdout
    watchdog.cancel()
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate()


def test_it_prints_its_address_takes_the_next_port_and_answers_with_the_first_page(lab, taken):
    begun, said = time.monotonic(), []
    for line in lab:
        said.append(line)
        if ADDRESS.search(line):
            break
    found = ADDRESS.search(said[-1])
    assert found, "".join(said)
    assert int(found["port"]) != taken
    assert time.monotonic() - begun < 60, "nothing is to be installed"
    assert "JupyterLab" in fetched(found[0])
    assert "Start here" in asked(found, "api/contents/notebooks/00_start_here.ipynb")
    settings = json.loads(asked(found, "lab/api/settings/@jupyterlab/apputils-extension:notification"))
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false", "it would ask about news"
    settings = json.loads(asked(found, "lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin"))
    assert settings["schema"]["properties"]["saveState"]["default"] is True, "a page opened again would show errors"


def asked(address: re.Match, path: str) -> str:
    """What the server that was found at the address says at a path."""
    return fetched(f"http://localhost:{address['port']}/{path}?token={address['token']}")


def fetched(url: str) -> str:
    """What stands at an address; the server prints its own a moment before it listens."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.1)
    raise AssertionError(f"nothing listens at {url}")
