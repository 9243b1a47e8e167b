"""Padding keeps what was there and says what is real; streams keep the order of a text."""

import pytest
import torch
from unrolled.data.batching import pad, real, streams, windows

THREE = [torch.tensor([5, 6, 7]), torch.tensor([8]), torch.tensor([9, 4])]


def test_short_sequences_are_filled_up_on_the_right():
    tokens, lengths = pad(THREE)
    assert tokens.tolist() == [[5, 6, 7], [8, 0, 0], [9, 4, 0]]
    assert lengths.tolist() == [3, 1, 2]
    assert pad(THREE, value=1).tokens[1].tolist() == [8, 1, 1]


def test_what_is_real_is_what_was_there():
    tokens, lengths = pad(THREE)
    assert torch.equal(tokens[real(lengths)], torch.cat(THREE))
    assert real(lengths).dtype == torch.bool
    assert real(lengths, steps=5).tolist()[1] == [True, False, False, False, False]


def test_more_real_steps_than_there_are_is_refused():
    with pytest.raises(ValueError, match="steps is 2, and the longest sequence has 3"):
        real(torch.tensor([3, 1]), steps=2)


@pytest.mark.parametrize(
    ("sequences", "sentence"),
    [
        ([], "sequences is empty"),
        ([torch.tensor([1]), torch.tensor([], dtype=torch.long)], r"sequences\[1\] has shape \(0,\)"),
        ([torch.zeros(2, 3)], r"sequences\[0\] has shape \(2, 3\); wanted \(T,\)"),
    ],
)
def test_nothing_to_pad_is_refused_in_words(sequences, sentence):
    with pytest.raises(ValueError, match=sentence):
        pad(sequences)


def test_a_stream_goes_on_where_the_one_above_ends():
    assert streams(torch.arange(11), 2).tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 100])
def test_windows_show_every_step_once_with_the_one_that_follows(length):
    text = streams(torch.arange(20), 2)
    seen = list(windows(text, length))
    x, y = torch.cat([window.x for window in seen], dim=1), torch.cat([window.y for window in seen], dim=1)
    assert torch.equal(x, text[:, :-1])
    assert torch.equal(y, text[:, 1:])
    assert [window.first for window in seen] == [True] + [False] * (len(seen) - 1)


@pytest.mark.parametrize("batch_size", [0, 6])
def test_a_stream_needs_two_tokens(batch_size):
    with pytest.raises(ValueError, match=f"batch_size is {batch_size} for 11 tokens"):
        streams(torch.arange(11), batch_size)


def test_streams_are_cut_from_one_text_and_windows_have_a_step():
    with pytest.raises(ValueError, match=r"tokens have shape \(2, 3\); wanted one long text"):
        streams(torch.zeros(2, 3), 2)
    with pytest.raises(ValueError, match="length is 0"):
        list(windows(torch.zeros(2, 3), 0))


@pytest.mark.parametrize("length", [1, 3, 9])
def test_no_window_is_empty(length):
    seen = list(windows(streams(torch.arange(20), 2), length))
    assert [window.x.shape[1] for window in seen] == [length] * (9 // length)
