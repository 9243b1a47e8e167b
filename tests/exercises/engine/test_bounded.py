"""Code that never ends is stopped, whatever it does with the exception that stops it."""

import contextlib
import itertools
import sys
import threading
import time

import pytest
from unrolled.exercises.engine import bounded

# The bare excepts and the swallowed exits are the point here.
# ruff: noqa: E722, SIM105, B012


def plain_loop():
    while True:
        pass


def swallows_everything():
    while True:
        try:
            time.sleep(0.001)
        except:
            pass


def swallows_on_two_levels():
    while True:
        try:
            try:
                time.sleep(0.001)
            except:
                pass
        except:
            pass


def swallows_loop_in_loop():
    while True:
        try:
            while True:
                try:
                    while True:
                        try:
                            time.sleep(0.001)
                            _ = 1
                        except:
                            time.sleep(0.0001)
                except BaseException:
                    time.sleep(0.0001)
        except BaseException as error:
            str(error)


def goes_on_in_finally():
    while True:
        try:
            time.sleep(0.001)
        finally:
            continue


def suppresses():
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(0.001)
            _ = 1


def begins_again_by_itself():
    try:
        while True:
            time.sleep(0.001)
    except:
        begins_again_by_itself()


def asks_a_generator():
    def numbers():
        while True:
            try:
                yield 1
            except SystemExit:
                pass

    for _ in numbers():
        try:
            time.sleep(0.001)
        except BaseException:
            continue


def loops_in_an_inner_function():
    def inner():
        for _ in itertools.count():
            try:
                sum(range(100))
            except BaseException:
                pass

    while True:
        try:
            inner()
        except BaseException:
            pass


def loops_in_an_expression():
    return all(True for _ in iter(int, 1))


def calls_itself_without_end():
    def deeper(n):
        return deeper(n + 1)

    while True:
        try:
            deeper(0)
        except:
            pass


ENDLESS = [
    plain_loop,
    swallows_everything,
    swallows_on_two_levels,
    swallows_loop_in_loop,
    goes_on_in_finally,
    suppresses,
    begins_again_by_itself,
    asks_a_generator,
    loops_in_an_inner_function,
    loops_in_an_expression,
    calls_itself_without_end,
]


@pytest.mark.parametrize("work", ENDLESS, ids=lambda work: work.__name__)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_endless_loop_is_stopped(work):
    begin, before = time.monotonic(), set(sys._current_frames())
    assert bounded.run(work, 0.1) == "stopped"
    assert time.monotonic() - begin < 2
    time.sleep(0.05)
    assert set(sys._current_frames()) <= before, "its thread is still there"


def test_what_ends_in_time_is_done_and_runs_without_a_trace_of_ours():
    seen = []
    assert bounded.run(lambda: seen.append(sys.gettrace()), 1.0) == "done"
    assert seen[0] is not bounded.watch


def test_compiled_code_goes_on():
    ending = threading.Event()

    def sleep():
        time.sleep(2.2)
        ending.set()

    begin = time.monotonic()
    assert bounded.run(sleep, 0.1) == "running"
    assert time.monotonic() - begin < 2
    assert not ending.wait(1.2), "the exception that waits for it ends it afterwards"


def test_an_interrupt_from_the_keyboard_stops_the_thread_and_is_raised(keyboard, monkeypatch):
    turns = []

    def work():
        while True:
            turns.append(1)
            time.sleep(0.001)

    real = bounded.stop

    def stopped(*arguments):
        turns.append(real(*arguments))
        return turns[-1]

    monkeypatch.setattr(bounded, "stop", stopped)
    timer = threading.Timer(0.1, bounded._thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        bounded.run(work, 5.0)
    assert turns[-1] is True
