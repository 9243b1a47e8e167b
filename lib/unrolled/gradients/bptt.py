"""Backpropagation through time by hand: the RNN.

    a_t = x_t W_xh + b_xh + h_{t-1} W_hh + b_hh,   h_t = φ(a_t),   L = Σ_t L_t

A loss L_t stands at every step. Its blame goes back one step at a time, through the slope of φ and the weights:

    ∂L_t/∂a_k     = ∂L_t/∂h_k ⊙ φ'(a_k)
    ∂L_t/∂h_{k-1} = ∂L_t/∂a_k W_hhᵀ                 and 0 for a step after t
    ∂L/∂W_hh      = Σ_t Σ_k h_{k-1}ᵀ ∂L_t/∂a_k       the same weights at every step: a sum over time

Truncation: with `window` = n the steps are 0…n-1, n…2n-1, …, and no blame crosses from one window into the one
before it, as when the state is detached every n steps. The states themselves, and so the memory, stay as they are.

Shapes: B batch, T time steps, D input features, H hidden units. Vectors are rows.
Source: Werbos (1990), Backpropagation through time: what it does and how to do it; the windows are those of
Williams and Peng (1990), with as many steps back as forward.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from . import expect
from .expect import Weights


class RNNGradients(NamedTuple):
    """Of the summed loss: by every weight, by the input and the first state. Of each loss by itself: the blame."""

    W_xh: Tensor  # (D, H)
    W_hh: Tensor  # (H, H)
    b_xh: Tensor  # (H,)
    b_hh: Tensor  # (H,)
    x: Tensor  # (B, T, D)
    h0: Tensor  # (B, H)
    blame: Tensor  # (B, T, T, H): blame[:, t, k] is ∂L_t/∂h_k
    blame_a: Tensor  # (B, T, T, H): blame_a[:, t, k] is ∂L_t/∂a_k


class Shares(NamedTuple):
    """What loss t adds to the gradient of a weight through its use at step k; the sum over both is the gradient."""

    W_xh: Tensor  # (T, T, D, kH)
    W_hh: Tensor  # (T, T, H, kH)
    b_xh: Tensor  # (T, T, kH)
    b_hh: Tensor  # (T, T, kH)


@torch.no_grad()
def rnn_bptt(
    weights: Weights,
    x: Tensor,
    trace: NamedTuple,
    grad_h: Tensor,
    h0: Tensor | None = None,
    *,
    nonlinearity: str | None = None,
    window: int | None = None,
) -> RNNGradients:
    """All gradients of an RNN, by hand.

    `trace` holds `a` and `h`, each (B, T, H); `grad_h` (B, T, H) is the gradient of each step's own loss,
    ∂L_t/∂h_t. The non-linearity, "tanh" or "relu", is that of the weights if they name one, else tanh.
    Memory grows with T². Raises ValueError and TypeError for what does not fit.
    """
    B, T, _, H = expect.sizes(x, weights, blocks=1)
    expect.tensor("grad_h", grad_h, (B, T, H), like=x)
    first, window = expect.state("h0", h0, x, H), expect.window(window)
    slope = slopes(weights, trace, (B, T, H), nonlinearity)
    if not expect.close(trace.a, inner(weights, x, before(trace.h, first))):
        raise ValueError(
            "trace.a must be x W_xh + b_xh + h_before W_hh + b_hh; it is not. "
            "Is it of another x or another first state, or have the weights changed since?"
        )

    blame, blame_a = x.new_zeros(B, T, T, H), x.new_zeros(B, T, T, H)
    carry = x.new_zeros(B, T, H)  # what each loss sends back: (B, loss, H)
    for k in reversed(range(T)):
        carry[:, k] = grad_h[:, k]  # loss k joins at its own step
        blame[:, :, k] = carry
        blame_a[:, :, k] = carry * slope[:, None, k]
        carry = blame_a[:, :, k] @ weights.W_hh.T
        if starts_window(k, window):
            carry = torch.zeros_like(carry)

    return RNNGradients(*by_weight(weights, x, before(trace.h, first), blame_a), carry.sum(1), blame, blame_a)


def slopes(weights: Weights, trace: NamedTuple, shape: tuple[int, ...], nonlinearity: str | None) -> Tensor:
    """φ'(a) (B, T, H), if the trace is that of an RNN with this non-linearity."""
    name = nonlinearity or getattr(weights, "nonlinearity", "tanh")
    if name not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity must be 'tanh' or 'relu'; {name!r} came")
    a, h = (expect.tensor(f"trace.{part}", getattr(trace, part), shape, like=weights.W_hh) for part in "ah")
    if not expect.close(h, a.tanh() if name == "tanh" else a.relu()):
        raise ValueError(f"trace.h must be {name} of trace.a; it is not. Is the non-linearity another one?")
    return 1 - h * h if name == "tanh" else (a > 0).to(a)


def starts_window(k: int, window: int | None) -> bool:
    """Is the state before step k cut off from blame? The very first state is not."""
    return window is not None and k > 0 and k % window == 0


def reach(T: int, window: int | None = None) -> Tensor:
    """Which loss reaches which step, (T, T) boolean: row t, column k, True where ∂L_t/∂h_k may differ from 0."""
    step = torch.arange(T)
    window = expect.window(window) or T
    return (step[:, None] >= step) & (step[:, None] // window == step // window)


def before(h: Tensor, first: Tensor) -> Tensor:
    """h_{t-1} for every t, (B, T, H)."""
    return torch.cat([first[:, None], h[:, :-1]], dim=1)


def inner(weights: Weights, x: Tensor, h_before: Tensor) -> Tensor:
    """What goes into the non-linearities at every step, (B, T, kH)."""
    return x @ weights.W_xh + weights.b_xh + h_before @ weights.W_hh + weights.b_hh


def by_weight(weights: Weights, x: Tensor, h_before: Tensor, blame_a: Tensor) -> tuple[Tensor, ...]:
    """Gradients of W_xh, W_hh, b_xh, b_hh and x: the sum over losses, and for the weights over time as well."""
    grad_a = blame_a.sum(1)  # (B, T, kH)
    W_xh = torch.einsum("btd,bth->dh", x, grad_a)
    W_hh = torch.einsum("bti,btj->ij", h_before, grad_a)
    b = grad_a.sum((0, 1))
    return W_xh, W_hh, b, b.clone(), grad_a @ weights.W_xh.T


@torch.no_grad()
def shares(gradients: NamedTuple, x: Tensor, h: Tensor, h0: Tensor | None = None) -> Shares:
    """The gradient of every weight, itemised by loss (first axis) and step (second); h (B, T, H) is the trace's.

    For the RNN and for the LSTM: `gradients` is what `rnn_bptt` or `lstm_bptt` gave. The result holds T² copies
    of every weight.
    """
    blame_a = gradients.blame_a
    B, T, _, _ = blame_a.shape
    H = len(gradients.W_hh)
    expect.tensor("x", x, tuple(gradients.x.shape), like=blame_a)
    expect.tensor("h", h, (B, T, H), like=x)
    b = blame_a.sum(0)
    return Shares(
        torch.einsum("bkd,btkh->tkdh", x, blame_a),
        torch.einsum("bki,btkj->tkij", before(h, expect.state("h0", h0, x, H)), blame_a),
        b,
        b.clone(),
    )
