"""Sentences for answers that no known mistake explains: what came, what was wanted, what to do."""

import inspect
from typing import Any

from torch import Tensor

from unrolled.exercises.engine.calls import Call, Run
from unrolled.exercises.engine.compare import Difference, difference, plain, right, same_kind

PRINTED_LINES = 10


def misfit(answer: Any, exercise) -> str:
    """Why an answer can't be called at all, or nothing."""
    if not callable(answer):
        name = exercise.id
        return f"A function is wanted, and this is a {type(answer).__name__}. Hand in {name} itself: check({name})."
    if exercise.use.__name__ != "plain_call":
        return ""
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*exercise.cases[0].arguments)
    except TypeError:
        wanted = ", ".join(exercise.names)
        return f"Your function takes {signature}, and it is called with ({wanted}). Give it these arguments, in this order."
    return ""


def printed(run: Run) -> str:
    """What the first call printed, shortened."""
    lines = run.calls[0].printed.rstrip().splitlines() if run.calls else []
    if not lines:
        return ""
    more = [f"… and {len(lines) - PRINTED_LINES} lines more"] if len(lines) > PRINTED_LINES else []
    return "\n".join(["", "", "It printed:", *(f"  {each[:200]}" for each in lines[:PRINTED_LINES] + more)])


def changed(run: Run, names: list[str]) -> str:
    """Which arguments were changed in place, or nothing."""
    which = sorted({n for call in run.calls for n in call.changed})
    if not which:
        return ""
    listed = " and ".join(names[n] if n < len(names) else f"argument {n + 1}" for n in which)
    return (
        f"The values are right, but {listed} is changed in place, and whoever calls your function still needs it. "
        "Make a new tensor instead: h = h + 1, not h += 1; or work on a copy, x.clone()."
    )


def wrong(run: Run, exercise, seconds: float) -> str:
    """What to say of a run that matches nothing known."""
    if run.ended == "stopped":
        return f"It did not end within {seconds:g} seconds and was stopped. Does its loop ever end?"
    if run.ended == "running":
        return (
            f"It did not end within {seconds:g} seconds, and it goes on in compiled code, where nothing can "
            "stop it. Restart the kernel (Kernel → Restart Kernel), then look for what takes so long."
        )
    n, call = next(
        (n, call)
        for n, (call, wanted) in enumerate(zip(run.calls, exercise.wanted.calls, strict=True))
        if call.failure or not exercise.alike(call, wanted, False)
    )
    cases = len(exercise.cases)
    if n >= cases:
        return (
            "Asked the same again, it gives another answer: something is kept from one call to the next. "
            "Let everything it needs come in through its arguments."
        )
    tried = describe_arguments(exercise.cases[n].arguments, exercise.names)
    if call.failure:
        return failure(call) + tried
    found = difference(call.value, exercise.wanted.calls[n].value, exercise.tolerance, exercise.exact_dtype)
    return value(found) + tried


def describe_arguments(arguments: tuple, names: list[str]) -> str:
    parts = [
        f"{name} {tuple(each.shape)}" for name, each in zip(names, arguments, strict=False) if isinstance(each, Tensor)
    ]
    return f"\nTried with {', '.join(parts)}." if parts else ""


def failure(call: Call) -> str:
    type_, words, line, text = call.failure
    if type_ in ("SystemExit", "KeyboardInterrupt"):
        return "It leaves Python (exit, quit or an interrupt). A function ends with return."
    if type_ == "RecursionError":
        return "It calls itself without end. A function that calls itself needs a case in which it doesn't."
    where = f" in line {line}, `{text.strip()}`" if line else ""
    dots = " There are still dots (...) in it, to be replaced." if "ellipsis" in words.lower() else ""
    return f"It raises {type_}{where}: {words[:300]}{'' if words.endswith(('.', '?', '!')) else '.'}{dots}"


def value(found: Difference) -> str:
    place, yours, wanted = found
    at = f" at output{place}" if place else ""
    if yours is None:
        return f"It returns None{at}. Is the return missing, or without a value?"
    if not isinstance(wanted, Tensor):
        return f"It returns {say(yours)}{at}; wanted is {say(wanted)}."
    if isinstance(yours, list):
        return f"It returns {say(yours)}{at} where a tensor is wanted: torch.stack makes one of tensors, torch.tensor of numbers."
    if not isinstance(yours, Tensor):
        return f"It returns {say(yours)}{at}; wanted is {say(wanted)}."
    return sentence(yours, wanted) + "\n" + table(yours, wanted)


def sentence(yours: Tensor, wanted: Tensor) -> str:
    if yours.shape != wanted.shape:
        return "The shape is not the one that is wanted."
    if not same_kind(yours, wanted):
        return "The shape is right, the dtype is not."
    if yours.isnan().any() and not wanted.isnan().any():
        return "There are NaN among the values: look for 0/0, inf − inf, or the logarithm or root of a negative number."
    if yours.isinf().any() and not wanted.isinf().any():
        return "There are infinities among the values: look for a division by zero, or an exp of something large."
    return "The shape is right, the values are not."


def table(yours: Tensor, wanted: Tensor) -> str:
    rows = [
        ("", "yours", "wanted"),
        ("shape", str(tuple(yours.shape)), str(tuple(wanted.shape))),
        ("dtype", name(yours), name(wanted)),
    ]
    if yours.shape == wanted.shape and wanted.numel():
        good = int(right(yours, wanted, 1e-4).sum())
        rows.append(("right values", f"{good} of {wanted.numel()}", ""))
        if not yours.is_complex():
            largest = (yours.double() - wanted.double()).abs().max().item()
            rows.append(("largest difference", f"{largest:.2g}", ""))
    return "\n".join(f"  {a:<20}{b:<16}{c}".rstrip() for a, b, c in rows)


def name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def say(value: Any) -> str:
    value = plain(value)
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}" if value.dim() else f"the number {value.item():.6g}"
    if isinstance(value, list):
        return f"{len(value)} values"
    if isinstance(value, dict):
        return f"a dict with {', '.join(map(str, value))}"
    return repr(value)[:100] if isinstance(value, str) else f"a {type(value).__name__}"
