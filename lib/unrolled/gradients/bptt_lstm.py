"""Backpropagation through time by hand: the LSTM, through h and through c.

    c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t,   h_t = o_t ⊙ tanh(c_t),   L = Σ_t L_t

Each loss goes back on two roads. The one through c meets only the forget gate:

    ∂L_t/∂c_k     = ∂L_t/∂c_{k+1} ⊙ f_{k+1} + ∂L_t/∂h_k ⊙ o_k ⊙ (1 − tanh²(c_k))
    ∂L_t/∂h_{k-1} = ∂L_t/∂a_k W_hhᵀ        a_k holds what goes into the gates i f g o, four blocks of H columns

Truncation and the sums over time are those of `bptt.py`; here both h and c are cut.

Shapes: B batch, T time steps, D input features, H hidden units. Vectors are rows.
Source: Hochreiter and Schmidhuber (1997), with the forget gate of Gers, Schmidhuber and Cummins (2000); the full
gradient is that of Graves and Schmidhuber (2005), Framewise phoneme classification, appendix.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from . import expect
from .bptt import before, by_weight, inner, starts_window
from .expect import Weights

GATES = ("i", "f", "g", "o")


class LSTMGradients(NamedTuple):
    """Of the summed loss: by every weight, the input and the first state. Of each loss by itself: the blame."""

    W_xh: Tensor  # (D, 4H)
    W_hh: Tensor  # (H, 4H)
    b_xh: Tensor  # (4H,)
    b_hh: Tensor  # (4H,)
    x: Tensor  # (B, T, D)
    h0: Tensor  # (B, H)
    c0: Tensor  # (B, H)
    blame: Tensor  # (B, T, T, H): blame[:, t, k] is ∂L_t/∂h_k
    blame_c: Tensor  # (B, T, T, H): blame_c[:, t, k] is ∂L_t/∂c_k
    blame_a: Tensor  # (B, T, T, 4H): by what goes into the gates i f g o, before σ and tanh


@torch.no_grad()
def lstm_bptt(
    weights: Weights,
    x: Tensor,
    trace: NamedTuple,
    grad_h: Tensor,
    state: tuple[Tensor, Tensor] | None = None,
    *,
    window: int | None = None,
) -> LSTMGradients:
    """All gradients of an LSTM, by hand.

    `trace` holds `i f g o c h`, each (B, T, H), of a run in which no gate was held; `grad_h` (B, T, H) is the
    gradient of each step's own loss, ∂L_t/∂h_t; `state` is (h, c) before the first step, each (B, H). Memory
    grows with T². Raises ValueError and TypeError for what does not fit.
    """
    B, T, _, H = expect.sizes(x, weights, blocks=4)
    expect.tensor("grad_h", grad_h, (B, T, H), like=x)
    h_first, c_first = (expect.state(f"state[{n}]", given, x, H) for n, given in enumerate(pair(state)))
    window = expect.window(window)
    gates, c_before, tanh_c = unpack(trace, (B, T, H), c_first, like=x)
    refuse_held(gates, inner(weights, x, before(trace.h, h_first)))

    blame, blame_c, blame_a = x.new_zeros(B, T, T, H), x.new_zeros(B, T, T, H), x.new_zeros(B, T, T, 4 * H)
    carry_h, carry_c = x.new_zeros(B, T, H), x.new_zeros(B, T, H)  # what each loss sends back: (B, loss, H)
    for k in reversed(range(T)):
        i, f, g, o = (gate[:, None, k] for gate in gates)  # (B, 1, H) each
        carry_h[:, k] = grad_h[:, k]  # loss k joins at its own step
        to_c = carry_c + carry_h * o * (1 - tanh_c[:, None, k] ** 2)
        blame[:, :, k], blame_c[:, :, k] = carry_h, to_c
        to_gates = to_c * g, to_c * c_before[:, None, k], to_c * i, carry_h * tanh_c[:, None, k]
        slopes = i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o)  # of σ, σ, tanh, σ
        blame_a[:, :, k] = torch.cat([gate * slope for gate, slope in zip(to_gates, slopes, strict=True)], dim=-1)
        carry_h, carry_c = blame_a[:, :, k] @ weights.W_hh.T, to_c * f
        if starts_window(k, window):
            carry_h, carry_c = torch.zeros_like(carry_h), torch.zeros_like(carry_c)

    gradients = by_weight(weights, x, before(trace.h, h_first), blame_a)
    return LSTMGradients(*gradients, carry_h.sum(1), carry_c.sum(1), blame, blame_c, blame_a)


def pair(state: tuple[Tensor, Tensor] | None) -> tuple[Tensor | None, Tensor | None]:
    if state is None:
        return None, None
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise TypeError(f"state must be a pair (h, c), each (B, H); a {type(state).__name__} came")
    return tuple(state)


def unpack(trace: NamedTuple, shape: tuple[int, ...], c_first: Tensor, like: Tensor) -> tuple:
    """The gates, c_{t-1} and tanh(c_t) for every t, if c and h follow from the gates and this state."""
    i, f, g, o = gates = [expect.tensor(f"trace.{name}", getattr(trace, name), shape, like) for name in GATES]
    c, h = (expect.tensor(f"trace.{name}", getattr(trace, name), shape, like) for name in ("c", "h"))
    c_before, tanh_c = before(c, c_first), c.tanh()
    if not expect.close(c, f * c_before + i * g):
        raise ValueError("trace.c must be f ⊙ c_before + i ⊙ g; it is not. Did the run begin from another state?")
    if not expect.close(h, o * tanh_c):
        raise ValueError("trace.h must be o ⊙ tanh(c); it is not")
    return gates, c_before, tanh_c


def refuse_held(gates: list[Tensor], a: Tensor) -> None:
    """ValueError if a gate is not what `a` (B, T, 4H) makes of it: its slope would be that of another gate."""
    for name, gate, part in zip(GATES, gates, a.chunk(4, dim=-1), strict=True):
        if not expect.close(gate, part.tanh() if name == "g" else part.sigmoid()):
            raise ValueError(
                f"trace.{name} must be {'tanh' if name == 'g' else 'σ'}(x W_xh + b_xh + h_before W_hh + b_hh); "
                "it is not. Was a gate held, is the first state or x another one, or have the weights changed since?"
            )
