"""Networks to be differentiated: torch's own cells run step by step, so that autograd can be asked about any state."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

F64 = torch.float64


class Weights(NamedTuple):
    W_xh: Tensor
    W_hh: Tensor
    b_xh: Tensor
    b_hh: Tensor


class RNNTrace(NamedTuple):
    a: Tensor
    h: Tensor


class LSTMTrace(NamedTuple):
    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


class Run(NamedTuple):
    """A run of torch's cell, its leaves, and its states as autograd knows them."""

    cell: nn.Module
    weights: Weights  # ours: transposed
    x: Tensor
    first: tuple[Tensor, ...]  # (h0,) or (h0, c0)
    h: list[Tensor]
    c: list[Tensor]
    trace: NamedTuple
    losses: list[Tensor]  # one for every step
    grad_h: Tensor  # of each step's own loss

    def autograd(self, of: list[Tensor], losses: list[Tensor] | None = None) -> tuple[Tensor, ...]:
        total = sum(self.losses if losses is None else losses)
        return torch.autograd.grad(total, of, retain_graph=True, allow_unused=True, materialize_grads=True)


def run(kind: str, B: int, T: int, D: int, H: int, with_state: bool, window: int | None = None) -> Run:
    """`kind` is tanh, relu or lstm. With a window, the state is really detached where a window begins."""
    cell = (nn.LSTMCell(D, H) if kind == "lstm" else nn.RNNCell(D, H, nonlinearity=kind)).to(F64)
    weights = Weights(cell.weight_ih.detach().T, cell.weight_hh.detach().T, cell.bias_ih, cell.bias_hh)
    x = torch.randn(B, T, D, dtype=F64, requires_grad=True)
    count = 2 if kind == "lstm" else 1
    scale = 0.5 if with_state else 0.0
    first = tuple((scale * torch.randn(B, H, dtype=F64)).requires_grad_() for _ in range(count))
    state, states, inner = first, [], []
    for t in range(T):
        if window and t and t % window == 0:
            state = tuple(part.detach() for part in state)
        inner.append(x[:, t] @ weights.W_xh + cell.bias_ih + state[0] @ weights.W_hh + cell.bias_hh)
        state = cell(x[:, t], state) if kind == "lstm" else (cell(x[:, t], state[0]),)
        states.append(state)
    h, c = [state[0] for state in states], [state[1] for state in states] if kind == "lstm" else []
    targets = torch.randn(B, T, H, dtype=F64)
    losses = [((h_t - target) ** 2).sum() for h_t, target in zip(h, targets.unbind(1), strict=True)]
    grad_h = 2 * (torch.stack(h, 1) - targets).detach()
    return Run(cell, weights, x, first, h, c, traced(kind, inner, h, c), losses, grad_h)


def traced(kind: str, inner: list[Tensor], h: list[Tensor], c: list[Tensor]) -> NamedTuple:
    a = torch.stack(inner, 1).detach()
    if kind != "lstm":
        return RNNTrace(a, torch.stack(h, 1).detach())
    i, f, g, o = a.chunk(4, dim=-1)
    return LSTMTrace(
        i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid(), torch.stack(c, 1).detach(), torch.stack(h, 1).detach()
    )


SIZES = [(1, 1, 1, 1), (1, 1, 3, 2), (1, 6, 2, 5), (4, 1, 2, 3), (3, 7, 2, 4), (2, 5, 4, 4), (2, 6, 5, 1)]


@pytest.fixture(params=SIZES, ids=str)
def size(request) -> tuple[int, int, int, int]:
    return request.param


@pytest.fixture(params=[False, True], ids=["from zero", "from a state"])
def with_state(request) -> bool:
    return request.param
