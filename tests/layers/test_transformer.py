"""The block against torch's own, part by part and as a whole; the cache against one pass over everything."""

import copy
import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from unrolled.layers import FeedForward, TransformerBlock, causal_mask, padding_mask

SIZES = [(1, 1, 2, 1, 3), (2, 5, 6, 3, 4), (3, 4, 8, 2, 8)]  # B, T, D, N, H
MASKS = ["none", "causal", "padding", "any"]


def torchs(D, N, H, dropout=0.0, **options):
    settings = {"activation": "gelu", "norm_first": True, "batch_first": True} | options
    module = nn.TransformerEncoderLayer(D, N, H, dropout, **settings).double()
    for parameter in module.parameters():  # biases of 0 and scales of 1 would hide a mistake
        nn.init.normal_(parameter, std=0.5)
    return module


def some_mask(kind, B, T):
    if kind == "causal":
        return causal_mask(T)
    if kind == "padding":
        return padding_mask(torch.arange(B) % T + 1, T)
    if kind == "any":
        return (torch.rand(B, T, T) < 0.6) | torch.eye(T, dtype=torch.bool)
    return None


@pytest.mark.parametrize(("sizes", "kind", "batch_first"), list(itertools.product(SIZES, MASKS, [True, False])))
def test_the_block_equals_torchs_outputs_and_gradients(sizes, kind, batch_first, relative_difference):
    B, T, D, N, H = sizes
    module = torchs(D, N, H, batch_first=batch_first)
    block = TransformerBlock.from_torch(module)
    x = torch.randn(B, T, D).double().requires_grad_()
    x2 = x.detach().clone().requires_grad_()
    mask = some_mask(kind, B, T)
    blocked = None if mask is None else ~mask.expand(B, T, T).repeat_interleave(N, dim=0)
    output = block(x, mask).output
    reference = module(x2 if batch_first else x2.transpose(0, 1), src_mask=blocked)
    reference = reference if batch_first else reference.transpose(0, 1)
    assert relative_difference(output, reference) < 1e-9
    weighting = torch.randn_like(output)
    (output * weighting).sum().backward()
    (reference * weighting).sum().backward()
    assert relative_difference(x.grad, x2.grad) < 1e-9
    for ours, theirs in pairs(block, module):
        assert relative_difference(ours.grad, theirs.grad) < 1e-9


def pairs(block, module):
    """Each of our weights beside torch's, in torch's layout."""
    heads, ffn = block.attention, block.ffn
    yield Gradient([heads.W_q, heads.W_k, heads.W_v]), module.self_attn.in_proj_weight
    yield Gradient([heads.b_q, heads.b_k, heads.b_v]), module.self_attn.in_proj_bias
    yield Gradient([heads.W_o]), module.self_attn.out_proj.weight
    yield Gradient([ffn.W_1]), module.linear1.weight
    yield Gradient([ffn.b_2]), module.linear2.bias
    yield block.attention_norm.weight, module.norm1.weight
    yield block.ffn_norm.bias, module.norm2.bias


class Gradient:
    def __init__(self, weights):
        self.grad = torch.cat([weight.grad.mT if weight.ndim == 2 else weight.grad for weight in weights])


@pytest.mark.parametrize("sizes", SIZES)
def test_there_and_back_is_exact_to_the_last_bit(sizes):
    _, _, D, N, H = sizes
    module = torchs(D, N, H, dropout=0.3).eval()
    back = TransformerBlock.from_torch(module).to_torch()
    assert not back.training
    assert back.dropout1.p == 0.3
    for (name, weight), (other, copied) in zip(module.state_dict().items(), back.state_dict().items(), strict=True):
        assert name == other
        assert torch.equal(weight, copied)


def test_from_torch_draws_no_random_numbers_and_leaves_the_module_as_it_was():
    module = torchs(6, 3, 4, dropout=0.1)
    before, state = copy.deepcopy(module.state_dict()), torch.get_rng_state()
    TransformerBlock.from_torch(module)
    assert torch.equal(state, torch.get_rng_state())
    assert module.self_attn.dropout == 0.1
    assert all(torch.equal(before[name], weight) for name, weight in module.state_dict().items())


DIFFERENT = {
    "norm_first=True; norm_first=False came": {"norm_first": False},
    "activation=gelu; activation=relu came": {"activation": "relu"},
    "activation=gelu; activation=gelu by tanh came": {"activation": nn.GELU(approximate="tanh")},
    "bias=True; bias=False came": {"bias": False},
}


@pytest.mark.parametrize(("sentence", "options"), DIFFERENT.items())
def test_what_cannot_be_taken_over_is_named(sentence, options):
    settings = {"activation": "gelu", "norm_first": True} | options
    with pytest.raises(ValueError, match=sentence):
        TransformerBlock.from_torch(nn.TransformerEncoderLayer(6, 3, 4, **settings))
    with pytest.raises(TypeError, match="a Linear came"):
        TransformerBlock.from_torch(nn.Linear(2, 2))


def test_feed_forward_is_the_formula(relative_difference):
    ffn, x = FeedForward(5, 7).double(), torch.randn(2, 3, 5).double()
    inner = x @ ffn.W_1 + ffn.b_1
    gelu = inner * (1 + torch.erf(inner / 2**0.5)) / 2  # x Φ(x)
    assert relative_difference(ffn(x), gelu @ ffn.W_2 + ffn.b_2) < 1e-12


def test_the_norm_is_the_formula(relative_difference):
    block, x = TransformerBlock(6, 2).double(), 3 * torch.randn(2, 3, 6).double() + 5
    nn.init.normal_(block.ffn_norm.weight)
    nn.init.normal_(block.ffn_norm.bias)
    centred = x - x.mean(dim=-1, keepdim=True)
    expected = centred / ((centred**2).mean(dim=-1, keepdim=True) + 1e-5) ** 0.5
    expected = expected * block.ffn_norm.weight + block.ffn_norm.bias
    assert relative_difference(block.ffn_norm(x), expected) < 1e-12


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_with_its_past_it_goes_on_as_in_one_pass(cut, relative_difference):
    block, x = TransformerBlock(8, 2).double(), torch.randn(2, 7, 8).double()
    whole = block(x, causal_mask(7))
    first = block(x[:, :cut], causal_mask(cut))
    rest = block(x[:, cut:], causal_mask(7 - cut, past=cut), first.past)
    assert relative_difference(torch.cat([first.output, rest.output], dim=1), whole.output) < 1e-12
    assert relative_difference(rest.weights, whole.weights[:, :, cut:]) < 1e-12
    assert relative_difference(rest.past.k, whole.past.k) < 1e-12


def test_under_a_causal_mask_no_step_depends_on_a_later_one():
    block, x = TransformerBlock(8, 2), torch.randn(1, 6, 8)
    changed = x.clone()
    changed[:, 4:] += 1
    assert torch.equal(block(x, causal_mask(6)).output[:, :4], block(changed, causal_mask(6)).output[:, :4])


def test_a_causal_mask_with_a_past():
    expected = [[1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert causal_mask(3, past=2).int().tolist() == expected


def test_dropout_falls_on_what_is_added_and_only_in_training():
    block, x = TransformerBlock(8, 2, dropout=0.5), torch.randn(1, 4, 8)
    assert not torch.equal(block(x).output, block(x).output)
    block.eval()
    assert torch.equal(block(x).output, block(x).output)
    block.train().dropout.p = 1.0
    assert torch.equal(block(x).output, x)


def test_the_weights_it_shows_are_those_that_it_used(relative_difference):
    block, x = TransformerBlock(8, 2).double(), torch.randn(2, 5, 8).double()
    trace = block(x, causal_mask(5))
    _, _, v = block.attention.project(F.layer_norm(x, (8,)))
    mixed = (trace.weights @ v).transpose(1, 2).flatten(2) @ block.attention.W_o + block.attention.b_o
    after = x + mixed
    expected = after + block.ffn(F.layer_norm(after, (8,)))
    assert relative_difference(trace.output, expected) < 1e-12


@pytest.mark.parametrize(("D", "N", "H"), [(6, 4, None), (0, 1, None), (4, 2, 0)])
def test_sizes_that_do_not_fit_are_refused(D, N, H):
    with pytest.raises(ValueError, match="must be"):
        TransformerBlock(D, N, H)
