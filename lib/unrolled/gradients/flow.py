"""How much of a loss arrives at each step of a sequence, and the matrices that carry it.

    h_t = φ(x_t W_xh + h_{t-1} W_hh + b),   ∂h_t/∂h_{t-1} = W_hh diag(φ'(a_t)) = J_t

Vectors are rows, so a Jacobian stands to the right of what it acts on: dh_t = dh_{t-1} J_t, with
J_t[i, j] = ∂h_t[j]/∂h_{t-1}[i], the transpose of what `torch.autograd.functional.jacobian` gives. A gradient goes
back by J_tᵀ: ∂L/∂h_{t-1} = ∂L/∂h_t J_tᵀ. Steps count from 0, and h_{-1} is the first state.

Shapes: B batch, T time steps, D input features, H hidden units.
Source: Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks, eq. 5.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from . import expect
from .bptt import slopes
from .expect import Weights


class Flow(NamedTuple):
    """The gradient of one loss by every state. Of a layer without c, `c` and `grad_c` are None."""

    h: Tensor  # (T,), norm of ∂L/∂h_t over batch and units
    c: Tensor | None  # (T,), the same for c_t
    grad_h: Tensor  # (B, T, H)
    grad_c: Tensor | None  # (B, T, H)


def gradient_flow(
    layer: nn.Module, x: Tensor, loss: Callable[[NamedTuple], Tensor], state: object = None, **options: object
) -> Flow:
    """Feed x (B, T, D) to `layer` one step at a time, and ask autograd for ∂loss/∂h_t and ∂loss/∂c_t of every step.

    `loss` takes the whole trace, as the layer gives it, to one number; `state` is the first state, as the layer
    takes it, and `options` (`force=`) go to every step. No `.grad` is touched. Raises TypeError or ValueError for
    a loss that is not one number of the trace.
    """
    if not hasattr(layer, "cell"):
        raise TypeError(f"layer must have a cell that takes one step; a {type(layer).__name__} came (see from_torch)")
    with torch.enable_grad():  # of a frozen layer too: what is asked for is the gradient of its states
        steps = one_by_one(layer, expect.sequences(x).detach().requires_grad_(), state, options)
        total = loss(type(steps[0])(*(torch.stack(parts, dim=1) for parts in zip(*steps, strict=True))))
    if not isinstance(total, Tensor):
        raise TypeError(f"loss(trace) must be a tensor; a {type(total).__name__} came")
    if total.numel() != 1:
        raise ValueError(f"loss(trace) must be one number; shape {tuple(total.shape)} came")
    if not total.requires_grad:
        raise ValueError("loss(trace) must be computed from the trace; what came has no gradient")
    grad_h, grad_c = backwards(total, steps, "h"), backwards(total, steps, "c")
    return Flow(norms(grad_h), None if grad_c is None else norms(grad_c), grad_h, grad_c)


def one_by_one(layer: nn.Module, x: Tensor, state: object, options: dict[str, object]) -> list[NamedTuple]:
    """The trace of every step of `layer.cell`, (B, H) each: the very tensors that the next step is computed from."""
    state = zero_state(layer, x) if state is None else state
    steps = []
    for x_t in x.unbind(dim=1):  # (B, D), T times
        steps.append(layer.cell(x_t, state, **options))
        state = (steps[-1].h, steps[-1].c) if hasattr(steps[-1], "c") else steps[-1].h
    return steps


@torch.no_grad()
def zero_state(layer: nn.Module, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
    """What the cell of this layer begins from: h, or (h, c) where its trace has a c."""
    first = layer(x[:, :1])
    zeros = torch.zeros_like(first.h[:, 0])
    return (zeros, zeros) if hasattr(first, "c") else zeros


def backwards(total: Tensor, steps: list[NamedTuple], name: str) -> Tensor | None:
    """∂total/∂state for every step, (B, T, H); 0 where a state plays no part; None without such a state."""
    if not hasattr(steps[0], name):
        return None
    states = [getattr(step, name) for step in steps]
    found = torch.autograd.grad(total, states, retain_graph=True, allow_unused=True, materialize_grads=True)
    return torch.stack(found, dim=1)


def norms(gradient: Tensor) -> Tensor:
    return gradient.norm(dim=(0, 2))  # (T,)


@torch.no_grad()
def jacobians(weights: Weights, trace: NamedTuple, *, nonlinearity: str | None = None) -> Tensor:
    """∂h_t/∂h_{t-1} of the RNN for every step, (B, T, H, H): [b, t, i, j] is ∂h_t[j]/∂h_{t-1}[i]."""
    H = len(expect.tensor("W_hh", weights.W_hh))
    expect.tensor("W_hh", weights.W_hh, (H, H))
    B, T = expect.tensor("trace.h", trace.h).shape[:2]
    return weights.W_hh * slopes(weights, trace, (B, T, H), nonlinearity)[:, :, None, :]


def jacobian_product(J: Tensor, k: int, t: int) -> Tensor:
    """∂h_t/∂h_k = J_{k+1} … J_t, (B, H, H), for -1 ≤ k ≤ t; the identity where k = t."""
    product = identity(J)
    if not -1 <= k <= t < J.shape[1]:
        raise ValueError(f"k and t must be such that -1 ≤ k ≤ t < {J.shape[1]}; k = {k} and t = {t} came")
    for step in range(k + 1, t + 1):
        product = product @ J[:, step]
    return product


def products_to_last(J: Tensor) -> Tensor:
    """∂h_{T-1}/∂h_k for every k, (B, T, H, H): the last is the identity."""
    products = [identity(J)]
    for step in reversed(range(1, J.shape[1])):
        products.append(J[:, step] @ products[-1])
    return torch.stack(products[::-1], dim=1)


def identity(J: Tensor) -> Tensor:
    """One for each sequence of the batch, (B, H, H)."""
    if expect.tensor("J", J).dim() != 4 or J.shape[2] != J.shape[3]:
        raise ValueError(f"J must have shape (B, T, H, H), as `jacobians` gives it; {tuple(J.shape)} came")
    return torch.eye(J.shape[2], dtype=J.dtype, device=J.device).repeat(len(J), 1, 1)
