"""Other right ways to write the answers of chapter 03."""

import numpy
import pytest
import torch
from torch import nn
from unrolled import exercises


def jacobian_of_autograd(W_hh, a):
    return torch.autograd.functional.jacobian(lambda h: torch.tanh(h @ W_hh + a), torch.zeros_like(a)).T


def jacobian_by_loop(W_hh, a):
    H = len(a)
    J = torch.empty(H, H)
    for i in range(H):
        for j in range(H):
            J[i, j] = W_hh[i, j] / torch.cosh(a[j]) ** 2
    return J


@pytest.mark.parametrize(
    "answer",
    [
        jacobian_of_autograd,
        jacobian_by_loop,
        lambda W_hh, a: W_hh @ torch.diag(1 - a.tanh() ** 2),
        lambda W_hh, a: torch.einsum("ij,j->ij", W_hh, 1 - a.tanh().square()),
        lambda W_hh, a: W_hh.numpy() * (1 - numpy.tanh(a.numpy()) ** 2),
    ],
)
def test_a_jacobian_may_be_written_in_many_ways(answer):
    assert exercises.get("rnn_jacobian").judge(answer).outcome == "correct"


def chain_from_the_end(J):
    product = J[-1]
    for J_t in reversed(J[:-1]):
        product = J_t @ product
    return product


@pytest.mark.parametrize(
    "answer",
    [
        chain_from_the_end,
        lambda J: torch.linalg.multi_dot(list(J)),
        lambda J: numpy.linalg.multi_dot(list(J.numpy())),
    ],
)
def test_a_chain_may_be_multiplied_in_many_ways(answer):
    assert exercises.get("jacobian_chain").judge(answer).outcome == "correct"


def with_torch(gradients, max_norm):
    parameters = [nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    nn.utils.clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters]


def root_of_squares(gradients, max_norm):
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    if norm <= max_norm:
        return list(gradients)
    return tuple(g * max_norm / norm for g in gradients)


@pytest.mark.parametrize("answer", [with_torch, root_of_squares])
def test_clipping_may_be_written_in_many_ways(answer):
    assert exercises.get("clip_norm").judge(answer).outcome == "correct"


def test_the_gradient_may_be_zeroed_before_or_after_the_loss_is_computed():
    training_step = exercises.get("training_step")
    zero, loss, *rest = training_step.reference.split()
    assert training_step.judge(" ".join([loss, zero, *rest])).outcome == "correct"


def clipped_as_if_parameters(gradients, max_norm):
    nn.utils.clip_grad_norm_(gradients, max_norm)
    return gradients


@pytest.mark.parametrize("answer", [clipped_as_if_parameters, nn.utils.clip_grad_norm_])
def test_clipping_tensors_as_if_they_were_parameters_is_named(answer):
    assert "clip_grad_norm_" in exercises.get("clip_norm").judge(answer).message


def test_the_move_of_a_relu_network_is_that_of_autograd():
    W_hh = torch.tensor([[0.5, 1.0], [-1.0, 0.5]])
    a = torch.tensor([0.5, -1.0])
    J = torch.autograd.functional.jacobian(lambda h: torch.relu(h @ W_hh + a), torch.zeros(2)).T
    assert exercises.get("relu_slope").judge(J[1, 0].item()).outcome == "correct"
    assert exercises.get("relu_slope").judge(J[0, 1].item()).outcome != "correct"


def test_an_angle_in_radians_is_named():
    assert "radians" in exercises.get("value_angle").judge(0.2618).message
