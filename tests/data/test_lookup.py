import pytest
import torch
from unrolled.data import lookup


@pytest.mark.parametrize("task", lookup.TASKS)
def test_the_right_cell_holds_the_symbol_that_is_to_be_written(task):
    batch = lookup.sample(task, 50, 7)
    assert batch.x.shape == batch.y.shape == batch.where.shape == (50, 7)
    assert batch.x.gather(1, batch.where).equal(batch.y)


def test_each_task_writes_what_its_name_says():
    copy, reverse, sort = (lookup.sample(task, 50, 7) for task in lookup.TASKS)
    assert copy.y.equal(copy.x)
    assert reverse.y.equal(reverse.x.flip(1))
    assert sort.y.diff(dim=1).gt(0).all(), "distinct, and in order"
    assert sort.where.sort(dim=1).values.equal(torch.arange(7).expand(50, 7))


@pytest.mark.parametrize("task", lookup.TASKS)
def test_every_symbol_occurs_about_equally_often(task):
    counts = lookup.sample(task, 5200, 5).x.flatten().bincount(minlength=lookup.SYMBOLS)
    assert counts.tolist() == pytest.approx([1000] * 26, rel=0.2)


def test_for_sorting_the_order_of_reading_says_nothing_about_the_symbols():
    x = lookup.sample("sort", 4000, 10).x
    assert x.double().mean(dim=0).tolist() == pytest.approx([12.5] * 10, abs=0.6)


def test_what_was_written_last_never_holds_what_is_to_be_written_now():
    y = torch.tensor([[3, 1, 4], [1, 5, 9]])
    assert lookup.written(y).tolist() == [[lookup.START, 3, 1], [lookup.START, 1, 5]]


def test_a_generator_makes_the_same_batch_again_and_leaves_the_global_one_alone():
    before = torch.get_rng_state()
    one, two = (lookup.sample("sort", 5, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.x.equal(two.x)
    assert torch.get_rng_state().equal(before)


def test_symbols_are_shown_as_letters():
    assert lookup.text(torch.tensor([lookup.START, 2, 0, 25])) == "·caz"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("rotate", 2, 3), "task is 'rotate'; one of copy, reverse, sort"),
        (("copy", 0, 3), "batch_size is 0"),
        (("copy", 2, 0), "length is 0"),
        (("sort", 2, 27), "26 letters give at most 26"),
    ],
)
def test_impossible_batches_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        lookup.sample(*arguments)
