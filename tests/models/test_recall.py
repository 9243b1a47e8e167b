import torch
from torch.nn import functional as F
from unrolled.models.recall import Recall


def test_both_readers_have_the_same_parameters():
    sizes = [[tuple(p.shape) for p in Recall(26, 9, 8, look).parameters()] for look in (False, True)]
    assert sizes[0] == sizes[1]


def test_it_is_what_torch_computes_with_the_same_weights(relative_difference):
    x = torch.randint(26, (3, 7))
    for look_back in (False, True):
        model = Recall(26, 9, 8, look_back).double()
        h = model.recurrent(F.embedding(x, model.embedding.W_e))[0]
        memory = h + model.positions.W_p[:7] if look_back else h[:, -1:]
        asking = model.questions.W_e[:7].repeat(3, 1, 1)
        found, weights = model.attention.to_torch()(asking, memory, memory)
        recalled = model(x)
        assert recalled.y.shape == (3, 7, 26)
        assert relative_difference(recalled.y, model.answer(torch.cat([found, asking], dim=-1))) < 1e-9
        assert relative_difference(recalled.weights, weights) < 1e-9


def test_through_the_bottleneck_only_the_last_state_arrives():
    x = torch.randint(26, (2, 6))
    narrow, wide = Recall(26, 6, 8, look_back=False), Recall(26, 6, 8, look_back=True)
    assert narrow(x).weights.shape == (2, 6, 1)
    assert narrow(x).weights.eq(1).all()
    assert wide(x).weights.shape == (2, 6, 6)
