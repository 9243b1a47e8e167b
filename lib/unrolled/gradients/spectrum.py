"""What a square matrix does to a vector when it is applied again and again.

    ρ(W) = max |λ_i(W)|                  the spectral radius: ‖Wⁿ‖ grows like ρⁿ in the long run
    σ_1(W) = max ‖v W‖ / ‖v‖             the largest singular value: the most that one step can stretch

ρ ≤ σ_1, and they differ as soon as W is not normal: a few steps may stretch what many steps shrink.
Source: Horn and Johnson, Matrix analysis (2nd edition, 2013), section 5.6.
"""

import torch
from torch import Tensor

from . import expect


def spectral_radius(W: Tensor) -> float:
    """The largest absolute eigenvalue of W (H, H)."""
    return torch.linalg.eigvals(square(W).detach()).abs().max().item()


def with_spectral_radius(W: Tensor, rho: float) -> Tensor:
    """W (H, H) scaled so that its spectral radius is rho; raises ValueError where no scale does that."""
    expect.positive("rho", rho)
    radius = spectral_radius(W)
    if radius == 0:
        raise ValueError("W must have an eigenvalue other than 0; its spectral radius is 0")
    return W.detach() * (rho / radius)


def singular_values(W: Tensor) -> Tensor:
    """The singular values of W (..., H, H), largest first, (..., H)."""
    expect.tensor("W", W)
    if W.dim() < 2 or 0 in W.shape:
        raise ValueError(f"W must be a matrix or a batch of them, not empty; shape {tuple(W.shape)} came")
    return torch.linalg.svdvals(finite(W.detach()))


def square(W: Tensor) -> Tensor:
    expect.tensor("W", W)
    if W.dim() != 2 or W.shape[0] != W.shape[1] or len(W) == 0:
        raise ValueError(f"W must be a square matrix (H, H); shape {tuple(W.shape)} came")
    return finite(W)


def finite(W: Tensor) -> Tensor:
    if not W.isfinite().all():
        raise ValueError("W must hold finite numbers; an entry is infinite or not a number")
    return W
