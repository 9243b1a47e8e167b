import pytest
import torch
from unrolled.data import adding


@pytest.mark.parametrize("length", [2, 7, 30])
def test_one_step_is_marked_in_each_half_and_the_answer_is_their_sum(length):
    batch = adding.sample(100, length)
    numbers, marks = batch.x.unbind(dim=-1)
    half = length // 2
    assert batch.x.shape == (100, length, 2)
    assert set(marks.unique().tolist()) <= {0, 1}
    assert marks[:, :half].sum(dim=1).eq(1).all()
    assert marks[:, half:].sum(dim=1).eq(1).all()
    expected = [[row[mark == 1].sum()] for row, mark in zip(numbers, marks, strict=True)]
    torch.testing.assert_close(batch.y, torch.tensor(expected))


def test_every_step_is_marked_about_equally_often():
    marks = adding.sample(6000, 6).x[..., 1].sum(dim=0)
    assert marks.tolist() == pytest.approx([2000] * 6, rel=0.12)


def test_always_saying_1_makes_an_error_of_a_sixth():
    assert adding.guessing(adding.sample(20_000, 10).y) == pytest.approx(1 / 6, rel=0.05)
    assert adding.guessing(torch.tensor([[0.5], [2.0]])) == pytest.approx((0.25 + 1) / 2)


def test_a_generator_makes_the_same_batch_again_and_leaves_the_global_one_alone():
    before = torch.get_rng_state()
    one, two = (adding.sample(5, 7, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.x.equal(two.x)
    assert one.y.equal(two.y)
    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize(("sizes", "sentence"), [((0, 5), "batch_size is 0"), ((3, 1), "length is 1")])
def test_impossible_sizes_are_refused(sizes, sentence):
    with pytest.raises(ValueError, match=sentence):
        adding.sample(*sizes)
