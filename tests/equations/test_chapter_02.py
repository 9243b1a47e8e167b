"""The equations of 02, backpropagation through time, each written out by itself and held against the library."""

import torch
from unrolled.gradients import numerical_gradient, rnn_bptt
from unrolled.layers import RNN

F64 = torch.float64


class Case:
    """A small network, its run from a state that is not zero, the losses' own gradients, and the library's answer."""

    def __init__(self, B=2, T=5, D=3, H=4, window=None):
        self.T, self.cell = T, RNN(D, H).to(F64).cell
        self.x, self.h0 = torch.randn(B, T, D, dtype=F64), torch.randn(B, H, dtype=F64).tanh()
        layer = RNN(D, H).to(F64)
        layer.cell = self.cell
        self.trace = layer(self.x, self.h0)
        self.h, self.W_hh = self.trace.h.detach(), self.cell.W_hh.detach()
        self.own = torch.randn(B, T, H, dtype=F64)
        self.library = rnn_bptt(self.cell, self.x, self.trace, self.own, self.h0, window=window)
        self.before = torch.cat([self.h0[:, None], self.h[:, :-1]], dim=1)
        self.grad_a = self.library.blame_a.sum(1)


def test_eq_2_1_blame_passes_the_slope_of_tanh(equation):
    one = Case(T=1)
    h, grad_h = one.h[:, 0], one.own[:, 0]
    equation(
        formula=grad_h * (1 - h * h),
        library=one.library.blame_a[:, 0, 0],
        altered={"no slope": grad_h, "1 - h": grad_h * (1 - h), "slope at h0": grad_h * (1 - one.h0**2)},
    )


def test_eq_2_2_blame_goes_back_by_the_weights_turned_over(equation):
    one = Case(T=1)
    grad_a = one.own[:, 0] * (1 - one.h[:, 0] ** 2)
    equation(
        formula=grad_a @ one.W_hh.T,
        library=one.library.h0,
        altered={"not transposed": grad_a @ one.W_hh, "not squashed": one.own[:, 0] @ one.W_hh.T},
    )


def test_eq_2_3_the_gradient_of_the_weights_of_one_step(equation):
    one = Case(T=1)
    grad_a = one.own[:, 0] * (1 - one.h[:, 0] ** 2)
    equation(
        formula=one.h0.T @ grad_a,
        library=one.library.W_hh,
        altered={
            "the new state": one.h[:, 0].T @ grad_a,
            "turned over": grad_a.T @ one.h0,
            "mean over the batch": one.h0.T @ grad_a / 2,
        },
    )


def test_eq_2_4_blame_is_the_steps_own_and_what_comes_back(equation):
    case = Case()
    later = torch.cat([case.grad_a[:, 1:], torch.zeros(2, 1, 4, dtype=F64)], dim=1)
    equation(
        formula=case.own + later @ case.W_hh.T,
        library=case.library.blame.sum(1),
        altered={
            "own only": case.own,
            "what comes back only": later @ case.W_hh.T,
            "not transposed": case.own + later @ case.W_hh,
            "this step's a": case.own + case.grad_a @ case.W_hh.T,
        },
    )


def test_eq_2_5_the_gradient_is_a_sum_over_time(equation):
    case = Case()
    terms = [case.before[:, t].T @ case.grad_a[:, t] for t in range(case.T)]
    equation(
        formula=sum(terms),
        library=case.library.W_hh,
        altered={
            "the last step alone": terms[-1],
            "mean over time": sum(terms) / case.T,
            "without the first step": sum(terms[1:]),
            "each loss at its own step": sum(
                case.before[:, t].T @ (case.own[:, t] * (1 - case.h[:, t] ** 2)) for t in range(case.T)
            ),
        },
    )


def test_eq_2_6_direct_path_and_indirect_path(equation):
    """One unit, and the last state itself as the loss: its gradient by W_hh is the derivative."""
    case = Case(B=1, T=4, D=1, H=1)
    own = torch.zeros_like(case.own)
    own[:, -1] = 1
    library = rnn_bptt(case.cell, case.x, case.trace, own, case.h0).W_hh

    def derivative(factor, direct=1.0):
        d = torch.zeros(1, 1, dtype=F64)
        for t in range(case.T):
            d = (1 - case.h[:, t] ** 2) * (direct * case.before[:, t] + factor * d)
        return d

    last = (1 - case.h[:, -1] ** 2) * case.before[:, -1]
    equation(
        formula=derivative(case.W_hh),
        library=library,
        altered={"direct path only": last, "no factor": derivative(1.0), "indirect only": derivative(case.W_hh) - last},
    )


def test_eq_2_7_a_slope_from_two_runs(equation):
    W, epsilon, x = torch.randn(3, 2, dtype=F64), 0.1, torch.randn(4, 3, dtype=F64)

    def f(W):
        return torch.tanh(x @ W).square().sum()

    def by_definition(up, down, way):
        entries = []
        for i in range(3):
            for j in range(2):
                e = torch.zeros(3, 2, dtype=F64)
                e[i, j] = epsilon
                entries.append((f(W + up * e) - f(W - down * e)) / (way * epsilon))
        return torch.stack(entries).view(3, 2)

    equation(
        formula=by_definition(1, 1, 2),
        library=numerical_gradient(f, W, epsilon),
        altered={"one side": by_definition(1, 0, 1), "one epsilon": by_definition(1, 1, 1)},
    )


def test_eq_2_8_a_loss_meets_the_weights_once_a_step(equation):
    case = Case()
    t, k = 4, 1

    def back(turn, slope, steps):
        blame = case.own[:, t]
        for j in steps:
            blame = turn(blame * slope(case.h[:, j]))
        return blame

    def turned(a):
        return a @ case.W_hh.T

    def slope(h):
        return 1 - h * h

    equation(
        formula=back(turned, slope, range(t, k, -1)),
        library=case.library.blame[:, t, k],
        altered={
            "one step less": back(turned, slope, range(t, k + 1, -1)),
            "one step more": back(turned, slope, range(t, k - 1, -1)),
            "no slope": back(turned, torch.ones_like, range(t, k, -1)),
            "not transposed": back(lambda a: a @ case.W_hh, slope, range(t, k, -1)),
            "in the order of time": back(turned, slope, range(k + 1, t + 1)),
        },
    )


def items(case: Case, same) -> torch.Tensor:
    """Σ_t Σ_{k≤t} h_{k-1}ᵀ ∂L_t/∂a_k, every blame made anew, for the pairs (t, k) that `same` lets through."""
    total = torch.zeros(4, 4, dtype=F64)
    for t in range(case.T):
        blame = case.own[:, t]
        for k in range(t, -1, -1):
            grad_a = blame * (1 - case.h[:, k] ** 2)
            total += (case.before[:, k].T @ grad_a) * same(t, k)
            blame = grad_a @ case.W_hh.T
    return total


def test_eq_2_9_the_gradient_by_loss_and_step(equation):
    case = Case()
    equation(
        formula=items(case, lambda t, k: True),
        library=case.library.W_hh,
        altered={
            "own steps only": items(case, lambda t, k: t == k),
            "the last loss only": items(case, lambda t, k: t == case.T - 1),
            "without its own step": items(case, lambda t, k: k < t),
        },
    )


def test_eq_2_10_truncation_keeps_what_stays_in_its_window(equation):
    n = 3
    case = Case(T=8, window=n)
    equation(
        formula=items(case, lambda t, k: t // n == k // n),
        library=case.library.W_hh,
        altered={
            "no truncation": items(case, lambda t, k: True),
            "a window that slides": items(case, lambda t, k: t - k < n),
            "windows cut one step late": items(case, lambda t, k: (t - 1) // n == (k - 1) // n),
            "every step": items(case, lambda t, k: t == k),
        },
    )
