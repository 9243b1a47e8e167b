import pytest
import torch
from unrolled.gradients.depth import longest_chain
from unrolled.layers import RNN, MultiHeadAttention


def test_the_chain_is_counted_on_its_longest_path():
    x = torch.ones(3, requires_grad=True)  # a leaf is a node of the graph as well
    assert longest_chain(x.exp()) == 2
    assert longest_chain(x.exp().sin() * x) == 4
    assert longest_chain(x * x.exp().sin()) == 4


def test_a_recurrence_waits_for_every_step_and_attention_for_none():
    rnn, looking = RNN(4, 4), MultiHeadAttention(4, 1)
    recurrent, attending = (
        [longest_chain(act(torch.randn(1, T, 4))) for T in (50, 100, 400)]
        for act in (lambda x: rnn(x).h[:, -1], lambda x: looking(x).output)
    )
    assert recurrent[2] - recurrent[1] == 6 * (recurrent[1] - recurrent[0]) > 0
    assert len(set(attending)) == 1


def test_a_tensor_without_a_graph_is_refused():
    with pytest.raises(ValueError, match="no graph"):
        longest_chain(torch.ones(3))
