"""Inputs: copies of them, and whether they were touched."""

import torch
from unrolled.exercises.engine import sized
from unrolled.exercises.engine.cases import fresh, untouched


def test_a_copy_keeps_its_wish_for_a_gradient_and_a_generator_its_place():
    assert fresh(torch.ones(2, requires_grad=True)).requires_grad
    generator = torch.Generator().manual_seed(3)
    torch.rand(5, generator=generator)
    assert fresh(generator).get_state().equal(generator.get_state())


def test_the_least_change_is_a_change():
    assert not untouched(torch.ones(2), torch.ones(2) + 1e-6)


def test_another_seed_draws_other_inputs():
    one, two = (sized(lambda draw, B: (draw(B),), {"B": 3}, seed=s)()[0].arguments[0] for s in (0, 1))
    assert not one.equal(two)


def test_words_put_in_another_order_are_a_change():
    assert not untouched(["b", "a"], ["a", "b"])
    assert not untouched({"n": [1, 2]}, {"n": [1, 3]})
    assert untouched([1.5, float("nan"), "a"], [1.5, float("nan"), "a"])
