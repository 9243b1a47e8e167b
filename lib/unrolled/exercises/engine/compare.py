"""Whether two outputs say the same: tensors, arrays, numbers, texts, and tuples, lists and dicts of them.

A numpy array counts as a tensor, a number as a tensor without dimensions, any tuple as any list of equal length.
A list of numbers doesn't count as a tensor.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor


class Difference(NamedTuple):
    """The first place where an output is not what is wanted: where, and both sides as `plain` gives them."""

    place: str
    yours: Any
    wanted: Any


def plain(value: Any) -> Any:
    """A copy with tensors for all that holds numbers and lists for all lists and tuples; the rest as it is."""
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        return value.clone() if value.layout == torch.strided else value.to_dense()
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
        return torch.from_numpy(np.array(value))
    if isinstance(value, bool | int | float | complex):
        return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value


def kind(tensor: Tensor) -> str:
    """What sort of numbers a tensor holds."""
    if tensor.dtype == torch.bool:
        return "boolean"
    if tensor.is_complex():
        return "complex"
    return "float" if tensor.is_floating_point() else "integer"


def same_kind(yours: Tensor, wanted: Tensor) -> bool:
    """Whether the sorts agree; of single numbers an integer may stand for a float and the other way round."""
    single = yours.dim() == wanted.dim() == 0 and {kind(yours), kind(wanted)} <= {"integer", "float"}
    return single or kind(yours) == kind(wanted)


def right(yours: Tensor, wanted: Tensor, tolerance: float) -> Tensor:
    """For each value of two tensors of one shape, whether it differs by at most tolerance × the largest wanted."""
    yours, wanted = yours.to(torch.complex128), wanted.to(torch.complex128)
    sizes = wanted.abs()
    largest = sizes[sizes.isfinite()].amax() if sizes.isfinite().any() else torch.tensor(0.0)
    close = (yours - wanted).abs() <= tolerance * (largest if largest > 0 else 1.0)
    return close | (yours == wanted) | (yours.isnan() & wanted.isnan())


def difference(yours: Any, wanted: Any, tolerance: float, exact: bool = False, place: str = "") -> Difference | None:
    """The first difference of two outputs made `plain`, or None. `exact` asks for equal dtypes as well."""
    here = Difference(place, yours, wanted)
    if isinstance(wanted, Tensor):
        agree = isinstance(yours, Tensor) and equal(yours, wanted, tolerance, exact)
        return None if agree else here
    if isinstance(wanted, list) and isinstance(yours, list) and len(yours) == len(wanted):
        pairs = [(f"{place}[{n}]", *pair) for n, pair in enumerate(zip(yours, wanted, strict=True))]
    elif isinstance(wanted, dict) and isinstance(yours, dict) and set(yours) == set(wanted):
        pairs = [(f"{place}[{key!r}]", yours[key], wanted[key]) for key in wanted]
    else:
        return None if scalars_agree(yours, wanted) else here
    found = (difference(mine, theirs, tolerance, exact, there) for there, mine, theirs in pairs)
    return next((each for each in found if each), None)


def equal(yours: Tensor, wanted: Tensor, tolerance: float, exact: bool) -> bool:
    fits = yours.shape == wanted.shape and same_kind(yours, wanted) and (not exact or yours.dtype == wanted.dtype)
    return fits and bool(right(yours, wanted, tolerance).all())


def scalars_agree(yours: Any, wanted: Any) -> bool:
    """Texts and None by value; of anything else its type is all that can be compared."""
    if isinstance(wanted, list | dict):
        return False
    return type(yours) is type(wanted) and (not isinstance(wanted, str | bytes) or yours == wanted)
