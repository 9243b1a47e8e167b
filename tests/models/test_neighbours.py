"""Neighbours by angle are scikit-learn's; a picture keeps all of them, none, or its share."""

import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from unrolled.models.neighbours import cosine, kept, nearest, nearest_drawn


@pytest.fixture
def vectors() -> torch.Tensor:
    return torch.randn(40, 7, dtype=torch.float64) + 0.5


def test_cosines_are_torchs_own(vectors, relative_difference):
    theirs = torch.cosine_similarity(vectors[:, None], vectors[None, :5], dim=-1)
    assert relative_difference(cosine(vectors, vectors[:5]), theirs) < 1e-9
    assert cosine(vectors, torch.zeros(1, 7, dtype=torch.float64)).eq(0).all()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_are_those_of_scikit_learn(vectors, metric):
    judge = NearestNeighbors(n_neighbors=6, metric=metric).fit(vectors.numpy())
    ours = nearest(vectors, 6) if metric == "cosine" else nearest_drawn(vectors, 6)
    assert ours.tolist() == judge.kneighbors(return_distance=False).tolist()


def test_length_plays_no_part_in_an_angle(vectors):
    longer = vectors * torch.rand(40, 1, dtype=torch.float64).add(0.1)
    assert torch.equal(nearest(longer, 5), nearest(vectors, 5))
    assert not torch.equal(nearest_drawn(longer, 5), nearest_drawn(vectors, 5))


def test_what_a_picture_keeps_is_a_share_of_the_true_neighbours():
    true, drawn = torch.tensor([[1, 2], [2, 0], [0, 1]]), torch.tensor([[2, 1], [0, 3], [4, 5]])
    assert kept(true, drawn).tolist() == [1.0, 0.5, 0.0]


def test_a_picture_by_chance_keeps_k_of_the_others():
    true, drawn = nearest_drawn(torch.randn(400, 2), 10), nearest_drawn(torch.randn(400, 2), 10)
    assert kept(true, drawn).mean().item() == pytest.approx(10 / 399, abs=0.008)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: cosine(torch.zeros(3, 2), torch.zeros(3, 4)), r"vectors have shape \(3, 2\) and others \(3, 4\)"),
        (lambda: nearest(torch.zeros(3, 2), 3), "k is 3 for 3 vectors; each has 1 to 2 neighbours"),
        (lambda: nearest_drawn(torch.zeros(3, 2), 0), "k is 0 for 3 vectors"),
        (lambda: kept(torch.zeros(3, 2), torch.zeros(3, 1)), r"true has shape \(3, 2\) and drawn \(3, 1\)"),
    ],
)
def test_what_has_no_neighbours_is_refused_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_a_word_is_no_neighbour_of_its_own_even_beside_its_opposite():
    assert nearest(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), 1).tolist() == [[1], [0]]
