"""What the engine's tests share."""

import signal
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def keyboard() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt: a test run started in the background inherits that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def untraced(monkeypatch) -> None:
    """Answers here run without coverage: one that is stopped while coverage holds its lock holds it for ever."""
    monkeypatch.setattr(threading, "gettrace", lambda: None)
