import pytest
import torch
from torch import nn
from torch.nn import functional as F
from unrolled.models.wide import Wide


def test_it_is_what_torch_computes_with_the_same_weights(relative_difference):
    model = Wide(5, 4, 7, 3).double()
    x = torch.randint(5, (6, 4))
    hidden = F.relu(F.linear(F.one_hot(x, 5).double().flatten(1), model.W_uh.T, model.b_h))
    y = F.linear(hidden, model.W_hy.T, model.b_y)
    ours = model(x)
    assert relative_difference(ours, y) < 1e-9
    mine, theirs = (torch.autograd.grad(each.sum(), model.parameters()) for each in (ours, y))
    for one, other in zip(mine, theirs, strict=True):
        assert relative_difference(one, other) < 1e-9


def test_it_has_as_many_weights_as_torchs_two_layers():
    theirs = nn.Sequential(nn.Linear(20, 7), nn.ReLU(), nn.Linear(7, 3))
    ours = Wide(5, 4, 7, 3)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize("shape", [(2, 5), (2, 3), (4,)])
def test_another_length_is_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(B, 4\), as it was built for"):
        Wide(5, 4, 7, 3)(torch.zeros(shape, dtype=torch.long))


def test_a_wide_layer_starts_as_torchs_linear():
    model = Wide(10, 10, 50, 7)
    for part, before in [(model.W_uh, 100), (model.b_h, 100), (model.W_hy, 50), (model.b_y, 50)]:
        assert 0.5 * before**-0.5 < part.abs().max() <= before**-0.5
