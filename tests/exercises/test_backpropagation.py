"""Right answers to 02 in other words, and wrong ones that the lists do not name."""

import numpy as np
import pytest
import torch
from unrolled.exercises import backpropagation as ex


def test_a_step_back_by_autograd_is_right():
    def answer(grad_h, x, h_before, h, W_hh):
        """The same by torch: a network whose state is h, whatever the input weights were."""
        W_xh, W, before = torch.zeros(x.shape[1], len(W_hh)), W_hh.clone(), h_before.clone()
        a = torch.atanh(h) - h_before @ W_hh  # what else came in
        leaves = [each.requires_grad_() for each in (before, W_xh, W)]
        state = torch.tanh(a + x @ W_xh + before @ W)
        return torch.autograd.grad(state, leaves, grad_h)

    assert ex.step_backward.judge(answer).outcome == "correct"


def test_a_step_back_in_numpy_is_right():
    def answer(grad_h, x, h_before, h, W_hh):
        grad_h, x, h_before, h, W_hh = (each.numpy() for each in (grad_h, x, h_before, h, W_hh))
        grad_a = grad_h * (1 - h**2)
        return grad_a @ W_hh.T, np.einsum("bd,bh->dh", x, grad_a), np.einsum("bi,bj->ij", h_before, grad_a)

    assert ex.step_backward.judge(answer).outcome == "correct"


def test_shares_added_up_one_by_one_are_right():
    def answer(grad_h, h, h0, W_hh):
        total = torch.zeros_like(W_hh)
        for t in range(h.shape[1]):  # every loss by itself
            blame = grad_h[:, t]
            for k in range(t, -1, -1):
                grad_a = blame * (1 - h[:, k] ** 2)
                before = h0 if k == 0 else h[:, k - 1]
                total += torch.einsum("bi,bj->ij", before, grad_a)
                blame = grad_a @ W_hh.T
        return total

    assert ex.backward_through_time.judge(answer).outcome == "correct"


def test_half_the_blame_is_refused():
    verdict = ex.backward_through_time.judge(
        lambda grad_h, h, h0, W_hh: ex.through_time(grad_h, h, h0, W_hh, carry=0.5)
    )
    assert (verdict.outcome, verdict.mistake) == ("not yet", None)


def test_windows_cut_by_split_are_right():
    def answer(x, W_xh, W_hh, window):
        h, windows = torch.zeros(x.shape[0], W_hh.shape[0]), []
        for part in x.split(window, dim=1):
            h = h.clone().detach()
            for x_t in part.unbind(dim=1):
                h = (x_t @ W_xh + h @ W_hh).tanh()
                windows.append(h)
        return torch.stack(windows, 1)

    assert ex.truncated_states.judge(answer).outcome == "correct"


def test_a_window_of_another_length_is_refused():
    verdict = ex.truncated_states.judge(lambda x, W_xh, W_hh, window: ex.truncated_states.reference(x, W_xh, W_hh, 4))
    assert (verdict.outcome, verdict.mistake) == ("not yet", None)


def test_a_nudge_by_two_matrices_of_zeros_is_right():
    def answer(f, W, i, j, epsilon):
        e = torch.zeros_like(W)
        e[i, j] = epsilon
        return float(f(W + e) - f(W - e)) / epsilon / 2

    assert ex.nudge.judge(answer).outcome == "correct"


def test_a_nudge_in_place_that_is_not_undone_is_refused():
    def answer(f, W, i, j, epsilon):
        W[i, j] += epsilon
        up = f(W)
        W[i, j] -= 2 * epsilon
        return (up - f(W)) / (2 * epsilon)

    assert ex.nudge.judge(answer).outcome == "not yet"


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6], [0, 1, 4, 2, 3, 5, 6], [0, 1, 2, 3, 5, 6, 4]])
def test_zero_grad_may_stand_anywhere_but_between_backward_and_step(order):
    assert ex.training_order.judge([ex.training_order.labels[n] for n in order]).outcome == "correct"


def test_a_second_name_in_place_of_a_copy_is_named():
    def answer(f, W, i, j, epsilon):
        V = W
        V[i, j] += epsilon
        up = f(V)
        V = W
        V[i, j] -= epsilon
        return (up - f(V)) / (2 * epsilon)

    assert ex.nudge.judge(answer).mistake == "one_name"


def test_right_gradients_in_another_order_are_called_right():
    def answer(grad_h, x, h_before, h, W_hh):
        grad_a = grad_h * (1 - h**2)
        return x.T @ grad_a, h_before.T @ grad_a, grad_a @ W_hh.T

    assert "All three are right" in ex.step_backward.judge(answer).message


@pytest.mark.parametrize(("answer", "n"), [(1e-5, 5), (1e-6, 6), (10**-13, 13)])
def test_an_epsilon_in_place_of_its_exponent_is_named(answer, n):
    assert f"for this ε it is {n}." in ex.small_step.judge(answer).message
