"""Backpropagation through time by hand, RNN and LSTM, against autograd on torch's own cells and finite differences."""

import pytest
import torch
from unrolled.gradients import lstm_bptt, numerical_gradient, reach, rnn_bptt, shares
from unrolled.layers import LSTM, RNN

from tests.gradients.conftest import RNNTrace, Weights, run

KINDS = ["tanh", "relu", "lstm"]
WEIGHTS = ("W_xh", "W_hh", "b_xh", "b_hh")


def by_hand(kind, case, window=None):
    if kind == "lstm":
        return lstm_bptt(case.weights, case.x, case.trace, case.grad_h, case.first, window=window)
    return rnn_bptt(case.weights, case.x, case.trace, case.grad_h, *case.first, nonlinearity=kind, window=window)


def by_autograd(case):
    """The gradients of the summed loss in our layout, by name."""
    cell = case.cell
    leaves = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh, case.x, *case.first]
    W_xh, W_hh, *others = case.autograd(leaves)
    return dict(zip((*WEIGHTS, "x", "h0", "c0"), (W_xh.T, W_hh.T, *others), strict=False))


@pytest.mark.parametrize("kind", KINDS)
def test_every_gradient_equals_autograd(kind, size, with_state, relative_difference):
    case = run(kind, *size, with_state)
    ours = by_hand(kind, case)
    for name, wanted in by_autograd(case).items():
        assert relative_difference(getattr(ours, name), wanted) < 1e-9, name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", [1, 2, 3, 100])
def test_truncation_equals_autograd_with_a_state_that_is_really_detached(
    kind, window, size, with_state, relative_difference
):
    case = run(kind, *size, with_state, window=window)
    ours = by_hand(kind, case, window=window)
    for name, wanted in by_autograd(case).items():
        assert relative_difference(getattr(ours, name), wanted) < 1e-9, name


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_cuts_the_blame_and_leaves_the_memory(kind):
    torch.manual_seed(1)
    whole = run(kind, 2, 7, 3, 4, True)
    torch.manual_seed(1)
    cut = run(kind, 2, 7, 3, 4, True, window=3)
    assert torch.equal(whole.trace.h, cut.trace.h)
    ours = by_hand(kind, cut, window=3)
    reached = (ours.blame != 0).any(-1).any(0)
    assert torch.equal(reached, reach(7, 3))
    assert torch.equal((by_hand(kind, whole).blame != 0).any(-1).any(0), reach(7))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", [None, 2])
def test_the_blame_of_each_loss_for_each_state_equals_autograd(kind, window, size, with_state, relative_difference):
    case = run(kind, *size, with_state, window=window)
    ours = by_hand(kind, case, window=window)
    for t, loss in enumerate(case.losses):
        wanted = torch.stack(case.autograd(case.h, [loss]), dim=1)
        assert relative_difference(ours.blame[:, t], wanted) < 1e-9
        if kind == "lstm":
            wanted = torch.stack(case.autograd(case.c, [loss]), dim=1)
            assert relative_difference(ours.blame_c[:, t], wanted) < 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_the_shares_of_each_loss_equal_autograd_and_sum_to_the_gradient(kind, size, with_state, relative_difference):
    case = run(kind, *size, with_state)
    ours = by_hand(kind, case)
    items = shares(ours, case.x, case.trace.h, case.first[0])
    for name in WEIGHTS:
        assert relative_difference(getattr(items, name).sum((0, 1)), getattr(ours, name)) < 1e-9, name
    for t, loss in enumerate(case.losses):
        wanted = case.autograd([case.cell.weight_hh], [loss])[0].T
        assert relative_difference(items.W_hh[t].sum(0), wanted) < 1e-9


def test_a_share_belongs_to_one_use_of_the_weight(relative_difference):
    """Give every step a copy of W_hh: the gradient of the copy at step k by loss t is the share (t, k)."""
    case = run("tanh", 2, 4, 3, 2, True)
    copies = [case.weights.W_hh.clone().requires_grad_() for _ in range(4)]
    h, losses = case.first[0].detach(), []
    for t, W in enumerate(copies):
        h = torch.tanh(case.x[:, t] @ case.weights.W_xh + case.weights.b_xh + h @ W + case.weights.b_hh)
        losses.append((h * case.grad_h[:, t]).sum())
    items = shares(by_hand("tanh", case), case.x, case.trace.h, case.first[0])
    for t, loss in enumerate(losses):
        wanted = torch.autograd.grad(loss, copies, retain_graph=True, materialize_grads=True, allow_unused=True)
        assert relative_difference(items.W_hh[t], torch.stack(wanted)) < 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_every_gradient_equals_finite_differences(kind, relative_difference):
    case = run(kind, 2, 4, 3, 2, True)
    ours = by_hand(kind, case)
    module = case.cell
    targets = case.trace.h - case.grad_h / 2

    def loss(values):
        state, total = [values["h0"], values.get("c0")], 0.0
        named = {"weight_ih": values["W_xh"].T, "weight_hh": values["W_hh"].T}
        named |= {"bias_ih": values["b_xh"], "bias_hh": values["b_hh"]}
        for t in range(4):
            arguments = (values["x"][:, t], tuple(state) if kind == "lstm" else state[0])
            out = torch.func.functional_call(module, named, arguments)
            state = list(out) if kind == "lstm" else [out]
            total = total + ((state[0] - targets[:, t]) ** 2).sum()
        return total

    values = dict(zip(WEIGHTS, case.weights, strict=True)) | {"x": case.x}
    values = values | dict(zip(("h0", "c0"), case.first, strict=False))
    values = {name: value.detach() for name, value in values.items()}
    for name, value in values.items():
        wanted = numerical_gradient(lambda moved, name=name: loss(values | {name: moved}), value)
        assert relative_difference(getattr(ours, name), wanted) < 1e-6, name


def test_float32_works_and_stays_float32():
    case = run("lstm", 2, 5, 3, 4, True)
    to32 = [tensor.detach().float() for tensor in (*case.weights, case.x, case.grad_h, *case.first)]
    trace = type(case.trace)(*(part.float() for part in case.trace))
    ours = lstm_bptt(Weights(*to32[:4]), to32[4], trace, to32[5], to32[6:])
    assert ours.W_hh.dtype == torch.float32
    torch.testing.assert_close(ours.W_hh.double(), by_hand("lstm", case).W_hh, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_device_gives_the_same(kind, device):
    case = run(kind, 2, 5, 3, 4, True)
    there = {"dtype": torch.float32, "device": device}
    moved = case._replace(
        weights=Weights(*(weight.detach().to(**there) for weight in case.weights)),
        x=case.x.detach().to(**there),
        trace=type(case.trace)(*(part.to(**there) for part in case.trace)),
        grad_h=case.grad_h.to(**there),
        first=tuple(part.detach().to(**there) for part in case.first),
    )
    ours, wanted = by_hand(kind, moved, window=3), by_hand(kind, case, window=3)
    for mine, reference in zip(ours, wanted, strict=True):
        assert mine.device.type == device.type
        torch.testing.assert_close(mine.cpu().double(), reference, rtol=1e-3, atol=1e-4)


def test_a_cell_that_names_its_nonlinearity_needs_no_argument():
    case = run("relu", 2, 4, 3, 2, True)

    class Named:
        W_xh, W_hh, b_xh, b_hh = case.weights
        nonlinearity = "relu"

    ours = rnn_bptt(Named, case.x, case.trace, case.grad_h, *case.first)
    assert torch.equal(ours.W_hh, by_hand("relu", case).W_hh)


@pytest.fixture
def case():
    return run("tanh", 2, 4, 3, 5, True)


BAD_RNN = {
    "x of two axes": (lambda c: {"x": c.x[0]}, ValueError, r"x must have shape \(B, T, D\).*\(4, 3\) came"),
    "empty sequence": (lambda c: {"x": c.x[:, :0]}, ValueError, r"x must hold at least one.*\(2, 0, 3\) came"),
    "whole numbers": (lambda c: {"x": c.x.long()}, TypeError, "x must hold floating-point numbers; torch.int64 came"),
    "a list": (lambda c: {"x": c.x.tolist()}, TypeError, "x must be a tensor; a list came"),
    "features": (lambda c: {"x": c.x[..., :2]}, ValueError, r"W_xh must have shape \(2, 5\); \(3, 5\) came"),
    "dtype": (lambda c: {"x": c.x.float()}, TypeError, r"W_hh must be torch.float32 on cpu; torch.float64"),
    "grad_h": (lambda c: {"grad_h": c.grad_h[:, 1:]}, ValueError, r"grad_h must have shape \(2, 4, 5\); \(2, 3, 5\)"),
    "h0": (lambda c: {"h0": c.first[0][:1]}, ValueError, r"h0 must have shape \(2, 5\); \(1, 5\) came"),
    "trace": (
        lambda c: {"trace": c.trace._replace(a=c.trace.a[:, 1:])},
        ValueError,
        r"trace.a must have shape \(2, 4, 5\); \(2, 3, 5\) came",
    ),
    "other non-linearity": (lambda c: {"nonlinearity": "relu"}, ValueError, "trace.h must be relu of trace.a"),
    "no such one": (lambda c: {"nonlinearity": "gelu"}, ValueError, "nonlinearity must be 'tanh' or 'relu'; 'gelu' ca"),
    "window 0": (lambda c: {"window": 0}, ValueError, "window must be at least 1 step"),
    "window 1.5": (lambda c: {"window": 1.5}, TypeError, "window must be a whole number of steps, or None; a float"),
    "window True": (lambda c: {"window": True}, TypeError, "window must be a whole number of steps, or None; a bool"),
    "another x": (lambda c: {"x": c.x + 0.01}, ValueError, "trace.a must be x W_xh .* another x"),
    "weights changed since": (
        lambda c: {"weights": c.weights._replace(W_hh=c.weights.W_hh * 1.01)},
        ValueError,
        "trace.a must be x W_xh .* weights changed since",
    ),
    "another first state": (lambda c: {"h0": None}, ValueError, "trace.a must be x W_xh .* another first state"),
    "W_hh a vector": (
        lambda c: {"weights": c.weights._replace(W_hh=c.weights.b_hh)},
        ValueError,
        r"W_hh must be a matrix; shape \(5,\) came",
    ),
    "W_hh not square": (
        lambda c: {"weights": c.weights._replace(W_hh=c.weights.W_hh[:, :4])},
        ValueError,
        r"W_hh must have shape \(5, 5\); \(5, 4\) came",
    ),
    "bias": (
        lambda c: {"weights": c.weights._replace(b_xh=c.weights.b_xh[:4])},
        ValueError,
        r"b_xh must have shape \(5,\); \(4,\) came",
    ),
}


@pytest.mark.parametrize("name", BAD_RNN)
def test_what_does_not_fit_the_rnn_is_named(name, case):
    change, kind, sentence = BAD_RNN[name]
    right = {"weights": case.weights, "x": case.x, "trace": case.trace, "grad_h": case.grad_h, "h0": case.first[0]}
    rnn_bptt(**right)
    with pytest.raises(kind, match=sentence):
        rnn_bptt(**right | change(case))


BAD_LSTM = {
    "state of an RNN": (lambda c: {"state": c.first[0]}, TypeError, r"state must be a pair \(h, c\).*a Tensor came"),
    "c of another size": (
        lambda c: {"state": (c.first[0], c.first[1][:, :2])},
        ValueError,
        r"state\[1\] must have shape \(2, 4\); \(2, 2\) came",
    ),
    "another state": (lambda c: {"state": None}, ValueError, "trace.c must be f ⊙ c_before .* another state"),
    "h of another run": (
        lambda c: {"trace": c.trace._replace(h=c.trace.h + 1)},
        ValueError,
        r"trace.h must be o ⊙ tanh\(c\); it is not",
    ),
    "another x": (lambda c: {"x": c.x + 0.01}, ValueError, r"trace.i must be σ\(x W_xh .* x another one"),
    "weights changed since": (
        lambda c: {"weights": c.weights._replace(b_hh=c.weights.b_hh + 0.01)},
        ValueError,
        r"trace.i must be σ\(x W_xh .* weights changed since",
    ),
    "weights of an RNN": (
        lambda c: {"weights": c.weights._replace(W_hh=c.weights.W_hh[:, :4])},
        ValueError,
        r"W_hh must have shape \(4, 16\); \(4, 4\) came",
    ),
}


@pytest.mark.parametrize("name", BAD_LSTM)
def test_what_does_not_fit_the_lstm_is_named(name):
    case = run("lstm", 2, 5, 3, 4, True)
    change, kind, sentence = BAD_LSTM[name]
    right = {"weights": case.weights, "x": case.x, "trace": case.trace, "grad_h": case.grad_h, "state": case.first}
    lstm_bptt(**right)
    with pytest.raises(kind, match=sentence):
        lstm_bptt(**right | change(case))


@pytest.mark.parametrize(("gate", "function"), [("i", "σ"), ("f", "σ"), ("g", "tanh"), ("o", "σ")])
def test_a_run_in_which_a_gate_was_held_is_refused_by_its_name(gate, function):
    layer, x = LSTM(3, 4), torch.randn(2, 5, 3)
    lstm_bptt(layer.cell, x, layer(x), torch.ones(2, 5, 4))
    with pytest.raises(ValueError, match=rf"trace\.{gate} must be {function}\(x W_xh .* Was a gate held"):
        lstm_bptt(layer.cell, x, layer(x, force={gate: 0.9}), torch.ones(2, 5, 4))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_rounding_alone_is_no_other_run(dtype, scale):
    x = (scale * torch.randn(4, 6, 64)).to(dtype)
    for layer, backward in ((RNN(64, 96, "relu"), rnn_bptt), (LSTM(64, 96), lstm_bptt)):
        trace = layer.to(dtype)(x)
        assert backward(layer.cell, x, trace, torch.ones_like(trace.h)).W_hh.dtype == dtype


def test_shares_refuse_the_states_of_another_run(case):
    ours = by_hand("tanh", case)
    with pytest.raises(ValueError, match=r"h must have shape \(2, 4, 5\); \(2, 3, 5\) came"):
        shares(ours, case.x, case.trace.h[:, 1:])


def test_nothing_handed_in_is_changed(case):
    copies = [tensor.detach().clone() for tensor in (*case.weights, case.x, *case.trace, case.grad_h, *case.first)]
    by_hand("tanh", case, window=2)
    now = [*case.weights, case.x, *case.trace, case.grad_h, *case.first]
    assert all(torch.equal(a, b) for a, b in zip(copies, now, strict=True))


def test_a_trace_is_anything_with_its_parts(case):
    assert isinstance(case.trace, RNNTrace)
    assert by_hand("tanh", case).blame.shape == (2, 4, 4, 5)


def test_the_slope_of_relu_at_0_is_torchs():
    cell = RNN(1, 1, "relu").double()
    for w in cell.parameters():
        w.data.zero_()
    trace = cell(torch.ones(1, 2, 1).double())
    trace.h.sum().backward()
    by_hand = rnn_bptt(cell.cell, torch.ones(1, 2, 1).double(), trace, torch.ones(1, 2, 1).double())
    assert by_hand.W_xh.equal(cell.cell.W_xh.grad)


def test_the_two_biases_gradients_share_no_memory():
    layer, x = RNN(2, 3), torch.randn(1, 2, 2)
    g = rnn_bptt(layer.cell, x, layer(x), torch.randn(1, 2, 3))
    assert g.b_xh.data_ptr() != g.b_hh.data_ptr()
