"""The equations of 04, LSTM gates, each written out by itself and held against the library."""

import ast
import json
from pathlib import Path

import pytest
import torch
from unrolled.exercises.lstm_gates import of_cho
from unrolled.layers import GRU, LSTM, RNN, GRUCell

B, T, D, H = 2, 5, 3, 4


def sigma(a):
    return 1 / (1 + torch.exp(-a))


def tanh(a):
    return (torch.exp(2 * a) - 1) / (torch.exp(2 * a) + 1)


def before(states, first):
    """The state that each step starts from: `first`, then all but the last of states (B, T, H)."""
    return torch.cat([first[:, None], states[:, :-1]], dim=1)


def blocks(cell, names):
    """The weights of one gate each, as the equations name them: W_xf, W_hf, b_xf, b_hf."""
    found = {}
    for weight in ("W_xh", "W_hh", "b_xh", "b_hh"):
        for name, part in zip(names, getattr(cell, weight).detach().chunk(len(names), dim=-1), strict=True):
            found[weight[:3] + name] = part
    return found


@pytest.fixture
def lstm():
    """x, the states before each step, the weights, and the trace of one LSTM in float64."""
    layer = LSTM(D, H).double()
    x, h0, c0 = torch.randn(B, T, D).double(), torch.randn(B, H).double(), torch.randn(B, H).double()
    trace = layer(x, (h0, c0))
    trace = type(trace)(*(part.detach() for part in trace))
    return x, before(trace.h, h0), before(trace.c, c0), blocks(layer.cell, "ifgo"), trace


@pytest.fixture
def gru():
    layer = GRU(D, H).double()
    x, h0 = torch.randn(B, T, D).double(), torch.randn(B, H).double()
    trace = layer(x, h0)
    trace = type(trace)(*(part.detach() for part in trace))
    return x, before(trace.h, h0), blocks(layer.cell, "rzn"), trace


def gate(equation, name, squash, others, x, h, w, trace):
    """A gate from x and the state before, against that of the trace."""
    from_x, from_h = x @ w[f"W_x{name}"] + w[f"b_x{name}"], h @ w[f"W_h{name}"] + w[f"b_h{name}"]
    altered = {
        "the other squashing": (tanh if squash is sigma else sigma)(from_x + from_h),
        "without the state": squash(from_x + w[f"b_h{name}"]),
        "without the input": squash(from_h + w[f"b_x{name}"]),
        "without b_x": squash(x @ w[f"W_x{name}"] + from_h),
        "without b_h": squash(from_x + h @ w[f"W_h{name}"]),
        "the state of now": squash(from_x + trace.h @ w[f"W_h{name}"] + w[f"b_h{name}"]),
    }
    altered |= {f"the weights of {other}": squash(x @ w[f"W_x{other}"] + w[f"b_x{other}"] + from_h) for other in others}
    equation(formula=squash(from_x + from_h), library=getattr(trace, name), altered=altered)


def test_eq_4_1_the_rnn_writes_its_whole_state_anew(equation):
    layer = RNN(D, H).double()
    x, h0 = torch.randn(B, T, D).double(), torch.randn(B, H).double()
    states = layer(x, h0).h.detach()
    h, w = before(states, h0), {name: weight.detach() for name, weight in layer.cell.named_parameters()}
    a = x @ w["W_xh"] + w["b_xh"] + h @ w["W_hh"] + w["b_hh"]
    equation(
        formula=tanh(a),
        library=states,
        altered={
            "no tanh": a,
            "no state": tanh(x @ w["W_xh"] + w["b_xh"] + w["b_hh"]),
            "no b_xh": tanh(a - w["b_xh"]),
            "no b_hh": tanh(a - w["b_hh"]),
            "W_hh turned over": tanh(x @ w["W_xh"] + w["b_xh"] + h @ w["W_hh"].T + w["b_hh"]),
        },
    )


def test_eq_4_2_the_forget_gate(equation, lstm):
    x, h, _, w, trace = lstm
    gate(equation, "f", sigma, "igo", x, h, w, trace)


def test_eq_4_3_the_input_gate(equation, lstm):
    x, h, _, w, trace = lstm
    gate(equation, "i", sigma, "fgo", x, h, w, trace)


def test_eq_4_4_the_proposal(equation, lstm):
    x, h, _, w, trace = lstm
    gate(equation, "g", tanh, "ifo", x, h, w, trace)


def test_eq_4_5_the_memory_is_kept_and_added_to(equation, lstm):
    _, _, c, _, t = lstm
    equation(
        formula=t.f * c + t.i * t.g,
        library=t.c,
        altered={
            "forget gate 1 forgets": (1 - t.f) * c + t.i * t.g,
            "nothing kept": t.i * t.g,
            "nothing written": t.f * c,
            "written in full": t.f * c + t.g,
            "tied as in a GRU": t.f * c + (1 - t.f) * t.g,
            "f and i swapped": t.i * c + t.f * t.g,
        },
    )


def test_eq_4_6_the_output_gate(equation, lstm):
    x, h, _, w, trace = lstm
    gate(equation, "o", sigma, "ifg", x, h, w, trace)


def test_eq_4_7_what_is_shown(equation, lstm):
    _, _, c, _, t = lstm
    equation(
        formula=t.o * tanh(t.c),
        library=t.h,
        altered={"no tanh": t.o * t.c, "all shown": tanh(t.c), "the old memory": t.o * tanh(c), "c itself": t.c},
    )


def test_eq_4_8_through_c_alone_the_gradient_is_the_product_of_forget_gates(equation):
    """Autograd, in a layer whose gates do not read h, so that c is the only way back."""
    layer = LSTM(D, H).double()
    with torch.no_grad():
        layer.cell.W_hh.zero_()
    x, h0, c0 = torch.randn(1, T, D).double(), torch.zeros(1, H).double(), torch.randn(1, H).double().requires_grad_()
    trace = layer(x, (h0, c0))
    (found,) = torch.autograd.grad(trace.c[:, -1].sum(), c0)
    f = trace.f.detach()
    equation(
        formula=f[:, 0] * f[:, 1] * f[:, 2] * f[:, 3] * f[:, 4],
        library=found,
        altered={
            "one step left out": f[:, 1:].prod(dim=1),
            "a sum": f.sum(dim=1),
            "input gates": trace.i.detach().prod(dim=1),
            "what is forgotten": (1 - f).prod(dim=1),
        },
    )


def test_eq_4_8_with_gates_that_read_h_there_are_other_ways_too(relative_difference):
    layer = LSTM(D, H).double()
    c0 = torch.randn(1, H).double().requires_grad_()
    trace = layer(torch.randn(1, T, D).double(), (torch.zeros(1, H).double(), c0))
    (found,) = torch.autograd.grad(trace.c[:, -1].sum(), c0)
    assert relative_difference(trace.f.prod(dim=1), found) > 1e-3


def test_eq_4_9_the_reset_gate(equation, gru):
    gate(equation, "r", sigma, "zn", *gru)


def test_eq_4_10_the_update_gate(equation, gru):
    gate(equation, "z", sigma, "rn", *gru)


def test_eq_4_11_the_proposal_of_torchs_gru(equation, gru):
    x, h, w, t = gru
    from_x, from_h = x @ w["W_xn"] + w["b_xn"], h @ w["W_hn"] + w["b_hn"]
    equation(
        formula=tanh(from_x + t.r * from_h),
        library=t.n,
        altered={
            "no reset": tanh(from_x + from_h),
            "the form of Cho et al.": tanh(from_x + (t.r * h) @ w["W_hn"] + w["b_hn"]),
            "bias outside of the reset": tanh(from_x + w["b_hn"] + t.r * (h @ w["W_hn"])),
            "reset of the input as well": tanh(t.r * (from_x + from_h)),
            "z in place of r": tanh(from_x + t.z * from_h),
            "a sigmoid": sigma(from_x + t.r * from_h),
        },
    )


def test_eq_4_12_old_and_new_share(equation, gru):
    _, h, _, t = gru
    equation(
        formula=(1 - t.z) * t.n + t.z * h,
        library=t.h,
        altered={
            "turned round": t.z * t.n + (1 - t.z) * h,
            "not tied": t.n + t.z * h,
            "r in place of z": (1 - t.r) * t.n + t.r * h,
            "nothing kept": t.n,
        },
    )


@pytest.fixture
def cho_step():
    """The function of that name as it stands on the page: cho_step(x, h, cell) -> new h."""
    page = json.loads((Path(__file__).parents[2] / "notebooks" / "04_lstm_gates.ipynb").read_text(encoding="utf-8"))
    (cell,) = (cell for cell in page["cells"] if cell["id"] == "exp-cho-sequence")
    tree = ast.parse("".join(cell["source"]))
    tree.body = [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == "cho_step"]
    names: dict = {}
    exec(compile(tree, "04_lstm_gates", "exec"), names)
    return lambda *given: names["cho_step"](*given).detach()


def weights_of(cell):
    return [weight.detach() for weight in (cell.W_xh, cell.W_hh, cell.b_xh, cell.b_hh)]


def test_eq_4_13_the_proposal_of_cho(equation, cho_step):
    """The step of the page, the rest being torch's."""
    cell = GRUCell(D, H).double()
    x, h, w = torch.randn(B, D).double(), torch.randn(B, H).double(), blocks(cell, "rzn")
    r = sigma(x @ w["W_xr"] + w["b_xr"] + h @ w["W_hr"] + w["b_hr"])
    z = sigma(x @ w["W_xz"] + w["b_xz"] + h @ w["W_hz"] + w["b_hz"])
    b_n = w["b_xn"] + w["b_hn"]

    def state(n):
        return (1 - z) * n + z * h

    equation(
        formula=state(tanh(x @ w["W_xn"] + (r * h) @ w["W_hn"] + b_n)),
        library=cho_step(x, h, cell),
        altered={
            "torch's form": state(tanh(x @ w["W_xn"] + w["b_xn"] + r * (h @ w["W_hn"] + w["b_hn"]))),
            "no reset": state(tanh(x @ w["W_xn"] + h @ w["W_hn"] + b_n)),
            "no bias": state(tanh(x @ w["W_xn"] + (r * h) @ w["W_hn"])),
        },
    )


def test_eq_4_13_the_exercise_knows_the_step_of_the_page(relative_difference, cho_step):
    cell = GRUCell(D, H).double()
    x, h = torch.randn(B, D).double(), torch.randn(B, H).double()
    assert relative_difference(of_cho(x, h, *weights_of(cell)), cho_step(x, h, cell)) < 1e-9


@pytest.mark.parametrize("units", [1, H])
def test_eq_4_13_is_torchs_gru_where_units_do_not_mix_and_b_hn_is_zero(relative_difference, cho_step, units):
    """With a diagonal W_hn, r before the product or after it is the same: with one unit always. But not with b_hn."""
    layer = torch.nn.GRU(D, units, batch_first=True).double()
    x, h = torch.randn(B, D).double(), torch.randn(B, units).double()

    def apart(b_hn):
        with torch.no_grad():
            layer.weight_hh_l0[2 * units :] *= torch.eye(units)
            layer.bias_hh_l0[2 * units :] = b_hn
            theirs = layer(x[:, None], h[None])[0][:, 0]
        return relative_difference(cho_step(x, h, GRU.from_torch(layer).cell), theirs)

    assert apart(b_hn=0) < 1e-9
    assert apart(b_hn=1) > 1e-3


def test_eq_4_13_both_forms_agree_where_the_reset_gate_is_open(relative_difference, cho_step):
    """A reset gate's bias of 50 makes r = 1: nothing is reset, and before or after the product is all the same."""
    cell = GRUCell(D, H).double()
    with torch.no_grad():
        cell.b_xh[:H] = 50
    x, h = torch.randn(B, D).double(), torch.randn(B, H).double()
    assert relative_difference(cho_step(x, h, cell), cell(x, h).h.detach()) < 1e-9
