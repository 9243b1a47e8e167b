"""The reviews: many, balanced, no two alike, each with three labels, and two parts that share nothing."""

import re
from collections import Counter

import pytest
from sklearn.metrics import cohen_kappa_score
from unrolled.data import reviews

LONGEST_SHARED = 5  # words in a row


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[\w']+", text.lower().replace("’", "'"))
    size = LONGEST_SHARED + 1
    return {tuple(words[n : n + size]) for n in range(len(words) - size + 1)}


def test_there_are_enough_and_both_verdicts_are_as_frequent():
    for part, least in (("train", 1200), ("held out", 400)):
        counts = Counter(review.verdict for review in reviews.load(part))
        assert sum(counts.values()) >= least
        assert abs(counts[0] - counts[1]) <= 0.02 * sum(counts.values())


def test_no_two_share_a_run_of_six_words():
    met: dict[tuple[str, ...], str] = {}
    for row in reviews.rows():
        for run in runs(row["text"]):
            assert met.setdefault(run, row["text"]) == row["text"]


def test_no_text_is_there_twice():
    assert not [text for text, count in Counter(row["text"].lower() for row in reviews.rows()).items() if count > 1]


def test_the_labels_agree_and_disputed_reviews_are_left_out():
    rows = reviews.rows()
    assert cohen_kappa_score([row["first"] for row in rows], [row["second"] for row in rows]) > 0.9
    disputed = {row["text"] for row in rows if len({row["writer"], row["first"], row["second"]}) > 1}
    assert {row["writer"] for row in rows} == set(reviews.VERDICTS)
    assert {row[label] for row in rows for label in ("first", "second")} <= {*reviews.VERDICTS, "unclear"}
    assert not disputed & {review.text for part in reviews.PARTS for review in reviews.load(part)}


def test_a_disputed_review_is_left_out(tmp_path, monkeypatch):
    file = tmp_path / "reviews.tsv"
    file.write_text(
        "part\thand\twriter\tfirst\tsecond\ttext\n"
        'train\t1\tpositive\tpositive\tnegative\tIt was "fine".\n'
        'train\t2\tnegative\tnegative\tnegative\tIt was "not".\n'
    )
    monkeypatch.setattr(reviews, "FILE", file)
    assert reviews.load("train") == [reviews.Review('It was "not".', 0)]
    assert reviews.by_hand("train") == {"2": [reviews.Review('It was "not".', 0)]}


def test_six_hands_wrote_what_is_trained_on_and_two_others_what_is_held_out():
    hands = {part: reviews.by_hand(part) for part in reviews.PARTS}
    assert {part: "".join(each) for part, each in hands.items()} == {"train": "123456", "held out": "78"}
    for part, each in hands.items():
        assert sorted(review for some in each.values() for review in some) == sorted(reviews.load(part))
        assert all(0.45 < sum(review.verdict for review in some) / len(some) < 0.55 for some in each.values())


def test_words_of_praise_stand_in_both():
    """Else counting single words would be enough."""
    counts = [Counter(), Counter()]
    for review in reviews.load("train"):
        counts[review.verdict].update(set(re.findall(r"[\w']+", review.text.lower())))
    for word in ("good", "not", "but", "never", "nice", "perfect"):
        assert min(counts[0][word], counts[1][word]) >= 0.15 * (counts[0][word] + counts[1][word]) > 1


def test_a_hand_left_out_is_in_no_text_to_learn_from():
    everything = sorted(reviews.load("train"))
    held_out = {review.text for review in reviews.load("held out")}
    for hand, written in reviews.by_hand("train").items():
        others, own = reviews.leave_out(hand)
        assert own == written
        assert not {review.text for review in own} & {review.text for review in others}
        assert not held_out & {review.text for review in [*own, *others]}
        assert sorted([*own, *others]) == everything


def test_only_a_hand_that_wrote_for_training_can_be_left_out():
    with pytest.raises(ValueError, match="hand is '7'; it must be one of 1, 2, 3, 4, 5, 6"):
        reviews.leave_out("7")


@pytest.mark.parametrize("of", [reviews.load, reviews.by_hand])
def test_a_part_that_is_not_there_is_named(of):
    with pytest.raises(ValueError, match="part is 'TRAIN'; it must be one of train, held out"):
        of("TRAIN")
