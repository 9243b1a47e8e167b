"""Finite differences against derivatives known in closed form and against autograd."""

import math

import pytest
import torch
from unrolled.gradients import numerical_gradient

F64 = torch.float64


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 3)])
def test_the_gradient_equals_the_closed_form(shape, relative_difference):
    x = torch.randn(shape, dtype=F64)
    assert relative_difference(numerical_gradient(lambda x: x.exp().sum(), x), x.exp()) < 1e-8


def test_the_gradient_equals_autograd_on_a_transposed_view(relative_difference):
    W, x = torch.randn(3, 2, dtype=F64).T, torch.randn(4, 2, dtype=F64)
    leaf = W.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(torch.tanh(x @ leaf).sum(), leaf)
    assert relative_difference(numerical_gradient(lambda W: torch.tanh(x @ W).sum(), W), wanted) < 1e-8


def test_the_error_falls_with_the_square_of_the_step():
    x = torch.tensor(1.0, dtype=F64)
    errors = [abs(numerical_gradient(torch.exp, x, epsilon).item() - math.e) for epsilon in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)


def test_neither_x_nor_the_graph_is_touched():
    x = torch.randn(3, dtype=F64, requires_grad=True)
    before = x.detach().clone()
    gradient = numerical_gradient(lambda x: float((x**2).sum()), x)
    assert torch.equal(x.detach(), before)
    assert not gradient.requires_grad
    assert x.grad is None


def test_what_does_not_fit_is_named():
    with pytest.raises(TypeError, match=r"x must be torch\.float64, or rounding drowns the difference; torch\.float32"):
        numerical_gradient(torch.sum, torch.ones(2))
    with pytest.raises(TypeError, match="x must be a tensor; a float came"):
        numerical_gradient(math.exp, 1.0)
    with pytest.raises(ValueError, match=r"f must give one number; shape \(2,\) came"):
        numerical_gradient(torch.exp, torch.ones(2, dtype=F64))
    with pytest.raises(ValueError, match=r"epsilon must be above 0; 0\.0 came"):
        numerical_gradient(torch.sum, torch.ones(2, dtype=F64), 0.0)
