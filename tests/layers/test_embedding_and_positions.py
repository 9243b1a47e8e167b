"""Embeddings against torch's, sinusoids against the numbers of the paper's formula."""

import math

import pytest
import torch
from torch import nn
from unrolled.layers import Embedding, LearnedPositions, SinusoidalPositions, one_hot


def test_one_hot_equals_torchs(device):
    index = torch.randint(0, 7, (2, 5), device=device)
    assert torch.equal(one_hot(index, 7), nn.functional.one_hot(index, 7).to(torch.get_default_dtype()))
    assert one_hot(torch.tensor(3, dtype=torch.int32), 4).tolist() == [0, 0, 0, 1]


def test_an_embedding_is_a_one_hot_times_a_matrix_and_equals_torchs(device):
    layer, tokens = Embedding(7, 3).to(device), torch.randint(0, 7, (2, 5), device=device)
    torchs = nn.Embedding(7, 3, _weight=layer.W_e.detach().clone()).to(device)
    assert torch.equal(layer(tokens), torchs(tokens))
    assert torch.equal(layer(tokens), one_hot(tokens, 7) @ layer.W_e)
    layer(tokens).square().sum().backward()
    torchs(tokens).square().sum().backward()
    assert torch.allclose(layer.W_e.grad, torchs.weight.grad)


@pytest.mark.parametrize(
    ("tokens", "error", "sentence"),
    [
        (torch.tensor([1, 7]), ValueError, "must lie between 0 and 6; 7 came"),
        (torch.tensor([-1]), ValueError, "must lie between 0 and 6; -1 came"),
        (torch.tensor([1.0]), TypeError, r"must hold whole numbers \(torch.long\); torch.float32 came"),
        ([1, 2], TypeError, "must be a tensor of whole numbers; a list came"),
    ],
)
def test_tokens_outside_the_vocabulary_get_a_sentence(tokens, error, sentence):
    with pytest.raises(error, match=sentence):
        Embedding(7, 3)(tokens)
    with pytest.raises(error, match=sentence):
        one_hot(tokens, 7)


def test_sinusoids_follow_the_papers_formula_number_by_number(device):
    layer = SinusoidalPositions(6).to(device)
    P = layer(torch.zeros(1, 12, 6, dtype=torch.float64, device=device))[0]
    for t in range(12):
        for j in range(3):
            assert math.isclose(P[t, 2 * j], math.sin(t / 10000 ** (2 * j / 6)), abs_tol=1e-12)
            assert math.isclose(P[t, 2 * j + 1], math.cos(t / 10000 ** (2 * j / 6)), abs_tol=1e-12)


def test_the_table_is_made_once_and_anew_for_what_is_longer_or_of_another_dtype(monkeypatch):
    layer, made, table = SinusoidalPositions(6), [], SinusoidalPositions.table
    monkeypatch.setattr(SinusoidalPositions, "table", lambda self, T: made.append(T) or table(self, T))
    for T, dtype in [
        (5, torch.float32),
        (5, torch.float32),
        (3, torch.float32),
        (8, torch.float32),
        (8, torch.float64),
    ]:
        assert torch.equal(layer(torch.zeros(1, T, 6, dtype=dtype))[0], table(layer, T).to(dtype))
    assert made == [5, 8, 8]
    assert not layer.state_dict()


def test_moving_by_a_fixed_distance_is_one_rotation_wherever_it_starts():
    P = SinusoidalPositions(8).table(50)
    products = P @ P.T
    assert torch.allclose(products[3, 10], products[33, 40])
    assert not torch.allclose(products[3, 10], products[3, 11])


def test_learned_positions_add_their_rows_and_end():
    layer, x = LearnedPositions(5, 4), torch.randn(2, 3, 4)
    assert torch.equal(layer(x) - x, (x + layer.W_p[:3]) - x)
    with pytest.raises(ValueError, match="x has 6 steps; positions were learned for at most 5"):
        layer(torch.zeros(2, 6, 4))
    with pytest.raises(ValueError, match=r"x must have shape \(B, T, 4\); \(3, 4\) came"):
        layer(torch.zeros(3, 4))


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="embed_dim must be even, for sines and cosines in pairs; 5 came"):
        SinusoidalPositions(5)


@pytest.mark.parametrize("layer", [SinusoidalPositions(4), LearnedPositions(5, 4)])
def test_positions_are_not_added_to_whole_numbers(layer):
    with pytest.raises(TypeError, match=r"x must .*torch\.int64 came"):
        layer(torch.zeros(2, 3, 4, dtype=torch.long))


def test_rows_of_an_embedding_start_as_standard_normal():
    W = Embedding(200, 50).W_e.detach()
    assert abs(W.mean()) < 0.03
    assert abs(W.std() - 1) < 0.03
    assert W.abs().max() > 3


def test_what_is_printed_shows_its_sizes():
    assert repr(Embedding(7, 3)) == "Embedding(7, 3)"
    assert repr(SinusoidalPositions(6)) == "SinusoidalPositions(6)"
    assert repr(LearnedPositions(5, 4)) == "LearnedPositions(5, 4)"


def test_learned_positions_start_as_standard_normal():
    W = LearnedPositions(200, 50).W_p.detach()
    assert abs(W.mean()) < 0.03
    assert abs(W.std() - 1) < 0.03


def test_sinusoids_of_later_steps_are_those_of_one_pass():
    places, x = SinusoidalPositions(6), torch.randn(2, 7, 6)
    assert torch.equal(places(x[:, 3:], 3), places(x)[:, 3:])
