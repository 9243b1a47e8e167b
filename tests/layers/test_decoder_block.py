"""The decoder's block against torch's own, part by part and as a whole; its cache against one pass over everything."""

import itertools

import pytest
import torch
from torch import nn
from unrolled.layers import DecoderBlock, causal_mask, padding_mask

SIZES = [(1, 1, 1, 2, 1, 3), (2, 5, 3, 6, 3, 4), (3, 4, 6, 8, 2, 8)]  # B, T, S, D, N, H
MASKS = ["none", "causal", "causal and padding", "any"]


def torchs(D, N, H, dropout=0.0, **options):
    settings = {"activation": "gelu", "norm_first": True, "batch_first": True} | options
    module = nn.TransformerDecoderLayer(D, N, H, dropout, **settings).double()
    for parameter in module.parameters():  # biases of 0 and scales of 1 would hide a mistake
        nn.init.normal_(parameter, std=0.5)
    return module


def some_masks(kind, B, T, S):
    """For what was written (T, T) or (B, T, T), and for the context (B, 1, S) or (B, T, S)."""
    if kind == "none":
        return None, None
    if kind == "causal":
        return causal_mask(T), None
    if kind == "causal and padding":
        return causal_mask(T), padding_mask(torch.arange(B) % S + 1, S)
    anywhere = torch.rand(B, T, S) < 0.6
    anywhere[..., 0] = True
    return (torch.rand(B, T, T) < 0.6) | torch.eye(T, dtype=torch.bool), anywhere


def blocked(mask, B, T, S, N):
    """As torch wants it: one for each head, True blocks."""
    return None if mask is None else ~mask.expand(B, T, S).repeat_interleave(N, dim=0)


@pytest.mark.parametrize(("sizes", "kind", "batch_first"), list(itertools.product(SIZES, MASKS, [True, False])))
def test_the_block_equals_torchs_outputs_and_gradients(sizes, kind, batch_first, relative_difference):
    B, T, S, D, N, H = sizes
    module = torchs(D, N, H, batch_first=batch_first)
    block = DecoderBlock.from_torch(module)
    x, context = (torch.randn(B, steps, D).double().requires_grad_() for steps in (T, S))
    x2, context2 = (each.detach().clone().requires_grad_() for each in (x, context))
    mask, context_mask = some_masks(kind, B, T, S)
    output = block(x, context, mask, context_mask).output
    turn = (lambda each: each) if batch_first else (lambda each: each.transpose(0, 1))
    masks = {"tgt_mask": blocked(mask, B, T, T, N), "memory_mask": blocked(context_mask, B, T, S, N)}
    reference = turn(module(turn(x2), turn(context2), **masks))
    assert relative_difference(output, reference) < 1e-9
    weighting = torch.randn_like(output)
    (output * weighting).sum().backward()
    (reference * weighting).sum().backward()
    assert relative_difference(x.grad, x2.grad) < 1e-9
    assert relative_difference(context.grad, context2.grad) < 1e-9
    ours = dict(gradients(block))
    theirs = dict(module.named_parameters())
    assert set(ours) == set(theirs)
    for name, gradient in ours.items():
        assert relative_difference(gradient, theirs[name].grad) < 1e-9, name


def gradients(block):
    """Our gradients under torch's names and in its layout."""
    names = {"self_attn": block.attention, "multihead_attn": block.across}
    for name, heads in names.items():
        for kind in "Wb":
            parts = [getattr(heads, f"{kind}_{letter}").grad for letter in "qkv"]
            parts = [part.mT if part.ndim == 2 else part for part in parts]
            yield f"{name}.in_proj_{'weight' if kind == 'W' else 'bias'}", torch.cat(parts)
        yield f"{name}.out_proj.weight", heads.W_o.grad.mT
        yield f"{name}.out_proj.bias", heads.b_o.grad
    for number in "12":
        yield f"linear{number}.weight", getattr(block.ffn, f"W_{number}").grad.mT
        yield f"linear{number}.bias", getattr(block.ffn, f"b_{number}").grad
    for number, norm in enumerate((block.attention_norm, block.across_norm, block.ffn_norm), start=1):
        yield f"norm{number}.weight", norm.weight.grad
        yield f"norm{number}.bias", norm.bias.grad


@pytest.mark.parametrize("sizes", SIZES)
def test_there_and_back_is_exact_to_the_last_bit(sizes):
    _, _, _, D, N, H = sizes
    module = torchs(D, N, H, dropout=0.3).eval()
    state = torch.get_rng_state()
    back = DecoderBlock.from_torch(module).to_torch()
    assert torch.equal(state, torch.get_rng_state())
    assert not back.training
    assert back.dropout1.p == back.dropout3.p == module.multihead_attn.dropout == 0.3
    for (name, weight), (other, copied) in zip(module.state_dict().items(), back.state_dict().items(), strict=True):
        assert name == other
        assert torch.equal(weight, copied)


DIFFERENT = {
    "norm_first=True; norm_first=False came": {"norm_first": False},
    "activation=gelu; activation=relu came": {"activation": "relu"},
    "bias=True; bias=False came": {"bias": False},
}


@pytest.mark.parametrize(("sentence", "options"), DIFFERENT.items())
def test_what_cannot_be_taken_over_is_named(sentence, options):
    settings = {"activation": "gelu", "norm_first": True} | options
    with pytest.raises(ValueError, match=sentence):
        DecoderBlock.from_torch(nn.TransformerDecoderLayer(6, 3, 4, **settings))
    with pytest.raises(TypeError, match="DecoderLayer; a TransformerEncoderLayer came"):
        DecoderBlock.from_torch(nn.TransformerEncoderLayer(6, 3, 4))


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_with_its_past_it_goes_on_as_in_one_pass(cut, relative_difference):
    block, x, context = DecoderBlock(8, 2).double(), torch.randn(2, 7, 8).double(), torch.randn(2, 5, 8).double()
    whole, read = block(x, context, causal_mask(7)), block.read(context)
    first = block(x[:, :cut], read, causal_mask(cut))
    rest = block(x[:, cut:], read, causal_mask(7 - cut, past=cut), None, first.past)
    assert relative_difference(torch.cat([first.output, rest.output], dim=1), whole.output) < 1e-12
    assert relative_difference(rest.weights, whole.weights[:, :, cut:]) < 1e-12
    assert relative_difference(rest.across, whole.across[:, :, cut:]) < 1e-12


def test_the_weights_it_shows_are_those_of_its_queries_and_the_contexts_keys(relative_difference):
    block, x, context = DecoderBlock(8, 2).double(), torch.randn(2, 4, 8).double(), torch.randn(2, 5, 8).double()
    mask = padding_mask(torch.tensor([5, 3]))
    trace, (k, _) = block(x, context, causal_mask(4), mask), block.read(context)
    scores = trace.q @ k.mT / 4**0.5
    assert relative_difference(trace.across, scores.masked_fill(~mask[:, None], -torch.inf).softmax(dim=-1)) < 1e-12
    assert trace.across[1, :, :, 3:].abs().sum() == 0
    assert trace.weights.triu(1).abs().sum() == 0


def test_dropout_falls_on_what_is_added_and_only_in_training():
    block, x, context = DecoderBlock(8, 2, dropout=0.5), torch.randn(1, 4, 8), torch.randn(1, 3, 8)
    assert not torch.equal(block(x, context).output, block(x, context).output)
    block.eval()
    assert torch.equal(block(x, context).output, block(x, context).output)
    block.train().dropout.p = 1.0
    assert torch.equal(block(x, context).output, x)


def test_a_context_of_another_width_is_refused():
    with pytest.raises(ValueError, match="context"):
        DecoderBlock(8, 2)(torch.randn(1, 4, 8), torch.randn(1, 3, 6))
