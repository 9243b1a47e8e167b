"""Right answers to the exercises of 09, written in other ways than the reference; and the sentences of near misses."""

import numpy as np
import pytest
import torch
from sklearn.preprocessing import MultiLabelBinarizer
from torch.nn.utils.rnn import pack_padded_sequence
from unrolled.exercises import sentiment as ex


def bag_by_one_hot(tokens, lengths, V):
    real = torch.arange(tokens.shape[1]) < lengths[:, None]
    counts = (torch.nn.functional.one_hot(tokens, V) * real[..., None]).sum(dim=1)
    return (counts > 0).float()


def bag_by_sklearn(tokens, lengths, V):
    sets = [row[:n].tolist() for row, n in zip(tokens, lengths, strict=True)]
    return MultiLabelBinarizer(classes=range(V)).fit_transform(sets).astype(float)


def mean_by_loop(h, lengths):
    return torch.stack([row[:n].mean(dim=0) for row, n in zip(h, lengths, strict=True)])


def mean_by_numpy(h, lengths):
    return np.stack([row[:n].mean(axis=0) for row, n in zip(h.numpy(), lengths.numpy(), strict=True)])


def max_by_loop(h, lengths):
    return torch.stack([row[:n].max(dim=0).values for row, n in zip(h, lengths, strict=True)])


def max_of_what_was_filled(h, lengths):
    h = h.clone()
    for row, n in zip(h, lengths, strict=True):
        row[n:] = -1e9
    return h.max(dim=1)[0]


def sizes_by_torch(lengths):
    x = torch.zeros(len(lengths), int(lengths.max()), 1)
    return pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False).batch_sizes


def sizes_by_loop(lengths):
    return torch.tensor([sum(1 for n in lengths.tolist() if n > t) for t in range(max(lengths.tolist()))])


def ends_by_loop(forward, backward, lengths):
    rows = [torch.cat([f[n - 1], b[0]]) for f, b, n in zip(forward, backward, lengths, strict=True)]
    return torch.stack(rows)


def moved_by_loop(z):
    before, steps = 0.0, []
    for negative, positive in z.tolist():
        steps.append(positive - negative - before)
        before = positive - negative
    return torch.tensor(steps)


def moved_of_probabilities(z):
    return torch.diff(torch.logit(z.double().softmax(dim=1)[:, 1]), prepend=torch.zeros(1).double()).float()


RIGHT = [
    (ex.bag, bag_by_one_hot),
    (ex.bag, bag_by_sklearn),
    (ex.masked_mean, mean_by_loop),
    (ex.masked_mean, mean_by_numpy),
    (ex.masked_max, max_by_loop),
    (ex.masked_max, max_of_what_was_filled),
    (ex.batch_sizes, sizes_by_torch),
    (ex.batch_sizes, sizes_by_loop),
    (ex.both_ends, ends_by_loop),
    (ex.moved_by, moved_by_loop),
    (ex.moved_by, moved_of_probabilities),
]


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=lambda each: getattr(each, "__name__", ""))
def test_another_way_to_write_it_is_right_too(exercise, answer):
    verdict = exercise.judge(answer)
    assert verdict.outcome == "correct", verdict.message


def test_the_usual_line_for_two_directions_is_named():
    def both_ends(forward, backward, lengths):
        out = torch.cat([forward, backward], dim=-1)
        return out[:, -1]

    verdict = ex.both_ends.judge(both_ends)
    assert verdict.mistake == "last_column"
    assert "has only begun" in verdict.message


def test_a_mean_without_a_mask_is_named():
    assert ex.masked_mean.judge(lambda h, lengths: h.mean(1)).mistake == "over_all_cells"


def test_a_fill_that_may_win_is_named():
    def masked_max(h, lengths):
        h = h.clone()
        for row, n in zip(h, lengths, strict=True):
            row[n:] = -1
        return h.max(dim=1).values

    assert ex.masked_max.judge(masked_max).mistake == "minus_one"


def test_a_score_of_probabilities_is_named():
    def moved_by(z):
        p = torch.softmax(z, dim=-1)
        score = p[:, 1] - p[:, 0]
        return score - torch.cat([torch.zeros(1), score[:-1]])

    assert ex.moved_by.judge(moved_by).mistake == "of_probabilities"
    assert ex.moved_by.judge(lambda z: z[:, 1] - z[:, 0] - torch.roll(z[:, 1] - z[:, 0], 1)).mistake == "rolled"


def test_half_of_the_pairs_is_asked_for_in_texts():
    assert "not a share" in ex.bag_on_pairs.judge(0.5).message


def test_what_the_choice_says_of_the_reader_that_ships_is_so():
    """“in” goes up by nearly two after “great”, and down after “slow”."""
    from unrolled import training
    from unrolled.data import files, order_pairs, words
    from unrolled.models.text_classifier import TextClassifier, moved

    path = files.checkpoint("09_sentiment")
    known = words.Vocabulary(training.notes(path)["words"])
    model = TextClassifier(len(known), 32, 32, 2, layer="lstm", pool="last").eval()
    training.load(path, model)
    steps = []
    for text in order_pairs.PAIRS[9]:
        found = words.tokenise(text)
        steps.append(moved(model.after_each_word(known.encode(found)))[found.index("in")].item())
    assert 1.6 < steps[0] < 2.0
    assert steps[1] < -0.5
