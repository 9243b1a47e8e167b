"""Telling an untouched stub from a forgotten `return`, by the code object."""

import contextlib
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
    with contextlib.suppress(ValueError):  # it wraps itself
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


def fingerprint(code: CodeType) -> list[tuple]:
    """What code does, whatever its file, its lines and its docstring: equal for two copies of one text.

    A method of an imported module is called by other instructions where the import stands in the same file, so
    these are taken as equal, and jumps by their kind alone.
    """
    steps = []
    for step in dis.get_instructions(code):
        value = fingerprint(step.argval) if isinstance(step.argval, CodeType) else repr(step.argval)
        jump = step.opcode in dis.hasjrel or step.opcode in dis.hasjabs
        if step.opname not in NOTHING | {"PRECALL", "PUSH_NULL"}:
            steps.append((step.opname.replace("LOAD_METHOD", "LOAD_ATTR"), None if jump else value))
    return steps


def is_stub(answer: Any, given: Any = None) -> bool:
    """Whether nothing was written: no code that does anything, or the code that the page had given."""
    if answer is None or answer is Ellipsis:
        return True
    written = codes(answer)
    if given is not None and sorted(map(fingerprint, written), key=repr) == sorted(
        map(fingerprint, codes(given)), key=repr
    ):
        return True
    return bool(written) and all(map(empty, written))
