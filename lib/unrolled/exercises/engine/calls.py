"""Calling an answer on every case, twice, and writing down what it did."""

import contextlib
import io
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from unrolled.exercises.engine import bounded, surroundings
from unrolled.exercises.engine.cases import Case, fresh, untouched


class Failure(NamedTuple):
    """An error that an answer raised: its type, its words, and the learner's own line if one is on the way."""

    type: str
    words: str
    line: int | None
    text: str


class Call(NamedTuple):
    """One call: what came back or what was raised, which arguments it changed, what it printed."""

    value: Any
    failure: Failure | None
    changed: tuple[int, ...]
    printed: str


class Run(NamedTuple):
    """All calls of one answer, and how it ended: "done", "stopped" or "running" as in `bounded.run`."""

    calls: list[Call]
    ended: str


def follow(answer: Any, cases: list[Case], use: Callable, gradients: bool, seconds: float) -> Run:
    """Call `use(answer, *arguments)` on all cases, then on all again, within `seconds` altogether."""
    calls: list[Call] = []

    def work() -> None:
        for case in cases * 2:
            calls.append(one(answer, case, use, gradients))

    with surroundings.kept():
        ended = bounded.run(work, seconds)
        return Run(list(calls), ended)


def one(answer: Any, case: Case, use: Callable, gradients: bool) -> Call:
    surroundings.prepare(len(case.arguments))
    leaves = fresh(case.arguments)
    printed = io.StringIO()
    value = failure = None
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), torch.enable_grad():
        try:
            if gradients:
                leaves = tuple(map(ask_gradient, leaves))
            given = tuple(each.clone() if gradients and isinstance(each, Tensor) else each for each in leaves)
            value = use(answer, *given)
            if gradients:
                value = {"output": value, "gradient": gradient(value, leaves)}
        except bounded.Stopped:
            raise
        except BaseException as error:
            failure = failed(error)
    changed = tuple(n for n, pair in enumerate(zip(case.arguments, given, strict=True)) if not untouched(*pair))
    return Call(value, failure, changed, printed.getvalue())


def ask_gradient(argument: Any) -> Any:
    floats = isinstance(argument, Tensor) and argument.is_floating_point()
    return argument.requires_grad_() if floats else argument


def gradient(value: Any, leaves: tuple) -> list[Tensor | None]:
    """For each argument, the gradient of a fixed weighted sum of all outputs; None where nothing flows."""
    outputs = [each for each in flat(value) if isinstance(each, Tensor) and each.requires_grad]
    wanted = [each for each in leaves if isinstance(each, Tensor) and each.requires_grad]
    if not outputs:
        return [None] * len(wanted)
    weigh = torch.Generator().manual_seed(0)
    weights = [torch.randn(each.shape, generator=weigh).to(each) for each in outputs]
    return list(torch.autograd.grad(outputs, wanted, weights, allow_unused=True))


def flat(value: Any) -> list:
    if isinstance(value, dict):
        value = list(value.values())
    return [inner for each in value for inner in flat(each)] if isinstance(value, list | tuple) else [value]


def failed(error: BaseException) -> Failure:
    """What is to be said of an error; the line is the last one that is no library's."""
    try:
        words = str(error)
    except Exception:
        words = ""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if own(each.filename)]
    last = frames[-1] if frames else None
    lines = words.strip().splitlines()
    return Failure(
        type(error).__name__, lines[0] if lines else "", last and last.lineno, last.line or "" if last else ""
    )


def own(filename: str) -> bool:
    """Whether a file is the learner's, not a library's, Python's or this engine's."""
    return not any(part in filename for part in ("site-packages", "unrolled", "lib/python", "<frozen"))
