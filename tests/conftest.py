"""What all tests share: the devices there are, the relative difference, and the shape of an equation's test."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

DEVICES = ["cpu"]  # those that compute in float64, which Apple's mps does not
if torch.cuda.is_available():
    DEVICES.append("cuda")


@pytest.fixture(params=DEVICES)
def device(request) -> torch.device:
    return torch.device(request.param)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test begins from the same random state, on one thread."""
    torch.manual_seed(0)
    torch.set_num_threads(1)


def relative(a: Tensor, b: Tensor) -> float:
    """max|a−b| / max|b|, the relative difference of `a` from the reference `b`; shapes must be equal."""
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    assert a.shape == b.shape, f"{tuple(a.shape)} against {tuple(b.shape)}"
    scale = b.abs().max().item()
    difference = (a - b).abs().max().item()
    return difference / scale if scale else difference


@pytest.fixture
def relative_difference() -> Callable[[Tensor, Tensor], float]:
    return relative


@pytest.fixture
def equation() -> Callable[..., None]:
    """Hold a formula, written out by itself in float64, against the library; every altered formula must differ.

    equation(formula=..., library=..., altered={"without tanh": ...})
    """

    def hold(*, formula: Tensor, library: Tensor, altered: dict[str, Tensor], tolerance: float = 1e-9) -> None:
        assert torch.as_tensor(formula).dtype == torch.float64, "the formula is written out in float64"
        assert torch.as_tensor(library).dtype == torch.float64, "the library computes in float64 here"
        assert altered, "an equation's test names at least one alteration that must fail"
        assert relative(library, formula) < tolerance
        for name, wrong in altered.items():
            differs = torch.as_tensor(wrong).shape != library.shape or relative(library, wrong) > 1e-3
            assert differs, f"{name} goes unnoticed"

    return hold
