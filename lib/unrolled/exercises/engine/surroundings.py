"""What an answer may turn upside down, put back as it was."""

import contextlib
import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Whatever happens inside: afterwards random states, defaults, streams, filters and folder are as before.

    Of torch, gradient mode and default device belong to a thread; an answer has its own.
    """
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    streams, folder, depth = (sys.stdout, sys.stderr), os.getcwd(), sys.getrecursionlimit()
    figures = open_figures()
    tracing = sys.gettrace(), threading.gettrace()
    try:
        with staying(), warnings.catch_warnings(), torch.inference_mode(False), torch.enable_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdout, sys.stderr = streams
        for number in open_figures() - figures:  # else the page would show each of them
            sys.modules["matplotlib.pyplot"].close(number)
        sys.setrecursionlimit(depth)
        os.chdir(folder)
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)  # even where it is so in this thread: it holds for those to come
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        if (sys.gettrace(), threading.gettrace()) != tracing:
            sys.settrace(tracing[0])
            threading.settrace(tracing[1])


def open_figures() -> set[int]:
    """The numbers of matplotlib's open figures, where it is in use."""
    return set(sys.modules["matplotlib.pyplot"].get_fignums()) if "matplotlib.pyplot" in sys.modules else set()


@contextlib.contextmanager
def staying() -> Iterator[None]:
    """Inside, `exit()` in a notebook raises SystemExit as it does elsewhere; IPython's own would end the kernel."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        yield
        return
    shell.ask_exit = sys.exit
    try:
        yield
    finally:
        del shell.ask_exit


def prepare(seed: int) -> None:
    """The same start for every call: seeded, in float32."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    torch.set_default_dtype(torch.float32)
