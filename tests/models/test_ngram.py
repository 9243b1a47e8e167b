"""Counting models: probabilities add up to 1, and are what scikit-learn and a slow loop count."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.naive_bayes import CategoricalNB
from unrolled.models.ngram import bigram, bigram_nats, followers, unigram, unigram_nats

V = 6
TEXT = torch.tensor([2, 3, 2, 3, 4, 2, 2, 3, 4])  # 5 never occurs, 4 is also the last


def test_a_unigram_is_a_share_of_all_words():
    assert unigram(TEXT, V, alpha=0).tolist() == pytest.approx([0, 0, 4 / 9, 3 / 9, 2 / 9, 0])
    assert unigram(TEXT, V, alpha=0.5).tolist() == pytest.approx([n / 12 for n in (0.5, 0.5, 4.5, 3.5, 2.5, 0.5)])


def test_followers_are_counted_as_a_loop_counts_them():
    counts = torch.zeros(V, V, dtype=torch.long)
    for v, w in pairwise(TEXT):
        counts[v, w] += 1
    assert torch.equal(followers(TEXT, V), counts)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_every_row_of_a_bigram_adds_up_to_one(weight):
    p = bigram(followers(TEXT, V), unigram(TEXT, V), weight)
    assert torch.allclose(p.sum(dim=1), torch.ones(V, dtype=torch.float64), atol=1e-12)
    assert (p >= 0).all()


def test_a_bigram_of_full_weight_counts_as_scikit_learn_does():
    judge = CategoricalNB(alpha=1e-12, min_categories=V).fit(TEXT[1:, None].numpy(), TEXT[:-1].numpy())
    p = bigram(followers(TEXT, V), unigram(TEXT, V), weight=1.0)
    for row, v in enumerate(judge.classes_):
        assert p[v].tolist() == pytest.approx(np.exp(judge.feature_log_prob_[0][row]).tolist(), abs=1e-9)


def test_a_word_that_nothing_followed_leaves_all_to_the_unigram():
    fallback = unigram(TEXT, V)
    assert torch.equal(bigram(followers(TEXT, V), fallback, 0.9)[5], fallback)


def test_both_models_are_scored_on_the_same_words():
    fallback = unigram(TEXT, V)
    p = bigram(followers(TEXT, V), fallback, 0.5)
    held_out = torch.tensor([2, 4, 5])
    assert unigram_nats(fallback, held_out).tolist() == pytest.approx([-math.log(3 / 15), -math.log(1 / 15)])
    assert bigram_nats(p, held_out).tolist() == pytest.approx([-math.log(0.5 * 3 / 15), -math.log(0.5 / 15)])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: unigram(torch.tensor([1]), V), r"tokens have shape \(1,\); wanted \(T,\) with at least two"),
        (lambda: followers(torch.tensor([1, 7]), V), "tokens hold 7, outside the vocabulary: wanted 0 to 5"),
        (lambda: unigram(TEXT, V, alpha=-1), "alpha is -1"),
        (lambda: bigram(followers(TEXT, V), unigram(TEXT, V), 1.5), "weight is 1.5"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
