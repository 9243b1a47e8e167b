"""Sentences for answers that no known mistake explains: what came, what was wanted, what to do."""

import inspect
import math
import re
from collections.abc import Sequence
from fractions import Fraction
from types import GeneratorType
from typing import Any

import torch
from torch import Tensor

from unrolled.exercises.engine.calls import Failure
from unrolled.exercises.engine.compare import Difference, right, same_kind

ADVICE = {
    "NameError": "A name has to be an argument, or be made before it is used.",
    "IndexError": "Print the shape of what is indexed there, and the index.",
    "RuntimeError": "Print the shapes of what meets in that line, and the dtypes.",
    "ValueError": "Print what goes into that line.",
    "TypeError": "Print what goes into that line, and its type.",
    "AttributeError": "Print what stands before the dot there, and its type.",
    "RecursionError": "A function that calls itself needs a case in which it doesn't.",
}

POWER = re.compile(r"bitwise_xor|type\(s\) for \^=?:")  # what torch and Python say of 2 ^ x


def not_callable(answer: Any, id: str) -> str:
    return f"A function is wanted, and this is {say_type(answer)}. Hand in the function itself, uncalled: check({id})."


def misfit(answer: Any, names: Sequence[str]) -> str:
    """Why an answer can't be called with these arguments, or nothing."""
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*names)
    except TypeError:
        return f"Yours takes {signature}, and it is called with ({', '.join(names)}): these arguments, in this order."
    return ""


def changed(names: Sequence[str]) -> str:
    """For an answer that is right, but changes these arguments."""
    return (
        f"The values are right, but {' and '.join(names)} changed on the way, and whoever calls your function still "
        f"needs what was in there, to the last bit. Work on a copy (of a tensor h it is h.clone(), of a list "
        "list(h)), or on what makes a new tensor: h + 1 does, h += 1 and methods that end in _ don't."
    )


def no_end(ended: str, seconds: float) -> str:
    if ended == "stopped":
        return f"It did not end within {seconds:g} seconds and was stopped. Look at its loops: what ends them?"
    return (
        f"It did not end within {seconds:g} seconds, and it still goes on, most likely in compiled code, which can't "
        "be stopped from here. Restart the kernel (menu Kernel, Restart Kernel), then look at what takes so long."
    )


def another() -> str:
    return (
        "Asked the same again, it gives another answer: something is kept from one call to the next, or left to chance."
        " Let all that it needs come in through its arguments."
    )


def tried(arguments: Sequence[Any], names: Sequence[str]) -> str:
    """The inputs, as far as they can be said in a few words."""
    parts = [f"{name} {short}" for name, each in zip(names, arguments, strict=False) if (short := shortly(each))]
    return f"\nTried with {', '.join(parts)}." if parts else ""


def shortly(argument: Any) -> str:
    if isinstance(argument, Tensor):
        return str(tuple(argument.shape))
    said = written(argument)
    return f"= {said}" if 0 < len(said) <= 40 else ""


def written(argument: Any) -> str:
    """A number, a text, or a list of such, as in code (a fraction as 3/4); nothing for anything else."""
    if isinstance(argument, list):
        parts = [written(each) for each in argument]
        return f"[{', '.join(parts)}]" if all(parts) else ""
    if isinstance(argument, Fraction):
        return str(argument)
    return repr(argument) if isinstance(argument, bool | int | float | str) else ""


def failure(failed: Failure) -> str:
    """For an answer that raises."""
    if failed.type in ("SystemExit", "KeyboardInterrupt"):
        return (
            "It leaves Python (by exit, quit or an interrupt). A function ends with return, and hands its result over."
        )
    where = f" in line {failed.line}, `{failed.text.strip()[:100]}`" if failed.text else ""
    where = where or (f" in line {failed.line}" if failed.line else "")
    words = f": {failed.words[:300].rstrip('.')}" if failed.words else ""
    dots = "ellipsis" in failed.words.lower()
    if not failed.line and failed.words and failed.type == "ValueError":
        return f"{failed.words.rstrip('.')}."  # said by the check itself, about what came
    known = ADVICE.get(failed.type, "") if failed.line else ""
    known = "A power is written **; ^ compares bits." if POWER.search(failed.words) else known
    advice = "There are still dots (...) in it, to be replaced." if dots else known
    return f"It raises {failed.type}{where}{words}. {advice}".rstrip()


def value(found: Difference, tolerance: float) -> str:
    """For an answer that returns something else."""
    place, yours, wanted = found
    at = f" in {where(place)}" if place else ""
    if yours is None:
        return f"It returns None{at}. Is the return missing, or is nothing behind it?"
    if isinstance(yours, Tensor) and isinstance(wanted, Tensor):
        return f"{sentence(yours, wanted, at)}\n{table(yours, wanted, tolerance)}"
    if isinstance(yours, list) and isinstance(wanted, Tensor):
        advice = (
            "torch.stack makes one of tensors, torch.tensor one of numbers." if wanted.dim() else "Return it alone."
        )
        alone = [n for n, each in enumerate(yours) if same(each, wanted, tolerance)]
        advice = f"Return its element {alone[0]} alone." if alone else advice
        return f"It returns {say(yours)}{at}, where {say(wanted)} is wanted. {advice}"
    if isinstance(yours, GeneratorType):
        return f"It gives a generator{at}, since there is a yield in it. Use return."
    return f"It returns {say(yours)}{at}, where {say(wanted)} is wanted."


def same(each: Any, wanted: Tensor, tolerance: float) -> bool:
    """Whether this element of what came is all that was wanted."""
    shaped = isinstance(each, Tensor) and each.shape == wanted.shape and same_kind(each, wanted)
    return shaped and bool(right(each, wanted, tolerance).all())


def where(place: str) -> str:
    """A place in the result; of an output that is held beside its gradients, which of these it is in."""
    part, _, rest = place.removeprefix("['").partition("']")
    return f"{part}{rest}" if place.startswith("['the ") else f"result{place}"


def sentence(yours: Tensor, wanted: Tensor, at: str) -> str:
    """What is wrong with a tensor first of all."""
    if yours.shape != wanted.shape:
        return f"The shape{at} is not the one that is wanted."
    values = right(yours, wanted, 1e-4).all()
    if not same_kind(yours, wanted) or (values and yours.dtype != wanted.dtype):
        how = f"as with .to(torch.{name(wanted)})" if values else "and other values, which .to() alone does not give"
        return f"The shape{at} is right, the dtype is not: make it {name(wanted)}, {how}."
    if yours.isnan().any() and not wanted.isnan().any():
        return f"There are NaN{at}: look for 0/0, for inf − inf, and for a root or logarithm of what is negative."
    if yours.isinf().any() and not wanted.isinf().any():
        return f"There are infinities{at}: look for a division by zero, and for an exp of something large."
    if "gradient" in at and not yours.any():
        return f"No gradient arrives{at}: look for detach, .item(), numpy, no_grad, and tensors made anew on the way."
    return f"The shape{at} is right, the values are not."


def table(yours: Tensor, wanted: Tensor, tolerance: float) -> str:
    """Shape, dtype, share of right values and largest difference, side by side."""
    rows = [("", "yours", "wanted")]
    if wanted.dim() == yours.dim() == 0:
        rows.append(("value", item(yours), item(wanted)))
    rows += [("shape", str(tuple(yours.shape)), str(tuple(wanted.shape))), ("dtype", name(yours), name(wanted))]
    if yours.shape == wanted.shape and wanted.dim():
        good, count = int(right(yours, wanted, tolerance).sum()), wanted.numel()
        rows.append(("right values", f"{good} of {count}", "all"))
        if not yours.is_complex() and not wanted.is_complex():
            largest = apart(yours.double(), wanted.double())
            rows.append(("largest difference", "NaN" if math.isnan(largest) else f"{largest:.2g}", "0"))
    return "\n".join(f"  {a:<20}{b:<16}{c}".rstrip() for a, b, c in rows)


def apart(yours: Tensor, wanted: Tensor) -> float:
    """The largest difference; NaN where one of the two alone is NaN. Equal infinities have none."""
    alike = (yours == wanted) | (yours.isnan() & wanted.isnan())
    return (yours - wanted).masked_fill(alike, 0.0).abs().amax().item()


def item(tensor: Tensor) -> str:
    """The value of a tensor without dimensions."""
    return str(tensor.item()) if tensor.dtype == torch.bool else f"{tensor.item():.6g}"


def name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def say(value: Any) -> str:
    """An output in a few words."""
    if isinstance(value, Tensor):
        single = "" if value.dtype == torch.bool else "the number "
        return f"a tensor of shape {tuple(value.shape)}" if value.dim() else f"{single}{item(value)}"
    if isinstance(value, list):
        return f"a list or tuple of {len(value)}"
    if isinstance(value, dict):
        return f"a dict with the keys {', '.join(map(repr, value)) or 'none'}"
    return repr(value)[:100] if isinstance(value, str) else say_type(value)


def say_type(value: Any) -> str:
    kind = type(value).__name__
    return f"an {kind}" if kind[0] in "aeiouAEIOU" else f"a {kind}"
