import pytest
import torch
from torch import nn
from unrolled.layers import GRU, LSTM, RNN
from unrolled.models.initialisation import identity_recurrence_, open_forget_gate_

RELUS = [
    lambda: RNN(3, 5, nonlinearity="relu"),
    lambda: nn.RNN(3, 5, nonlinearity="relu", batch_first=True),
]


def states(layer, x):
    return layer(x)[0] if isinstance(layer, nn.RNNBase) else layer(x).h


@pytest.mark.parametrize("make", RELUS)
def test_an_identity_recurrence_keeps_what_it_was_given(make):
    rnn = identity_recurrence_(make())
    x = torch.zeros(2, 50, 3)
    x[:, 0] = torch.rand(2, 3)
    h = states(rnn, x)
    assert h[:, 0].max() > 0
    assert h[:, -1].equal(h[:, 0])


@pytest.mark.parametrize("make", RELUS)
def test_a_scale_below_one_lets_it_fade_by_that_factor(make):
    rnn = identity_recurrence_(make(), scale=0.5)
    x = torch.zeros(2, 4, 3)
    x[:, 0] = torch.rand(2, 3)
    h = states(rnn, x)
    torch.testing.assert_close(h[:, 3], h[:, 0] / 8)


@pytest.mark.parametrize("make", [lambda: LSTM(3, 5), lambda: nn.LSTM(3, 5, batch_first=True)])
def test_the_sum_of_both_biases_opens_the_forget_gate_and_no_other(make):
    lstm = make()
    biases = [lstm.bias_ih_l0, lstm.bias_hh_l0] if isinstance(lstm, nn.LSTM) else [lstm.cell.b_xh, lstm.cell.b_hh]
    before = [b.detach().clone() for b in biases]
    assert open_forget_gate_(lstm, bias=2.5) is lstm
    i, f, g, o = sum(biases).detach().chunk(4)
    was_i, _, was_g, was_o = sum(before).chunk(4)
    assert f.tolist() == [2.5] * 5
    assert (i.equal(was_i), g.equal(was_g), o.equal(was_o)) == (True, True, True)


def test_the_forget_gate_of_a_silent_sequence_is_the_sigmoid_of_its_bias():
    lstm = LSTM(3, 5)
    with torch.no_grad():
        lstm.cell.W_hh.zero_()
    trace = open_forget_gate_(lstm, bias=1.0)(torch.zeros(1, 4, 3))
    torch.testing.assert_close(trace.f, torch.full((1, 4, 5), 1 / (1 + torch.e**-1)))


@pytest.mark.parametrize("wrong", [nn.LSTM(3, 5), LSTM(3, 5), GRU(3, 5), nn.RNN(3, 5, bias=False), nn.Linear(3, 5)])
def test_identity_is_for_a_plain_rnn(wrong):
    with pytest.raises(TypeError, match=r"RNN.* is wanted"):
        identity_recurrence_(wrong)


@pytest.mark.parametrize("wrong", [nn.GRU(3, 5), RNN(3, 5), nn.LSTM(3, 5, bias=False), nn.Linear(3, 5)])
def test_a_forget_gate_is_wanted(wrong):
    with pytest.raises(TypeError, match=r"LSTM.* is wanted"):
        open_forget_gate_(wrong)
