"""Running somebody else's code for a bounded time, in a thread of its own.

A thread is interrupted by two means together: an exception set from outside (`PyThreadState_SetAsyncExc`) and a trace
function. The first alone ends a plain loop, but `while True: try: … except: pass` swallows it. So being swallowed is
what turns the second on: Python makes the exception's object when it is caught, in the thread that catches it, and
making it installs the trace function. From then on every line leaves the exception pending once more, and so it comes
up again in the handler or behind it, one level of `try` further out each time. Until its time is up, an answer runs
without any trace and at full speed.

Neither needs a signal, so both work on Windows. Code that is not Python (a sleep, a large product) hears neither.
"""

import _thread
import ctypes
import functools
import sys
import threading
from collections.abc import Callable

POLL = 0.02  # seconds between two looks at the thread; short, so that Ctrl-C is heard on Windows too
WAITS = 0.02, 0.02, 0.02, 0.05, 0.05, 0.1, 0.1, 0.2, 0.4, 0.4  # seconds to end in, once told to, and told again
# A thousand calls deep, each with a try of its own, take their time to unwind; to be told again disturbs that.
# A handle of our own: argument types set on ctypes.pythonapi's would hold for every other package in this process.
prototype = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)
set_exception = prototype(("PyThreadState_SetAsyncExc", ctypes.pythonapi))


def watch(frame, event, argument):
    """The trace function: a line that is begun leaves the exception pending in this thread."""
    frame.f_trace_lines = event == "exception"  # none pending after one has come up: then the next line counts
    if event in ("line", "call"):
        # A list made of a map, since Python raises what is pending after a call from here, but not after this:
        # so it comes up in the code that is watched. (An exception here would turn the trace off.)
        [*map(set_exception, (_thread.get_ident(),), (Stopped,))]
    return watch


class Stopped(SystemExit):
    """Set in a thread that has run too long, and raised by nobody else: making one turns the trace on.

    No line of Python may run while it is made (the next one could come up there), so __init__ is settrace itself.
    It is a SystemExit, since that ends a thread without a word.
    """

    __init__ = staticmethod(functools.partial(sys.settrace, watch))


def run(work: Callable[[], None], seconds: float) -> str:
    """Run `work` in a thread: "done" within its time, "stopped" after it, or "running" where nothing stops it.

    `work` keeps its own results and lets nothing escape but Stopped. Ctrl-C stops the thread and is raised here.
    """
    done = _thread.allocate_lock()
    done.acquire()
    thread = _thread.start_new_thread(then_release, (work, done))
    try:
        if any(done.acquire(timeout=POLL) for _ in range(max(1, round(seconds / POLL)))):
            return "done"
    except KeyboardInterrupt:
        stop(thread, done)
        raise
    return "stopped" if stop(thread, done) else "running"


def then_release(work: Callable[[], None], done: _thread.LockType) -> None:
    sys.settrace(threading.gettrace())  # a debugger that follows new threads follows this one
    try:
        work()
    finally:
        done.release()


def stop(thread: int, done: _thread.LockType) -> bool:
    """Tell the thread to end, again and again; whether it did."""
    for wait in WAITS:
        frame = sys._current_frames().get(thread)
        while frame is not None and frame.f_code is not then_release.__code__:
            frame.f_trace, frame.f_trace_lines = watch, True  # called before the trace was on, so it must be told
            frame = frame.f_back
        set_exception(thread, Stopped)
        if done.acquire(timeout=wait):
            return True
    return False
