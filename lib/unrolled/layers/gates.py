"""Gates held at a value, inside the one forward pass of a gated cell."""

import torch
from torch import Tensor


def hold(gates: dict[str, Tensor], force: dict[str, float] | None) -> list[Tensor]:
    """The gates (B, H) in order, those named in `force` held at its value for every unit.

    A value may also be a tensor that broadcasts to (B, H): one value a unit.
    Raises ValueError for a name that the cell hasn't.
    """
    for name, value in (force or {}).items():
        if name not in gates:
            raise ValueError(f"force names the gate {name!r}; this cell has {', '.join(gates)}")
        gate = gates[name]
        gates[name] = torch.as_tensor(value, dtype=gate.dtype, device=gate.device).expand_as(gate)
    return list(gates.values())
