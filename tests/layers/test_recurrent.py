"""RNN, LSTM and GRU are torch's own layers with the lid off: same outputs, same gradients."""

import itertools

import pytest
import torch
from torch import nn
from unrolled.layers import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell

KINDS = {
    "tanh": (RNN, lambda D, H, **k: nn.RNN(D, H, nonlinearity="tanh", **k)),
    "relu": (RNN, lambda D, H, **k: nn.RNN(D, H, nonlinearity="relu", **k)),
    "lstm": (LSTM, nn.LSTM),
    "gru": (GRU, nn.GRU),
}
SIZES = [(1, 1, 1, 1), (1, 4, 3, 5), (4, 1, 5, 3), (2, 7, 3, 5), (5, 3, 4, 4)]  # B, T, D, H
GRID = list(itertools.product(KINDS, SIZES, [False, True], [False, True]))
each_kind = pytest.mark.parametrize("kind", KINDS)


def initial(kind: str, B: int, H: int, device) -> tuple:
    """A state for ours and the same for torch's."""
    h, c = torch.randn(2, B, H, dtype=torch.float64, device=device)
    return ((h, c), (h[None], c[None])) if kind == "lstm" else (h, h[None])


@pytest.mark.parametrize(("kind", "sizes", "batch_first", "with_state"), GRID)
def test_outputs_and_gradients_equal_torch(kind, sizes, batch_first, with_state, device, relative_difference):
    B, T, D, H = sizes
    ours_class, torchs_class = KINDS[kind]
    module = torchs_class(D, H, batch_first=batch_first).to(device, torch.float64)
    layer = ours_class.from_torch(module)
    x_ours = torch.randn(B, T, D, dtype=torch.float64, device=device, requires_grad=True)
    x_torchs = x_ours.detach().clone().requires_grad_()
    ours_state, torchs_state = initial(kind, B, H, device) if with_state else (None, None)

    trace = layer(x_ours, ours_state)
    out, last = module(x_torchs if batch_first else x_torchs.transpose(0, 1), torchs_state)
    out = out if batch_first else out.transpose(0, 1)
    assert relative_difference(trace.h, out) < 1e-9
    last_h = last[0] if kind == "lstm" else last
    assert relative_difference(trace.h[:, -1], last_h[0]) < 1e-9
    if kind == "lstm":
        assert relative_difference(trace.c[:, -1], last[1][0]) < 1e-9

    weighting = torch.randn_like(out)
    (trace.h * weighting).sum().backward()
    (out * weighting).sum().backward()
    assert relative_difference(x_ours.grad, x_torchs.grad) < 1e-9
    cell = layer.cell
    for ours, torchs in [(cell.W_xh, "weight_ih_l0"), (cell.W_hh, "weight_hh_l0")]:
        assert relative_difference(ours.grad, getattr(module, torchs).grad.mT) < 1e-9
    for ours, torchs in [(cell.b_xh, "bias_ih_l0"), (cell.b_hh, "bias_hh_l0")]:
        assert relative_difference(ours.grad, getattr(module, torchs).grad) < 1e-9


@each_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_weights_survive_the_way_to_torch_and_back_to_the_last_bit(kind, dtype, device):
    ours_class, torchs_class = KINDS[kind]
    module = torchs_class(3, 5, batch_first=False).to(device, dtype)
    back = ours_class.from_torch(module).to_torch()
    assert back.batch_first
    assert getattr(back, "nonlinearity", None) == getattr(module, "nonlinearity", None)
    for name, weight in module.named_parameters():
        returned = dict(back.named_parameters())[name]
        assert torch.equal(returned, weight)
        assert returned.dtype == dtype
        assert returned.device == weight.device
        assert returned.data_ptr() != weight.data_ptr(), "a copy, not a shared tensor"


@each_kind
def test_the_way_to_torch_and_back_draws_no_random_number(kind):
    module = KINDS[kind][1](3, 5)
    before = torch.get_rng_state()
    KINDS[kind][0].from_torch(module).to_torch()
    assert torch.equal(torch.get_rng_state(), before)


@each_kind
def test_frozen_weights_stay_frozen_on_the_way_to_torch_and_back(kind):
    module = KINDS[kind][1](3, 5)
    module.weight_hh_l0.requires_grad_(False)
    layer = KINDS[kind][0].from_torch(module)
    assert [name for name, weight in layer.cell.named_parameters() if not weight.requires_grad] == ["W_hh"]
    frozen = [name for name, weight in layer.to_torch().named_parameters() if not weight.requires_grad]
    assert frozen == ["weight_hh_l0"]


@pytest.mark.parametrize("layer", [RNN(3, 5), RNN(3, 5, "relu"), LSTM(3, 5), GRU(3, 5)])
def test_under_autocast_a_layer_takes_what_a_linear_one_gives(layer):
    linear, x = nn.Linear(4, 3), torch.randn(2, 6, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features = linear(x)
        trace = layer(features)
    assert features.dtype == torch.bfloat16
    torch.testing.assert_close(trace.h.float(), layer(linear(x)).h, rtol=0.1, atol=0.05)
    trace.h.float().sum().backward()
    assert linear.weight.grad.isfinite().all()
    with pytest.raises(TypeError, match=r"x must be torch\.float32"):
        layer(features)


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (RNN(3, 5, "relu"), "RNNCell(3, 5, relu)"),
        (LSTM(3, 5), "LSTMCell(3, 5)"),
        (GRU(3, 5), "GRUCell(3, 5)"),
    ],
)
def test_a_layer_printed_shows_its_sizes(layer, line):
    assert repr(layer.cell) == line
    assert line in repr(layer)


@each_kind
def test_the_state_survives_a_cut(kind, device, relative_difference):
    layer = KINDS[kind][0].from_torch(KINDS[kind][1](3, 5)).to(device, torch.float64)
    x = torch.randn(2, 9, 3, dtype=torch.float64, device=device)
    whole, first = layer(x), layer(x[:, :4])
    state = (first.h[:, -1], first.c[:, -1]) if kind == "lstm" else first.h[:, -1]
    assert relative_difference(layer(x[:, 4:], state).h, whole.h[:, 4:]) < 1e-12


@each_kind
def test_nothing_leaks_from_the_future(kind):
    layer = KINDS[kind][0].from_torch(KINDS[kind][1](3, 5))
    x = torch.randn(2, 6, 3)
    altered = x.clone()
    altered[:, 4:] += 1
    for before, after in zip(layer(x), layer(altered), strict=True):
        assert torch.equal(before[:, :4], after[:, :4])
        assert not torch.allclose(before[:, 4:], after[:, 4:])


@pytest.mark.parametrize(("cell", "module"), [(RNNCell, nn.RNNCell), (LSTMCell, nn.LSTMCell), (GRUCell, nn.GRUCell)])
def test_a_new_cell_starts_in_the_range_of_torchs(cell, module):
    ours = torch.cat([p.detach().flatten() for p in cell(30, 50).parameters()])
    torchs = torch.cat([p.detach().flatten() for p in module(30, 50).parameters()])
    assert len(ours) == len(torchs)
    assert ours.abs().max() <= 50**-0.5
    assert abs(ours.std() / torchs.std() - 1) < 0.05


def test_an_rnns_trace_shows_the_activation_before_the_non_linearity():
    trace = RNN(3, 5)(torch.randn(2, 4, 3))
    assert torch.equal(trace.h, trace.a.tanh())
    trace = RNN(3, 5, nonlinearity="relu")(torch.randn(2, 4, 3))
    assert torch.equal(trace.h, trace.a.relu())


def test_a_forget_gate_forced_open_and_nothing_written_keeps_the_memory_forever():
    layer = LSTM(3, 5)
    c = torch.randn(2, 5)
    trace = layer(torch.randn(2, 50, 3), (torch.randn(2, 5), c), force={"f": 1.0, "i": 0.0})
    assert torch.equal(trace.c, c[:, None].expand_as(trace.c))


def test_a_grus_gate_forced_to_keep_keeps_the_state_forever():
    h0 = torch.randn(2, 5)
    trace = GRU(3, 5)(torch.randn(2, 50, 3), h0, force={"z": 1.0})
    assert torch.equal(trace.h, h0[:, None].expand_as(trace.h))


@pytest.mark.parametrize(("layer", "gates"), [(LSTM(3, 5), "ifgo"), (GRU(3, 5), "rzn")])
def test_a_forced_gate_has_its_value_at_every_step_and_changes_what_follows(layer, gates):
    x = torch.randn(2, 4, 3)
    free = layer(x)
    for gate in gates:
        held = layer(x, force={gate: 0.25})
        assert (getattr(held, gate) == 0.25).all()
        assert not torch.allclose(held.h[:, 1:], free.h[:, 1:])
    per_unit = torch.linspace(0, 1, 5)
    assert torch.equal(getattr(layer(x, force={gates[0]: per_unit}), gates[0])[1, 2], per_unit)


@pytest.mark.parametrize("layer", [LSTM(3, 5), GRU(3, 5)])
def test_a_gate_that_the_cell_has_not_is_refused(layer):
    with pytest.raises(ValueError, match=r"force names the gate 'q'; this cell has "):
        layer(torch.randn(1, 2, 3), force={"q": 1.0})


BAD_INPUT = {
    "no tensor": ([[1.0]], TypeError, r"x must be a tensor of shape \(B, T, 3\); a list came"),
    "two axes": (torch.zeros(4, 3), ValueError, r"x must have shape \(B, T, 3\); \(4, 3\) came"),
    "wrong features": (torch.zeros(2, 4, 7), ValueError, r"x must have shape \(B, T, 3\); \(2, 4, 7\) came"),
    "empty": (torch.zeros(2, 0, 3), ValueError, r"\(2, 0, 3\) came \(nothing may be empty\)"),
    "float64": (torch.zeros(2, 4, 3, dtype=torch.float64), TypeError, r"x must be torch.float32.*torch.float64 came"),
    "whole numbers": (torch.zeros(2, 4, 3, dtype=torch.long), TypeError, "torch.int64 came"),
    "elsewhere": (torch.zeros(2, 4, 3, device="meta"), ValueError, "x must be on cpu.*it is on meta"),
}


@pytest.mark.parametrize("layer", [RNN(3, 5), LSTM(3, 5), GRU(3, 5)])
@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_gets_a_sentence(layer, case):
    x, error, sentence = BAD_INPUT[case]
    with pytest.raises(error, match=sentence):
        layer(x)


def test_a_bad_state_gets_a_sentence():
    x = torch.zeros(2, 4, 3)
    with pytest.raises(ValueError, match=r"h0 must have shape \(2, 5\); \(1, 2, 5\) came"):
        RNN(3, 5)(x, torch.zeros(1, 2, 5))
    with pytest.raises(ValueError, match=r"h0 must have shape \(2, 5\); \(3, 5\) came"):
        GRU(3, 5)(x, torch.zeros(3, 5))
    with pytest.raises(TypeError, match=r"state must be a pair \(h, c\), each \(B, H\); a Tensor came"):
        LSTM(3, 5)(x, torch.zeros(2, 5))
    with pytest.raises(ValueError, match=r"state's c must have shape \(2, 5\); \(2, 6\) came"):
        LSTM(3, 5)(x, (torch.zeros(2, 5), torch.zeros(2, 6)))


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU])
@pytest.mark.parametrize("sizes", [(0, 5), (3, 0), (3, 2.5), (True, 5)])
def test_a_bad_size_gets_a_sentence(layer, sizes):
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        layer(*sizes)


def test_an_unknown_nonlinearity_is_refused():
    with pytest.raises(ValueError, match="nonlinearity must be one of tanh, relu; 'sigmoid' came"):
        RNN(3, 5, nonlinearity="sigmoid")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"num_layers": 2}, "num_layers=1; num_layers=2 came"),
        ({"bidirectional": True}, "bidirectional=False; bidirectional=True came"),
        ({"bias": False}, "bias=True; bias=False came"),
    ],
)
@pytest.mark.parametrize(("ours", "torchs"), [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)])
def test_what_from_torch_cannot_take_it_refuses_by_name(ours, torchs, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        ours.from_torch(torchs(3, 5, **options))


def test_a_projected_lstm_and_a_module_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="proj_size=0; proj_size=2 came"):
        LSTM.from_torch(nn.LSTM(3, 5, proj_size=2))
    with pytest.raises(TypeError, match=r"wants a torch\.nn\.GRU; a LSTM came"):
        GRU.from_torch(nn.LSTM(3, 5))


@pytest.mark.parametrize(("ours", "theirs"), [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)])
def test_what_is_taken_over_is_a_copy(ours, theirs):
    module = theirs(3, 5)
    layer = ours.from_torch(module)
    before = {name: weight.clone() for name, weight in layer.state_dict().items()}
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(1)
    assert all(weight.equal(before[name]) for name, weight in layer.state_dict().items())
