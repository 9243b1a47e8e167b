"""A text in a batch is read as it is alone, whatever the padding; pools and directions against plain loops."""

import itertools

import pytest
import torch
from torch import nn
from unrolled.models.recurrent import LAYERS
from unrolled.models.text_classifier import (
    POOLS,
    TextClassifier,
    TransformerClassifier,
    log_odds,
    moved,
    pooling,
)

V, D, H = 13, 5, 6
KINDS = list(itertools.product(LAYERS, POOLS, [False, True]))


def model(layer="lstm", pool="last", both_ways=False, **options):
    return TextClassifier(V, D, H, 3, layer=layer, pool=pool, both_ways=both_ways, **options).double()


def texts():
    """Tokens (4, 7), the padding of which is noise, and the lengths."""
    return torch.randint(V, (4, 7)), torch.tensor([7, 1, 4, 6])


@pytest.mark.parametrize(("layer", "pool", "both_ways"), KINDS)
def test_in_a_batch_each_text_is_read_as_it_is_alone(layer, pool, both_ways, relative_difference):
    made, (tokens, lengths) = model(layer, pool, both_ways), texts()
    together = made(tokens, lengths).y
    alone = torch.cat([made(row[None, :length]).y for row, length in zip(tokens, lengths, strict=True)])
    assert relative_difference(together, alone) < 1e-12


@pytest.mark.parametrize(("layer", "pool", "both_ways"), KINDS)
def test_gradients_do_not_reach_the_padding(layer, pool, both_ways):
    made, (_, lengths) = model(layer, pool, both_ways), texts()
    tokens = torch.full((4, 7), V - 1)  # the padding has a row of its own
    for row, length in enumerate(lengths):
        tokens[row, :length] = torch.randint(V - 1, (int(length),))
    made(tokens, lengths).y.sum().backward()
    assert made.embedding.W_e.grad[V - 1].abs().max() == 0
    assert made.embedding.W_e.grad[: V - 1].abs().max() > 0


@pytest.mark.parametrize("layer", LAYERS)
def test_states_are_torchs_step_by_step(layer, relative_difference):
    made, (tokens, lengths) = model(layer), texts()
    single = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[layer](D, H).double()
    single.load_state_dict({name.removesuffix("_l0"): weight for name, weight in made.recurrent.state_dict().items()})
    h = made(tokens, lengths).trace.h
    for row, length in enumerate(lengths):
        state = None
        for t in range(int(length)):
            state = single(made.embedding(tokens[row, t])[None], state)
            now = state[0] if layer == "lstm" else state
            assert relative_difference(h[row, t], now[0]) < 1e-12
        assert h[row, length:].abs().sum() == 0


def test_pools_are_what_they_say():
    h, lengths = torch.randn(3, 5, 4).double(), torch.tensor([5, 2, 1])
    for row, length in enumerate(lengths):
        real = h[row, :length]
        assert torch.equal(pooling(h, lengths, "last")[row], real[-1])
        assert torch.allclose(pooling(h, lengths, "mean")[row], real.mean(dim=0))
        assert torch.equal(pooling(h, lengths, "max")[row], real.max(dim=0).values)
        assert torch.equal(pooling(h, lengths, "last", both_ways=True)[row], torch.cat([real[-1, :2], real[0, 2:]]))


def test_without_lengths_the_padding_is_read():
    made, (tokens, lengths) = model(), texts()
    assert not torch.allclose(made(tokens).y[1], made(tokens, lengths).y[1])
    assert torch.allclose(made(tokens).y[0], made(tokens, lengths).y[0])


def test_after_each_word_is_what_the_text_cut_there_would_get(relative_difference):
    made, tokens = model(pool="mean", both_ways=True), torch.randint(V, (6,))
    found = made.after_each_word(tokens)
    for t in range(1, 7):
        assert relative_difference(found[t - 1], made(tokens[None, :t]).y[0]) < 1e-12


@pytest.mark.parametrize("made", [model(dropout=0.5), TransformerClassifier(V, 6, 3, 1, 2, dropout=0.5)])
def test_after_each_word_leaves_nothing_out_by_chance_and_it_trains_on(made):
    tokens = torch.randint(V, (6,))
    assert torch.equal(made.after_each_word(tokens), made.after_each_word(tokens))
    assert made.training


@pytest.mark.parametrize("layer", LAYERS)
def test_the_traced_twin_answers_alike(layer, relative_difference):
    made, (tokens, lengths) = model(layer), texts()
    assert relative_difference(made.traced()(tokens, lengths).y, made(tokens, lengths).y) < 1e-12
    for row, length in enumerate(lengths):  # up to the padding, over which the twin goes on
        ours, theirs = (each(tokens, lengths).trace.h[row, :length] for each in (made.traced(), made))
        assert relative_difference(ours, theirs) < 1e-12
    with pytest.raises(ValueError, match="only a layer that reads one way"):
        model(both_ways=True).traced()


def test_dropout_only_in_training():
    made, (tokens, lengths) = model(dropout=0.5), texts()
    assert not torch.equal(made(tokens, lengths).y, made(tokens, lengths).y)
    made.eval()
    assert torch.equal(made(tokens, lengths).y, made(tokens, lengths).y)


WRONG = {
    r"lengths must have shape \(4,\), one for each text; \(3,\) came": torch.tensor([1, 2, 3]),
    "lengths must lie between 1 and 7; 0 came": torch.tensor([1, 0, 3, 4]),
    "lengths must lie between 1 and 7; 8 came": torch.tensor([1, 8, 3, 4]),
}


@pytest.mark.parametrize(("sentence", "lengths"), WRONG.items())
def test_lengths_that_do_not_fit_are_refused(sentence, lengths):
    for made in (model(), model().traced()):
        with pytest.raises(ValueError, match=sentence):
            made(texts()[0], lengths)


@pytest.mark.parametrize("options", [{"layer": "cnn"}, {"pool": "sum"}])
def test_what_is_not_there_is_named(options):
    with pytest.raises(ValueError, match="wanted one of"):
        TextClassifier(V, D, H, 2, **options)


@pytest.mark.parametrize("pool", POOLS)
def test_the_transformer_reads_each_text_in_a_batch_as_alone(pool, relative_difference):
    made, (tokens, lengths) = transformer(pool), texts()
    together = made(tokens, lengths).y
    alone = torch.cat([made(row[None, :length]).y for row, length in zip(tokens, lengths, strict=True)])
    assert relative_difference(together, alone) < 1e-12
    assert not torch.allclose(made(tokens).y[1], together[1])


def test_the_transformer_is_torchs_encoder(relative_difference):
    """The same weights in torch.nn.TransformerEncoderLayer, with its own mask, in which True blocks."""
    made, (tokens, lengths) = transformer("mean"), texts()
    blocked = torch.arange(7) >= lengths[:, None]
    x = made.positions(made.embedding.W_e[tokens] * 6**0.5)
    for block in made.blocks:
        x = block.to_torch()(x, src_key_padding_mask=blocked)
    x = nn.functional.layer_norm(x, (6,), made.norm.weight, made.norm.bias)
    pooled = torch.stack([row[:length].mean(dim=0) for row, length in zip(x, lengths, strict=True)])
    assert relative_difference(made(tokens, lengths).y, pooled @ made.W_hy + made.b_y) < 1e-12


def test_the_transformer_shows_where_it_looks_and_never_at_padding():
    made, (tokens, lengths) = transformer("max"), texts()
    trace = made(tokens, lengths).trace
    assert [weights.shape for weights in trace.weights] == [(4, 3, 7, 7)] * 2
    for weights in trace.weights:
        assert torch.allclose(weights.sum(dim=-1), torch.ones(4, 3, 7).double())
        for row, length in zip(weights, lengths, strict=True):
            assert row[:, :, length:].abs().sum() == 0


def test_the_transformer_after_each_word_and_its_refusals(relative_difference):
    made, tokens = transformer("max"), torch.randint(V, (5,))
    for t in range(1, 6):
        assert relative_difference(made.after_each_word(tokens)[t - 1], made(tokens[None, :t]).y[0]) < 1e-12
    with pytest.raises(ValueError, match="wanted one of"):
        transformer("sum")
    for sentence, lengths in WRONG.items():
        with pytest.raises(ValueError, match=sentence):
            made(texts()[0], lengths)


def transformer(pool):
    return TransformerClassifier(V, 6, 3, 2, 3, pool=pool).double()


def test_words_begin_near_each_other():
    for made in (TextClassifier(2000, 16, 4, 2), TransformerClassifier(2000, 16, 2, 1, 2)):
        assert made.embedding.W_e.std().item() == pytest.approx(0.1, rel=0.05)


def test_log_odds_are_those_of_the_softmax(relative_difference):
    logits = torch.randn(5, 4).double()
    p = logits.softmax(dim=-1)[:, 2]
    assert relative_difference(log_odds(logits, 2), torch.logit(p)) < 1e-12


def test_what_words_moved_adds_up_to_the_verdict(relative_difference):
    logits = torch.randn(6, 2).double()
    odds = logits[:, 1] - logits[:, 0]
    steps = moved(logits)
    assert relative_difference(steps.cumsum(dim=0), odds) < 1e-12
    assert steps[0] == odds[0]
    assert torch.allclose(moved(logits, 0), -steps)
