"""Gradient flow through any layer, and the Jacobians that carry it."""

import pytest
import torch
from torch import nn
from unrolled.gradients import gradient_flow, jacobian_product, jacobians, lstm_bptt, products_to_last, rnn_bptt
from unrolled.layers import GRU, LSTM, RNN

F64 = torch.float64
LAYERS = {"tanh": lambda: RNN(3, 4), "relu": lambda: RNN(3, 4, "relu"), "LSTM": lambda: LSTM(3, 4)}
ALL = LAYERS | {"GRU": lambda: GRU(3, 4)}


@pytest.fixture
def x():
    return torch.randn(2, 6, 3, dtype=F64)


def squares(trace):
    return (trace.h**2).sum()


@pytest.mark.parametrize("name", LAYERS)
def test_the_flow_of_a_summed_loss_equals_the_blame_by_hand_summed_over_losses(name, x, relative_difference):
    layer = LAYERS[name]().to(F64)
    trace = layer(x)
    flow = gradient_flow(layer, x, squares)
    by_hand = (lstm_bptt if name == "LSTM" else rnn_bptt)(layer.cell, x, trace, 2 * trace.h.detach())
    assert relative_difference(flow.grad_h, by_hand.blame.sum(1)) < 1e-9
    assert relative_difference(flow.h, by_hand.blame.sum(1).norm(dim=(0, 2))) < 1e-9
    if name == "LSTM":
        assert relative_difference(flow.grad_c, by_hand.blame_c.sum(1)) < 1e-9
        assert relative_difference(flow.c, by_hand.blame_c.sum(1).norm(dim=(0, 2))) < 1e-9
    else:
        assert flow.c is None
        assert flow.grad_c is None


@pytest.mark.parametrize("name", ALL)
def test_the_flow_to_the_first_state_equals_moving_that_state(name, x, relative_difference):
    """One more step in front: its h_0 is the first state of the rest, which autograd can be asked about as a leaf."""
    layer = ALL[name]().to(F64)
    flow = gradient_flow(layer, x, lambda trace: (trace.h[:, -1] ** 2).sum())
    first = layer(x[:, :1])
    h = first.h[:, 0].detach().requires_grad_()
    c = first.c[:, 0].detach().requires_grad_() if name == "LSTM" else None
    loss = (layer(x[:, 1:], h if c is None else (h, c)).h[:, -1] ** 2).sum()
    if c is None:
        (wanted,) = torch.autograd.grad(loss, [h])
    else:  # h_0 = o_0 ⊙ tanh(c_0), so c_0 has blame of its own and through h_0
        wanted, to_c = torch.autograd.grad(loss, [h, c])
        to_c = to_c + wanted * first.o[:, 0] * (1 - first.c[:, 0].tanh() ** 2)
        assert relative_difference(flow.grad_c[:, 0], to_c) < 1e-9
    assert relative_difference(flow.grad_h[:, 0], wanted) < 1e-9


@pytest.mark.parametrize("name", ALL)
def test_the_loss_sees_the_trace_that_the_layer_gives(name, x):
    layer, seen = ALL[name]().to(F64), []
    gradient_flow(layer, x, lambda trace: (seen.append(trace), squares(trace))[1])
    for ours, wanted in zip(seen[0], layer(x), strict=True):
        torch.testing.assert_close(ours, wanted)
    assert all(weight.grad is None for weight in layer.parameters())


def test_the_flow_begins_from_the_state_given_and_holds_a_gate(x):
    layer = LSTM(3, 4).to(F64)
    state = torch.ones(2, 4, dtype=F64), torch.ones(2, 4, dtype=F64)
    seen = []
    flow = gradient_flow(layer, x, lambda t: (seen.append(t), t.c[:, -1].sum())[1], state, force={"f": 1.0})
    torch.testing.assert_close(seen[0].c, layer(x, state, force={"f": 1.0}).c)
    assert (flow.grad_c[:, -1] == 1).all()
    shut = gradient_flow(layer, x, lambda trace: trace.c[:, -1].sum(), state, force={"i": 0.0, "f": 1.0})
    assert (shut.grad_c == 1).all()  # c is handed on unchanged: a road without a toll


def test_steps_after_the_loss_get_no_blame(x):
    flow = gradient_flow(RNN(3, 4).to(F64), x, lambda trace: trace.h[:, 2].sum())
    assert (flow.h[:3] > 0).all()
    assert (flow.h[3:] == 0).all()


@pytest.mark.parametrize(
    ("loss", "kind", "sentence"),
    [
        (lambda trace: 1.0, TypeError, r"loss\(trace\) must be a tensor; a float came"),
        (lambda trace: trace.h, ValueError, r"loss\(trace\) must be one number; shape \(2, 6, 4\) came"),
        (lambda trace: torch.ones(()), ValueError, r"loss\(trace\) must be computed from the trace"),
    ],
)
def test_a_loss_that_is_none_is_named(loss, kind, sentence, x):
    with pytest.raises(kind, match=sentence):
        gradient_flow(RNN(3, 4).to(F64), x, loss)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_jacobians_equal_autograd_transposed(nonlinearity, x, relative_difference):
    """Against torch's own cell, in torch's convention: rows are outputs there, inputs here."""
    layer = RNN(3, 4, nonlinearity).to(F64)
    h0 = torch.randn(2, 4, dtype=F64)
    trace = layer(x, h0)
    J = jacobians(layer.cell, trace)
    cell = nn.RNNCell(3, 4, nonlinearity=nonlinearity).to(F64)
    cell.load_state_dict({f"{k[:-3]}": v for k, v in layer.to_torch().state_dict().items()})
    for t in range(6):
        for b in range(2):
            h = h0[b] if t == 0 else trace.h[b, t - 1]
            step = torch.autograd.functional.jacobian(lambda h, b=b, t=t: cell(x[b, t][None], h[None])[0], h)
            assert relative_difference(J[b, t], step.T) < 1e-9


def test_products_of_jacobians_equal_autograd_over_many_steps(x, relative_difference):
    layer = RNN(3, 4).to(F64)
    h0 = torch.randn(2, 4, dtype=F64)
    J = jacobians(layer.cell, layer(x, h0))
    whole = torch.autograd.functional.jacobian(lambda h: layer(x[:1], h[None]).h[0, -1], h0[0])
    assert relative_difference(jacobian_product(J, -1, 5)[0], whole.T) < 1e-9
    last = products_to_last(J)
    for k in range(6):
        assert relative_difference(last[:, k], jacobian_product(J, k, 5)) < 1e-12
    assert torch.equal(jacobian_product(J, 3, 3)[0], torch.eye(4, dtype=F64))
    assert torch.equal(jacobian_product(J, 1, 2), J[:, 2])


def test_a_gradient_goes_back_by_the_transpose(x, relative_difference):
    layer = RNN(3, 4).to(F64)
    trace = layer(x)
    J = jacobians(layer.cell, trace)
    flow = gradient_flow(layer, x, lambda trace: (trace.h[:, -1] ** 2).sum())
    back = torch.einsum("bj,bkij->bki", flow.grad_h[:, -1], products_to_last(J))
    assert relative_difference(back, flow.grad_h) < 1e-9


def test_bad_jacobians_are_named(x):
    layer = RNN(3, 4).to(F64)
    trace = layer(x)
    J = jacobians(layer.cell, trace)
    with pytest.raises(ValueError, match=r"J must have shape \(B, T, H, H\).*\(6, 4, 4\) came"):
        products_to_last(J[0])
    for k, t in [(-2, 3), (4, 3), (0, 6)]:
        with pytest.raises(ValueError, match="k and t must be such that -1 ≤ k ≤ t < 6"):
            jacobian_product(J, k, t)
    with pytest.raises(ValueError, match=r"W_hh must have shape \(4, 4\); \(4, 16\) came"):
        jacobians(LSTM(3, 4).to(F64).cell, trace)
    with pytest.raises(ValueError, match=r"trace.a must have shape \(2, 6, 5\)"):
        jacobians(RNN(3, 5).to(F64).cell, trace)
    with pytest.raises(ValueError, match=r"x must have shape \(B, T, D\)"):
        gradient_flow(layer, x[0], squares)
