"""The ball keeps to its box and its line; the sentences come in pairs of the same words."""

import pytest
import torch
from unrolled.data import ball, food


def test_each_target_is_the_next_frame_and_no_frame_leaves_the_box():
    x, y = ball.sample(50, 40, torch.Generator().manual_seed(0))
    assert torch.equal(x[:, 1:], y[:, :-1])
    assert y.abs().max() <= 1 + 1e-6


def test_away_from_walls_the_ball_keeps_its_velocity_and_a_bounce_turns_one_part_of_it():
    x, y = ball.sample(200, 30, torch.Generator().manual_seed(0))
    move = y - x
    changed = (move[:, 1:].abs() - move[:, :-1].abs()).abs() > 1e-5
    near_a_wall = (y[:, 1:].abs() > 0.7) | (x[:, 1:].abs() > 0.7)  # a move is at most 0.3
    assert not (changed & ~near_a_wall).any()
    assert changed.any()


def test_reflection_is_a_mirror_at_each_wall():
    assert torch.allclose(
        ball.reflect(torch.tensor([0.3, 1.2, -1.3, 3.1, 5.0])), torch.tensor([0.3, 0.8, -0.7, -0.9, 1.0])
    )


def test_speeds_lie_within_their_bounds():
    x, y = ball.sample(500, 1, torch.Generator().manual_seed(0), speed=(0.1, 0.3))
    inside = (x.abs() < 0.7).all(dim=-1)
    speed = (y - x).norm(dim=-1)[inside]
    assert speed.min() > 0.1 - 1e-6
    assert speed.max() < 0.3 + 1e-6
    assert speed.max() - speed.min() > 0.15


@pytest.mark.parametrize("sizes", [(0, 5), (5, 0)])
def test_an_empty_batch_of_balls_is_refused(sizes):
    with pytest.raises(ValueError, match="batch_size and length must be at least 1"):
        ball.sample(*sizes)


def test_both_orders_have_equal_bags_and_opposite_labels():
    for part in food.split(torch.Generator().manual_seed(0)):
        half = len(part.y) // 2
        assert torch.equal(part.x[:half].sum(dim=1), part.x[half:].sum(dim=1))
        assert (part.y[:half] == 1).all()
        assert (part.y[half:] == 0).all()
        assert not torch.equal(part.x[:half], part.x[half:])


def test_training_and_test_share_no_sentence():
    train, test = food.split(torch.Generator().manual_seed(0))
    assert (len(train.y), len(test.y)) == (40, 20)
    train_sentences = {tuple(s.argmax(-1).tolist()) for s in train.x}
    assert not train_sentences & {tuple(s.argmax(-1).tolist()) for s in test.x}


def test_sentences_that_do_not_fit_get_a_sentence():
    with pytest.raises(ValueError, match="'soup' is not in the vocabulary, which has the, was"):
        food.encode(["the soup was good"])
    with pytest.raises(ValueError, match=r"same number of words; \[2, 3\] came"):
        food.encode(["the food", "the food was"])


def test_balls_fly_in_every_direction():
    x, y = ball.sample(500, 1, torch.Generator().manual_seed(0))
    inside = (x.abs() < 0.7).all(dim=-1)
    move = (y - x)[inside]
    quadrants = (move > 0).long() @ torch.tensor([1, 2])
    assert (torch.bincount(quadrants, minlength=4) > len(move) / 6).all()
