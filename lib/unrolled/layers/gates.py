"""Gates held at a value, inside the one forward pass of a gated cell."""

from torch import Tensor

Force = dict[str, float | Tensor]


def hold(force: Force | None, **gates: Tensor) -> list[Tensor]:
    """The gates (B, H) in order, those named in `force` held at its value for every unit.

    A value may also be a tensor that broadcasts to (B, H), such as one value a unit.
    """
    held = {name: gates[name].new_zeros(()) + value for name, value in (force or {}).items() if name in gates}
    return [held[name].expand_as(gate) if name in held else gate for name, gate in gates.items()]


def check_names(force: Force | None, names: str) -> None:
    """Raise ValueError for a gate that the cell hasn't; `names` are its letters, in order."""
    for name in force or {}:
        if name not in tuple(names):
            raise ValueError(f"force names the gate {name!r}; this cell has {', '.join(names)}")
