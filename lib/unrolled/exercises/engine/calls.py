"""Calling an answer on every case, twice, and writing down what it did."""

import contextlib
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from unrolled.exercises.engine import bounded, surroundings
from unrolled.exercises.engine.cases import Case, fresh, untouched
from unrolled.exercises.engine.compare import plain
from unrolled.exercises.engine.notepad import Notepad

LIBRARIES = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
LIBRARIES.append(str(Path(__file__).parents[2]))  # this package


class Failure(NamedTuple):
    """An error that an answer raised: its type, its words, and the learner's own line if one is on the way."""

    type: str
    words: str
    line: int | None
    text: str


class Call(NamedTuple):
    """One call: what came back (as `compare.plain` gives it) or was raised, and the places of changed arguments."""

    value: Any
    failure: Failure | None
    changed: tuple[int, ...]


class Run(NamedTuple):
    """All calls of one answer, what the first one printed, and how it ended, as `bounded.run` says it."""

    calls: list[Call]
    printed: list[str]
    ended: str


def follow(answer: Any, cases: list[Case], use: Callable, gradients: list[str], seconds: float) -> Run:
    """Call `use(answer, *arguments)` on all cases, then on all again, within `seconds` altogether.

    gradients: names for the arguments whose gradients belong to the output, or none.
    """
    calls: list[Call] = []
    notes = Notepad()

    def work() -> None:
        for case in cases * 2:
            calls.append(one(answer, case, use, gradients))
            notes.close()

    with surroundings.kept(), contextlib.redirect_stdout(notes), contextlib.redirect_stderr(notes):
        ended = bounded.run(work, seconds)
        return Run(list(calls), notes.lines(), ended)


def one(answer: Any, case: Case, use: Callable, gradients: list[str]) -> Call:
    """One call, on copies of the arguments; everything that it raises is kept, but the end of its time."""
    surroundings.prepare(len(case.arguments))
    leaves = tuple(map(ask_gradient, fresh(case.arguments))) if gradients else fresh(case.arguments)
    given = tuple(each.clone() if asks(each) else each for each in leaves) if gradients else leaves
    value = failure = None
    try:
        with torch.enable_grad():
            value = use(answer, *given)
            if gradients:
                value = {"the output": value, **gradient(value, leaves, gradients)}
            value = plain(value)
    except bounded.Stopped:
        raise
    except BaseException as error:
        value, failure = None, failed(error)
    pairs = zip(case.arguments, given, strict=True)
    return Call(value, failure, tuple(n for n, pair in enumerate(pairs) if not untouched(*pair)))


def asks(argument: Any) -> bool:
    return isinstance(argument, Tensor) and argument.requires_grad


def ask_gradient(argument: Any) -> Any:
    floats = isinstance(argument, Tensor) and argument.is_floating_point()
    return argument.requires_grad_() if floats else argument


def gradient(value: Any, leaves: tuple, names: list[str]) -> dict[str, Tensor]:
    """By argument, the gradient of a fixed weighted sum of all outputs; zero where nothing flows."""
    floats = [each for each in flat(value) if isinstance(each, Tensor) and each.is_floating_point()]
    wanted = {f"the gradient by {name}": leaf for name, leaf in zip(names, leaves, strict=True) if asks(leaf)}
    weigh = torch.Generator().manual_seed(0)
    weighted = [(each, torch.randn(each.shape, generator=weigh).to(each)) for each in floats]
    outputs, weights = [each for each, _ in weighted if asks(each)], [by for each, by in weighted if asks(each)]
    if not outputs:
        return {name: torch.zeros_like(leaf) for name, leaf in wanted.items()}
    found = torch.autograd.grad(outputs, list(wanted.values()), weights, allow_unused=True, materialize_grads=True)
    return dict(zip(wanted, found, strict=True))


def flat(value: Any) -> list:
    """All that is in nested tuples, lists and dicts; of a dict by its keys, not by who came first."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=str)]
    return [inner for each in value for inner in flat(each)] if isinstance(value, list | tuple) else [value]


def failed(error: BaseException) -> Failure:
    """What is to be said of an error; its line is the last one that is no library's."""
    try:
        words = str(error).strip().splitlines()
    except Exception:
        words = []
    own = [each for each in traceback.extract_tb(error.__traceback__) if not library(each.filename)]
    line, text = (own[-1].lineno, own[-1].line or "") if own else (None, "")
    return Failure(type(error).__name__, words[0] if words else "", line, text)


def library(filename: str) -> bool:
    return filename.startswith(("<frozen", *LIBRARIES))
