"""A cell with weights of its own, on the codes of the characters."""

import torch
from torch import Tensor
from unrolled.layers import LSTMCell
from unrolled.show.widgets.gate_lab import GateLab

TEXT = 'He said "no" twice.'


def cell(seed: int = 0, H: int = 12) -> LSTMCell:
    """In float64, with weights large enough that the gates move."""
    draw = torch.Generator().manual_seed(seed)
    made = LSTMCell(4, H).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(0.8 * torch.randn(weight.shape, generator=draw, dtype=torch.float64))
    return made


def embed(text: str) -> Tensor:
    """(T, 4), a vector for every character."""
    codes = torch.tensor([ord(character) % 97 for character in text], dtype=torch.float64)
    return torch.stack([(codes * wave).sin() for wave in (1.0, 1.7, 2.3, 3.1)], dim=1)


def example() -> GateLab:
    return GateLab(cell(), embed, TEXT, unit=3, step=9, gate="f", reach="this unit at this step")
