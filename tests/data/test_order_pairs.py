"""The pairs that differ in order alone: the same words, another order, and none of them a review of the course."""

import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from unrolled.data import order_pairs, reviews, words


def test_the_two_of_a_pair_hold_the_same_words_in_another_order():
    for one, other in order_pairs.PAIRS:
        first, second = words.tokenise(one), words.tokenise(other)
        assert sorted(first) == sorted(second)
        assert first != second


def test_both_of_each_pair_come_with_their_verdicts():
    texts = order_pairs.load()
    assert len({text for text, _ in texts}) == 2 * len(order_pairs.PAIRS) == 40
    assert [verdict for _, verdict in texts] == [1, 0] * 20
    assert texts[2] == reviews.Review("The food was good, not bad.", 1)


def test_none_is_a_review():
    known = {tuple(words.tokenise(row["text"])) for row in reviews.rows()}
    assert not [text for text, _ in order_pairs.load() if tuple(words.tokenise(text)) in known]


def test_a_bag_has_half_of_them_right_whatever_its_weights():
    pairs = order_pairs.load()
    bag = CountVectorizer(analyzer=words.tokenise, binary=True)
    x, y = bag.fit_transform([text for text, _ in pairs]), [verdict for _, verdict in pairs]
    for seed in range(5):
        labels = torch.randint(2, (40,), generator=torch.Generator().manual_seed(seed)).tolist()
        assert LogisticRegression().fit(x, labels).score(x, y) == 0.5
