import pytest
import torch
from torch import nn
from unrolled.layers import GRU, LSTM, RNN
from unrolled.models.classifier import Classifier
from unrolled.models.recurrent import readout

PAIRS = [(nn.RNN, RNN), (nn.LSTM, LSTM), (nn.GRU, GRU)]


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_the_traced_twin_gives_the_same_answers_and_gradients(theirs, ours, device, relative_difference):
    dtype = torch.float32 if device.type == "mps" else torch.float64
    model = Classifier(theirs(5, 7, batch_first=True), 3).to(device, dtype)
    twin = model.traced()
    x = torch.randn(4, 6, 5, device=device, dtype=dtype)
    assert type(twin.recurrent) is ours
    assert relative_difference(twin(x).y, model(x).y) < 1e-9
    twin(x).y.square().sum().backward()
    model(x).y.square().sum().backward()
    assert relative_difference(twin.W_hy.grad, model.W_hy.grad) < 1e-9
    assert relative_difference(twin.recurrent.cell.W_hh.grad.mT, model.recurrent.weight_hh_l0.grad) < 1e-9


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_the_answer_is_read_from_the_last_step_alone(ours):
    model = Classifier(ours(5, 7), 3)
    x = torch.randn(4, 6, 5)
    y, trace = model(x)
    torch.testing.assert_close(y, trace.h[:, -1] @ model.W_hy + model.b_y)
    assert trace.h.shape == (4, 6, 7)
    assert model.W_hy.shape == (7, 3)


def test_the_last_symbol_reaches_the_answer():
    model = Classifier(nn.GRU(5, 7, batch_first=True), 3)
    x = torch.randn(4, 6, 5)
    changed = x.clone()
    changed[:, -1] += 1
    assert not torch.allclose(model(x).y, model(changed).y)


def test_the_twin_shares_no_weights_and_a_traced_model_gives_a_copy():
    model = Classifier(nn.RNN(5, 7, batch_first=True), 3)
    twin = model.traced()
    again = twin.traced()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1)
    assert not torch.allclose(twin.W_hy, model.W_hy)
    torch.testing.assert_close(again.W_hy, model.W_hy)
    torch.testing.assert_close(again.recurrent.cell.W_hh, model.recurrent.weight_hh_l0.mT)


def test_a_relu_layer_stays_one():
    model = Classifier(nn.RNN(5, 7, nonlinearity="relu", batch_first=True), 3)
    x = torch.randn(4, 6, 5)
    torch.testing.assert_close(model.traced()(x).y, model(x).y)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "batch_first=False"),
        ({"batch_first": True, "num_layers": 2}, "num_layers=2"),
        ({"batch_first": True, "bidirectional": True}, "bidirectional=True"),
    ],
)
def test_a_layer_that_would_be_read_wrongly_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Classifier(nn.GRU(5, 7, **options), 3)


def test_a_readout_starts_as_torchs_linear():
    for part in readout(400, 25):
        bound = 400**-0.5
        assert part.abs().max() <= bound
        assert part.min() < -0.5 * bound
        assert part.max() > 0.5 * bound
