"""Spectral radius and singular values, on matrices whose values are known."""

import math

import pytest
import torch
from unrolled.gradients import singular_values, spectral_radius, with_spectral_radius

F64 = torch.float64
TURN = torch.tensor([[0.0, -2.0], [2.0, 0.0]], dtype=F64)  # eigenvalues ±2i
SHEAR = torch.tensor([[0.5, 8.0], [0.0, 0.5]], dtype=F64)  # eigenvalues ½, ½; stretches at first


def test_known_radii():
    assert spectral_radius(torch.diag(torch.tensor([1.0, -3.0, 2.0], dtype=F64))) == pytest.approx(3.0)
    assert spectral_radius(TURN) == pytest.approx(2.0)
    assert spectral_radius(SHEAR) == pytest.approx(0.5)
    assert spectral_radius(torch.zeros(3, 3)) == 0.0


def test_the_radius_is_the_growth_in_the_long_run():
    W = torch.randn(6, 6, dtype=F64)
    powers = [torch.linalg.matrix_power(W, n).norm() for n in (200, 300)]
    assert (powers[1] / powers[0]) ** (1 / 100) == pytest.approx(spectral_radius(W), rel=0.02)


@pytest.mark.parametrize("rho", [0.3, 1, 2.5])
def test_a_matrix_gets_the_radius_asked_for_and_keeps_its_direction(rho):
    W = torch.randn(5, 5, dtype=F64, requires_grad=True)
    scaled = with_spectral_radius(W, rho)
    assert spectral_radius(scaled) == pytest.approx(rho)
    assert not scaled.requires_grad
    ratio = scaled / W.detach()
    torch.testing.assert_close(ratio, ratio[0, 0].expand(5, 5))


def test_singular_values_bound_the_stretch_of_one_step_and_may_exceed_the_radius(relative_difference):
    values = singular_values(SHEAR)
    assert values[0] > 8
    W = torch.randn(4, 5, 5, dtype=F64)
    wanted = torch.linalg.eigvalsh(W @ W.mT).flip(-1).sqrt()
    assert relative_difference(singular_values(W), wanted) < 1e-9


@pytest.mark.parametrize(
    ("W", "kind", "sentence"),
    [
        (torch.ones(2, 3), ValueError, r"W must be a square matrix \(H, H\); shape \(2, 3\) came"),
        (torch.ones(2), ValueError, r"W must be a square matrix \(H, H\); shape \(2,\) came"),
        (torch.ones(0, 0), ValueError, r"W must be a square matrix \(H, H\); shape \(0, 0\) came"),
        (torch.full((2, 2), math.nan), ValueError, "W must hold finite numbers"),
        (torch.ones(2, 2, dtype=torch.long), TypeError, "W must hold floating-point numbers; torch.int64 came"),
        ([[1.0]], TypeError, "W must be a tensor; a list came"),
    ],
)
def test_what_has_no_radius_is_named(W, kind, sentence):
    with pytest.raises(kind, match=sentence):
        spectral_radius(W)


def test_what_has_no_singular_values_is_named():
    with pytest.raises(ValueError, match=r"W must be a matrix or a batch of them, not empty; shape \(2,\) came"):
        singular_values(torch.ones(2))
    with pytest.raises(ValueError, match="W must hold finite numbers"):
        singular_values(torch.full((2, 2), math.inf))


def test_no_scale_gives_a_nilpotent_matrix_a_radius():
    with pytest.raises(ValueError, match="W must have an eigenvalue other than 0"):
        with_spectral_radius(torch.tensor([[0.0, 1.0], [0.0, 0.0]]), 1.0)
    with pytest.raises(ValueError, match=r"rho must be above 0; 0\.0 came"):
        with_spectral_radius(torch.eye(2), 0.0)
