import pytest
import torch
from unrolled.data import cue


def test_the_cue_is_the_first_symbol_the_question_the_last_and_distractors_lie_between():
    batch = cue.sample(200, 12)
    symbols = batch.x.argmax(dim=-1)  # (B, T)
    assert batch.x.shape == (200, 12, 9)
    assert batch.x.sum(dim=-1).eq(1).all()
    assert symbols[:, 0].equal(batch.y)
    assert symbols[:, -1].eq(cue.QUESTION).all()
    assert symbols[:, 1:-1].unique().tolist() == [4, 5, 6, 7]


def test_every_cue_comes_about_equally_often():
    counts = cue.sample(4000, 2).y.bincount()
    assert counts.tolist() == pytest.approx([1000] * 4, rel=0.15)


def test_nothing_after_the_first_step_gives_the_answer_away():
    batch = cue.sample(4000, 6)
    shares = torch.stack([batch.x[batch.y == k, 1:].mean(dim=0) for k in range(4)])  # (cue, T − 1, D)
    assert (shares - shares.mean(dim=0)).abs().max() < 0.06


def test_a_generator_makes_the_same_batch_again_and_leaves_the_global_one_alone():
    before = torch.get_rng_state()
    one, two = (cue.sample(5, 7, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.x.equal(two.x)
    assert one.y.equal(two.y)
    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize(("sizes", "sentence"), [((0, 5), "batch_size is 0"), ((3, 1), "length is 1")])
def test_impossible_sizes_are_refused(sizes, sentence):
    with pytest.raises(ValueError, match=sentence):
        cue.sample(*sizes)
