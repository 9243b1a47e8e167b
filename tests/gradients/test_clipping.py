"""Clipping against torch's own, and the angle between what was and what is left."""

import math

import pytest
import torch
from torch import nn
from unrolled.gradients import angle, clip_by_norm, clip_by_value

SHAPES = [(3, 4), (4,), ()]


@pytest.fixture(params=[0.01, 1.0, 100.0], ids="times {}".format)
def gradients(request):
    return [request.param * torch.randn(shape, dtype=torch.float64) for shape in SHAPES]


def parameters(gradients):
    """Parameters with these gradients, for torch, which clips in place."""
    made = [nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(made, gradients, strict=True):
        parameter.grad = gradient.clone()
    return made


def test_by_norm_equals_torch(gradients, relative_difference):
    theirs = parameters(gradients)
    norm = nn.utils.clip_grad_norm_(theirs, 2.0)
    ours = clip_by_norm(gradients, 2.0)
    assert ours.norm == pytest.approx(norm.item(), rel=1e-12)
    for mine, parameter in zip(ours.gradients, theirs, strict=True):
        assert relative_difference(mine, parameter.grad) < 1e-9


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_norm_of_half_precision_does_not_overflow(dtype):
    long = [torch.full((1000,), 6e3, dtype=dtype), torch.full((3,), 2e4, dtype=dtype)]
    clipped, norm = clip_by_norm(long, 1.0)
    assert norm == pytest.approx(torch.cat(long).double().norm().item(), rel=1e-6)
    assert [gradient.dtype for gradient in clipped] == [dtype] * 2
    assert torch.cat(clipped).double().norm().item() == pytest.approx(1.0, rel=1e-2)


def test_by_value_equals_torch(gradients, relative_difference):
    theirs = parameters(gradients)
    nn.utils.clip_grad_value_(theirs, 0.5)
    for mine, parameter in zip(clip_by_value(gradients, 0.5), theirs, strict=True):
        assert relative_difference(mine, parameter.grad) < 1e-9


def test_nothing_is_changed_in_place(gradients):
    copies = [gradient.clone() for gradient in gradients]
    clip_by_norm(gradients, 0.1)
    clip_by_value(gradients, 0.1)
    assert all(torch.equal(a, b) for a, b in zip(copies, gradients, strict=True))


def test_by_norm_keeps_the_direction_and_by_value_turns_it():
    long = [torch.tensor([3.0, 4.0])]
    by_norm, norm = clip_by_norm(long, 1.0)
    assert norm == 5.0
    torch.testing.assert_close(by_norm[0], torch.tensor([0.6, 0.8]))
    assert angle(long, by_norm) == pytest.approx(0.0, abs=1e-4)
    by_value = clip_by_value(long, 1.0)
    assert by_value[0].tolist() == [1.0, 1.0]
    assert angle(long, by_value) == pytest.approx(math.degrees(math.atan2(4, 3)) - 45)


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 30.0, 90.0, 135.0, 180.0])
def test_the_angle_is_right_from_0_to_180_degrees(degrees):
    turned = [5 * math.cos(math.radians(degrees)), 5 * math.sin(math.radians(degrees))]
    before, after = torch.tensor([1.0, 0.0], dtype=torch.float64), torch.tensor(turned, dtype=torch.float64)
    assert angle([before], [after]) == pytest.approx(degrees, rel=1e-9, abs=1e-12)


def test_zero_is_clipped_to_zero_and_has_no_direction():
    zero = [torch.zeros(3), torch.zeros(2)]
    clipped, norm = clip_by_norm(zero, 1.0)
    assert norm == 0.0
    assert all((gradient == 0).all() for gradient in [*clipped, *clip_by_value(zero, 1.0)])
    with pytest.raises(ValueError, match="a zero vector has no direction"):
        angle([torch.ones(3), torch.ones(2)], zero)
    with pytest.raises(ValueError, match="a zero vector has no direction"):
        angle(zero, [torch.ones(3), torch.ones(2)])


def test_a_generator_of_gradients_will_do():
    layer = nn.Linear(2, 3)
    layer(torch.ones(1, 2)).sum().backward()
    assert clip_by_norm((p.grad for p in layer.parameters()), 1.0).norm == pytest.approx(3.0)


CLIPPERS = [clip_by_norm, clip_by_value]


@pytest.mark.parametrize("clip", CLIPPERS)
@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan])
def test_an_entry_that_is_not_finite_is_named(clip, wrong):
    with pytest.raises(ValueError, match=r"gradients\[1\] must hold finite numbers"):
        clip([torch.ones(2), torch.tensor([1.0, wrong])], 1.0)


@pytest.mark.parametrize("clip", CLIPPERS)
@pytest.mark.parametrize(
    ("gradients", "kind", "sentence"),
    [
        (torch.ones(3), TypeError, "gradients must be a list of tensors; one tensor came"),
        ([], ValueError, "gradients must hold at least one tensor"),
        ([None], ValueError, r"gradients\[0\] must be a tensor; None came. Was backward\(\) called"),
        ([1.0], TypeError, r"gradients\[0\] must be a tensor; a float came"),
        ([torch.ones(3, dtype=torch.long)], TypeError, r"gradients\[0\] must hold floating-point numbers"),
        ([torch.ones(3), torch.ones(3).double()], TypeError, r"gradients\[1\] must be torch.float32 on cpu"),
    ],
)
def test_what_is_no_list_of_gradients_is_named(clip, gradients, kind, sentence):
    with pytest.raises(kind, match=sentence):
        clip(gradients, 1.0)


@pytest.mark.parametrize(
    ("limit", "kind", "sentence"),
    [
        (0, ValueError, "must be above 0; 0 came"),
        (-1.0, ValueError, "must be above 0; -1.0 came"),
        (math.nan, ValueError, "must be above 0; nan came"),
        ("1", TypeError, "must be a number; a str came"),
        (True, TypeError, "must be a number; a bool came"),
    ],
)
def test_a_limit_that_is_none_is_named(limit, kind, sentence):
    with pytest.raises(kind, match="max_norm " + sentence):
        clip_by_norm([torch.ones(2)], limit)
    with pytest.raises(kind, match="limit " + sentence):
        clip_by_value([torch.ones(2)], limit)


def test_shapes_of_an_angle_must_agree():
    with pytest.raises(ValueError, match=r"after must have the shapes of before, \(2,\); \(3,\) came"):
        angle([torch.ones(2)], [torch.ones(3)])
