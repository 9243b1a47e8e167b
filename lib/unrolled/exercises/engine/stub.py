"""Telling an untouched stub from a forgotten `return`, by the code object."""

import dis
import functools
import inspect
from types import CodeType, FunctionType
from typing import Any

NOTHING = {"RESUME", "NOP", "CACHE", "EXTENDED_ARG", "COPY_FREE_VARS", "MAKE_CELL"}


def codes(answer: Any) -> list[CodeType]:
    """The code that an answer was written as: a function's, a class's methods', a callable object's."""
    while isinstance(answer, functools.partial):
        answer = answer.func
    answer = inspect.unwrap(answer) if callable(answer) else answer
    if inspect.ismethod(answer):
        answer = answer.__func__
    if isinstance(answer, FunctionType):
        return [answer.__code__]
    owner = answer if isinstance(answer, type) else type(answer)
    return [each.__code__ for each in vars(owner).values() if isinstance(each, FunctionType)]


def empty(code: CodeType) -> bool:
    """Whether it does nothing: a docstring, `...`, `pass`, `return`, or `raise NotImplementedError`."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in NOTHING]
    if steps[-1].opname == "RAISE_VARARGS":
        return code.co_names == ("NotImplementedError",)
    values = [step.argval for step in steps if step.opname.endswith("CONST")]
    return len(steps) <= 2 and steps[-1].opname.startswith("RETURN") and values in ([None], [Ellipsis])


def fingerprint(code: CodeType) -> tuple:
    """What code does, whatever its file, its lines and its docstring: equal for two copies of one text."""
    inner = tuple(fingerprint(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts[1:])
    return code.co_code, code.co_names, code.co_varnames, inner


def is_stub(answer: Any, given: Any = None) -> bool:
    """Whether nothing was written: no code that does anything, or the code that the page had given."""
    if answer is None or answer is Ellipsis:
        return True
    written = codes(answer)
    if given is not None and sorted(map(fingerprint, written)) == sorted(map(fingerprint, codes(given))):
        return True
    return bool(written) and all(map(empty, written))
