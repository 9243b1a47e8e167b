"""Characters by number."""

from collections.abc import Iterable

from torch import Tensor


def decoded(indices: Tensor | Iterable[int], characters: str) -> str:
    """The text whose characters have these numbers. ValueError for a number that there is none for."""
    numbers = indices.tolist() if isinstance(indices, Tensor) else list(indices)
    for number in numbers:
        if not 0 <= number < len(characters):
            raise ValueError(f"indices holds {number}; there are {len(characters)} characters, numbered from 0")
    return "".join(characters[number] for number in numbers)
