"""The transformer against a stack of torch's own blocks; its cache against reading everything again."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from unrolled.layers import padding_mask
from unrolled.models import language_model
from unrolled.models.language_model import LanguageModel
from unrolled.models.transformer import Transformer, nats, reader
from unrolled.training.sample import generate

SIZES = {"vocab_size": 11, "embed_dim": 8, "num_heads": 2, "num_layers": 3, "context": 12}


def model(**options):
    made = Transformer(**SIZES | options).double()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.5)
    return made


def torchs(made, tokens, blocked=None):
    """The same with torch's modules."""
    x = F.embedding(tokens, made.embedding.W_e) + made.positions.W_p[: tokens.shape[1]]
    encoder = nn.ModuleList(block.to_torch() for block in made.blocks)
    for block in encoder:
        x = block(x, src_mask=blocked)
    x = F.layer_norm(x, (8,), made.norm.weight, made.norm.bias)
    return F.linear(x, made.embedding.W_e, made.b_y)


@pytest.mark.parametrize("causal", [True, False])
def test_logits_and_gradients_equal_those_of_torchs_blocks(causal, relative_difference):
    made, tokens = model(causal=causal), torch.randint(11, (2, 7))
    blocked = ~torch.ones(7, 7, dtype=torch.bool).tril() if causal else None
    logits = made(tokens).logits
    assert relative_difference(logits, torchs(made, tokens, blocked)) < 1e-9
    weighting = torch.randn_like(logits)
    (logits * weighting).sum().backward()
    outside = [made.embedding.W_e, made.positions.W_p, made.norm.weight, made.b_y]
    ours = [weight.grad.clone() for weight in outside]
    made.zero_grad()
    (torchs(made, tokens, blocked) * weighting).sum().backward()
    for weight, gradient in zip(outside, ours, strict=True):
        assert relative_difference(gradient, weight.grad) < 1e-9


def test_gradients_equal_finite_differences():
    made, tokens = model(num_layers=2), torch.randint(11, (1, 4))
    parameters = dict(made.named_parameters())

    def logits(*values):
        return torch.func.functional_call(made, dict(zip(parameters, values, strict=True)), (tokens,)).logits

    torch.autograd.gradcheck(logits, tuple(parameters.values()), fast_mode=True)


def test_in_pieces_it_reads_as_at_once(relative_difference):
    made, tokens = model(), torch.randint(11, (2, 9))
    whole, past, parts = made(tokens).logits, None, []
    for piece in tokens.split([4, 1, 3, 1], dim=1):
        read = made(piece, past)
        past = read.past
        parts.append(read.logits)
    assert relative_difference(torch.cat(parts, dim=1), whole) < 1e-12


def test_generation_with_the_cache_is_that_without():
    made, prompt = model(context=40).eval(), torch.tensor([3, 1, 4])
    texts = [
        generate(reader(made, cached), prompt, 30, generator=torch.Generator().manual_seed(0))
        for cached in (True, False)
    ]
    assert torch.equal(*texts)
    assert len(texts[0]) == 33


def test_with_the_cache_each_step_reads_one_token():
    made, read = model().eval(), []
    made.register_forward_pre_hook(lambda _, given: read.append(given[0].shape[1]))
    generate(reader(made), torch.tensor([3, 1, 4]), 6)
    assert read == [3, 1, 1, 1, 1, 1]


def test_beyond_its_context_it_goes_on_from_the_later_half():
    made, read = model().eval(), []
    made.register_forward_pre_hook(lambda _, given: read.append(given[0].shape[1]))
    assert len(generate(reader(made), torch.tensor([3, 1, 4]), 20)) == 23
    assert read == [3, *[1] * 9, 6, *[1] * 6, 6, *[1] * 2]


def test_a_text_is_scored_without_dropout_and_training_goes_on_as_before():
    made, tokens = model(dropout=0.5), torch.randint(11, (40,))
    scored = nats(made, tokens)
    assert torch.equal(scored, nats(made, tokens))
    assert made.training
    assert torch.equal(scored, nats(made.eval(), tokens))
    assert not made.training


def test_both_sides_are_seen_only_where_that_is_meant():
    tokens = torch.randint(11, (1, 6))
    changed = tokens.clone()
    changed[0, 5] = (tokens[0, 5] + 1) % 11
    causal, both = model(), model(causal=False)
    assert torch.equal(causal(tokens).logits[:, :5], causal(changed).logits[:, :5])
    assert not torch.equal(both(tokens).logits[:, 0], both(changed).logits[:, 0])
    with pytest.raises(ValueError, match="sees both sides"):
        both(tokens, causal(tokens).past)


@pytest.mark.parametrize("causal", [True, False])
def test_padding_changes_nothing(causal, relative_difference):
    made, tokens = model(causal=causal), torch.randint(11, (2, 6))
    lengths = torch.tensor([6, 4])
    padded = made(tokens, mask=padding_mask(lengths)).logits
    assert relative_difference(padded[1, :4], made(tokens[1:, :4]).logits[0]) < 1e-12


@torch.no_grad()
def test_the_first_weights_are_gpt_2s():
    made = Transformer(500, 64, 4, 4, 128)
    for weight, std in [
        (made.embedding.W_e, 0.02),
        (made.blocks[0].attention.W_q, 0.02),
        (made.blocks[3].ffn.W_2, 0.02 / 8**0.5),
    ]:
        assert weight.std().item() == pytest.approx(std, rel=0.05)
    assert made.blocks[2].ffn.b_1.abs().max() == 0
    assert made.blocks[1].ffn_norm.weight.unique().tolist() == [1.0]


def test_too_long_a_text_says_how_long_it_may_be():
    with pytest.raises(ValueError, match="x has 13 steps; positions were learned for at most 12"):
        model()(torch.zeros(1, 13, dtype=torch.long))


@pytest.mark.parametrize("context", [1, 2, 3])
def test_nats_with_the_least_context_are_those_of_each_token_by_itself(context, relative_difference):
    made, tokens = Transformer(5, 8, 2, 1, context).double(), torch.randint(5, (9,))
    found, expected, half = nats(made, tokens), [], context // 2
    for place in range(1, 9):
        start = 0 if place <= context else place - 1 - half - (place - 1 - context) % (context - half)
        logits = made(tokens[None, start:place]).logits[0, -1]
        expected.append(-logits.log_softmax(dim=0)[tokens[place]])
    assert relative_difference(found, torch.stack(expected)) < 1e-12


@pytest.mark.parametrize("length", [0, 1])
def test_of_a_single_token_nothing_can_be_scored(length):
    tokens = torch.zeros(length, dtype=torch.long)
    for score, made in ((nats, Transformer(5, 8, 2, 1, 4)), (language_model.nats, LanguageModel(5, 4, 6))):
        with pytest.raises(ValueError, match=f"tokens has length {length}; at least 2 are wanted"):
            score(made, tokens)
