import pytest
import torch
from unrolled.data import capital


def test_there_is_one_capital_at_its_place_and_the_answer_is_its_letter():
    batch = capital.sample(300, 12, range(3, 7))
    capitals = batch.x >= capital.LETTERS
    assert capitals.sum(dim=1).eq(1).all()
    assert capitals.int().argmax(dim=1).equal(batch.where)
    assert batch.x.gather(1, batch.where[:, None])[:, 0].equal(batch.y + capital.LETTERS)
    assert batch.where.unique().tolist() == [3, 4, 5, 6]
    assert batch.x.max() < capital.SYMBOLS


def test_without_places_the_capital_may_stand_anywhere_and_any_letter_may_be_it():
    batch = capital.sample(5200, 4)
    assert batch.where.bincount().tolist() == pytest.approx([1300] * 4, rel=0.15)
    assert batch.y.bincount().tolist() == pytest.approx([200] * 26, rel=0.35)


def test_a_generator_makes_the_same_batch_again_and_leaves_the_global_one_alone():
    before = torch.get_rng_state()
    one, two = (capital.sample(5, 6, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.x.equal(two.x)
    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 5), "batch_size and length are 0 and 5"),
        ((2, 0), "batch_size and length are 2 and 0"),
        ((2, 5, range(5, 9)), "the places 0 to 4"),
        ((2, 5, range(-1, 2)), "the places 0 to 4"),
        ((2, 5, range(0)), "the places 0 to 4"),
    ],
)
def test_impossible_batches_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        capital.sample(*arguments)
