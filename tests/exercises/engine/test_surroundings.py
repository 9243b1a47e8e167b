"""What is put back beyond what a function's test shows."""

import sys
from types import SimpleNamespace

import pytest
from unrolled.exercises.engine import surroundings


class Shell:
    def ask_exit(self):
        return "the kernel ends"


def test_exit_in_a_notebook_leaves_the_kernel_alone(monkeypatch):
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    with surroundings.kept(), pytest.raises(SystemExit):
        shell.ask_exit()
    assert shell.ask_exit() == "the kernel ends"


def test_without_a_notebook_there_is_nothing_to_keep(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    with surroundings.kept():
        pass


def test_random_states_of_accelerators_are_put_back(monkeypatch):
    put = []
    monkeypatch.setattr(surroundings.torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(surroundings.torch.cuda, "get_rng_state_all", lambda: ["state"])
    monkeypatch.setattr(surroundings.torch.cuda, "set_rng_state_all", put.append)
    with surroundings.kept():
        pass
    assert put == [["state"]]


def test_what_is_raised_inside_comes_out():
    with pytest.raises(KeyboardInterrupt), surroundings.kept():
        raise KeyboardInterrupt
