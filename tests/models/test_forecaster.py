"""Many to many: an output after every step, equal to torch's layer and a linear one."""

import pytest
import torch
from torch import nn
from unrolled.layers import GRU, LSTM, RNN
from unrolled.models.forecaster import Forecaster, without_memory


@pytest.mark.parametrize("layer", [RNN(3, 5), LSTM(3, 5), GRU(3, 5), nn.RNN(3, 5, batch_first=True)])
def test_a_forecast_after_every_step_equals_torchs_own(layer, relative_difference):
    model = Forecaster(layer, 2).double()
    torchs = layer if isinstance(layer, nn.RNN) else layer.to_torch()
    linear = nn.Linear(5, 2).double()
    linear.weight.data, linear.bias.data = model.W_hy.data.T.contiguous(), model.b_y.data
    x = torch.randn(4, 6, 3).double()
    assert relative_difference(model(x).y, linear(torchs(x)[0])) < 1e-9
    assert relative_difference(model.traced()(x).y, model(x).y) < 1e-9


def test_the_traced_twin_shows_what_torch_hides_and_shares_nothing():
    model = Forecaster(nn.RNN(3, 5, batch_first=True), 2)
    twin = model.traced()
    assert twin(torch.randn(1, 2, 3)).trace.a.shape == (1, 2, 5)
    with torch.no_grad():
        twin.W_hy.add_(1)
    assert not torch.equal(twin.W_hy, model.W_hy)


@pytest.mark.parametrize("layer", [RNN(3, 5), nn.RNN(3, 5, batch_first=True)])
def test_without_memory_a_step_sees_its_own_input_alone_and_training_keeps_it_so(layer):
    model = Forecaster(without_memory(layer), 2)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        model(torch.randn(4, 6, 3)).y.square().sum().backward()
        optimiser.step()
    x = torch.randn(4, 6, 3)
    altered = x.clone()
    altered[:, 0] += 1
    assert torch.equal(model(x).y[:, 1:], model(altered).y[:, 1:])
    assert not torch.equal(model(x).y[:, 0], model(altered).y[:, 0])


def test_a_layer_with_time_first_is_refused():
    with pytest.raises(ValueError, match="batch_first=False"):
        Forecaster(nn.RNN(3, 5), 2)


def test_a_gated_layer_is_not_robbed_of_its_memory_in_silence():
    with pytest.raises(TypeError, match="simple RNN, ours or torch's; a LSTM came"):
        without_memory(LSTM(2, 3))
