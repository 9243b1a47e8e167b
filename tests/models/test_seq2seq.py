"""Reading and writing: padding changes nothing, one step at a time is all at once, and a wide beam finds the best."""

import itertools
import re

import pytest
import torch
from torch.nn import functional as F
from unrolled.models.seq2seq import BEGIN, END, PAD, Batch, Seq2Seq, beam, greedy, loss
from unrolled.models.translator import Translator

ATTENDS = [True, False]
KINDS = [  # layer, whether it attends
    ("gru", True),
    ("gru", False),
    ("lstm", True),
    ("lstm", False),
    ("rnn", True),
    ("transformer", True),
]


def model(attends=True, target_size=7, layer="gru"):
    """With "transformer" a `Translator`, which encodes and decodes alike."""
    if layer == "transformer":
        made = Translator(9, target_size, 8, 2, 2, hidden_size=12).double()
    else:
        made = Seq2Seq(9, target_size, 4, 5, attends=attends, layer=layer).double()
    for name, weight in made.named_parameters():
        torch.nn.init.normal_(weight, 1.0 if re.search(r"norm\.weight", name) else 0.0, 0.8)
    return made


def sources():
    """Sources (3, 6), the padding of which is noise, and their lengths."""
    return torch.randint(9, (3, 6)), torch.tensor([6, 2, 4])


@pytest.mark.parametrize(("layer", "attends"), KINDS)
def test_in_a_batch_each_source_is_read_as_it_is_alone(layer, attends, relative_difference):
    made, (source, lengths) = model(attends, layer=layer), sources()
    target = torch.randint(7, (3, 5))
    together = made(source, lengths, target)
    for row, length in enumerate(lengths):
        alone = made(source[row : row + 1, :length], lengths[row : row + 1], target[row : row + 1])
        assert relative_difference(together.logits[row], alone.logits[0]) < 1e-12
        if attends:
            assert relative_difference(together.weights[row, :, :length], alone.weights[0]) < 1e-12
            assert together.weights[row, :, length:].abs().sum() == 0


@pytest.mark.parametrize(("layer", "attends"), KINDS)
def test_one_step_at_a_time_is_all_at_once(layer, attends, relative_difference):
    made, (source, lengths) = model(attends, layer=layer), sources()
    target = torch.randint(7, (3, 5))
    memory, h, parts = made.encode(source, lengths), None, []
    for t in range(5):
        written = made.decode(target[:, t : t + 1], memory, h)
        h = written.h
        parts.append(written.logits)
    assert relative_difference(torch.cat(parts, dim=1), made(source, lengths, target).logits) < 1e-12


def test_the_first_state_and_the_mixture_are_the_formulas(relative_difference):
    made, (source, lengths) = model(), sources()
    memory = made.encode(source, lengths)
    row, S = 1, 2
    forward, backward = memory.m[row, S - 1, :5], memory.m[row, 0, 5:]
    assert relative_difference(memory.h[row], torch.tanh(torch.cat([forward, backward]) @ made.W_s + made.b_s)) < 1e-12
    token = torch.tensor([[3]])
    h = made.decoder(made.target(token), memory.h[None, row : row + 1])[0][0, 0]
    m = memory.m[row, :S]
    weights = ((h @ made.W_q) @ (m @ made.W_k).T / 5**0.5).softmax(dim=0)
    o = torch.tanh(torch.cat([h, weights @ m]) @ made.W_c)
    written = made(source[row : row + 1, :S], lengths[row : row + 1], token)
    assert relative_difference(written.weights[0, 0], weights) < 1e-12
    assert relative_difference(written.logits[0, 0], o @ made.W_y + made.b_y) < 1e-12


def test_an_lstms_first_state_is_made_of_h_and_c_of_both_ways(relative_difference):
    made, (source, lengths) = model(layer="lstm"), sources()
    memory = made.encode(source, lengths)
    row, S = 1, 2
    _, (h, c) = made.encoder(made.source(source[row : row + 1, :S]))
    ends = torch.cat([h[0, 0], h[1, 0], c[0, 0], c[1, 0]])
    assert relative_difference(memory.h[row], torch.tanh(ends @ made.W_s + made.b_s)) < 1e-12
    x = made.target(torch.tensor([[3]]))
    first = (memory.h[None, row : row + 1, :5].contiguous(), memory.h[None, row : row + 1, 5:].contiguous())
    written = made.decode(
        torch.tensor([[3]]), memory._replace(**{k: v[row : row + 1] for k, v in memory._asdict().items()})
    )
    _, (h, c) = made.decoder(x, first)
    assert relative_difference(written.h[0], torch.cat([h[0, 0], c[0, 0]])) < 1e-12


def test_queries_and_keys_give_the_weights_back(relative_difference):
    made, target, source = model(), torch.randint(3, 7, (4,)), torch.randint(9, (5,))
    q, k = made.asked(source, target)
    read = torch.cat([torch.tensor([BEGIN]), target[:-1]])[None]
    weights = made(source[None], torch.tensor([5]), read).weights[0]
    assert relative_difference((q @ k.mT / 5**0.5).softmax(dim=-1)[0, 0], weights) < 1e-12
    with pytest.raises(ValueError, match="attends=False"):
        model(attends=False).asked(source, target)


def test_another_layer_is_refused():
    with pytest.raises(ValueError, match="layer is 'cnn'; wanted one of rnn, lstm, gru"):
        Seq2Seq(9, 7, 4, 5, layer="cnn")


def test_without_attention_only_one_state_gets_through():
    made, (source, lengths) = model(attends=False), sources()
    memory = made.encode(source, lengths)
    assert memory.k is None
    other = memory._replace(m=torch.randn_like(memory.m))
    token = torch.full((3, 1), BEGIN)
    assert torch.equal(made.decode(token, memory).logits, made.decode(token, other).logits)


@pytest.mark.parametrize("attends", ATTENDS)
def test_the_loss_counts_the_end_and_no_padding(attends, relative_difference):
    made, (source, lengths) = model(attends), sources()
    targets = [[BEGIN, 4, 5, 6, END], [BEGIN, 3, END, PAD, PAD], [BEGIN, END, PAD, PAD, PAD]]
    total, count = 0.0, 0
    for row, target in enumerate(targets):
        real = torch.tensor([token for token in target if token != PAD])
        logits = made(source[row : row + 1, : lengths[row]], lengths[row : row + 1], real[None, :-1]).logits[0]
        total, count = total + F.cross_entropy(logits, real[1:], reduction="sum"), count + len(real) - 1
    assert relative_difference(loss(made, Batch(source, lengths, torch.tensor(targets))), total / count) < 1e-12


def test_gradients_equal_finite_differences():
    made, (source, lengths) = model(), sources()
    names, values = zip(*((name, weight) for name, weight in made.named_parameters() if "W_" in name), strict=True)
    target = torch.randint(7, (3, 3))

    def logits(*weights):
        given = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(made, given, (source, lengths, target)).logits

    assert torch.autograd.gradcheck(logits, values, fast_mode=True)


def likeliest(made, source, longest, vocabulary):
    """All targets up to so many tokens, END counted, by trying each."""
    best = None
    others = [token for token in range(vocabulary) if token != END]
    for length in range(longest):
        for body in itertools.product(others, repeat=length):
            tokens = torch.tensor([[BEGIN, *body, END]])
            p = made(source[None], torch.tensor([len(source)]), tokens[:, :-1]).logits[0].log_softmax(dim=-1)
            nats = -p[torch.arange(length + 1), tokens[0, 1:]].sum().item()
            if best is None or nats < best[0]:
                best = nats, list(body)
    return best


@torch.no_grad()
@pytest.mark.parametrize("attends", ATTENDS)
def test_a_beam_as_wide_as_all_there_is_finds_the_likeliest(attends):
    for _ in range(5):
        made, source = model(attends, target_size=4), torch.randint(9, (3,))
        nats, tokens = likeliest(made, source, 4, 4)
        found = beam(made, source, 4, width=4**4)
        assert found.tokens == tokens
        assert found.nats == pytest.approx(nats, abs=1e-9)


@pytest.mark.parametrize(("layer", "attends"), KINDS)
def test_a_beam_of_one_is_greedy_and_a_batch_is_each_alone(layer, attends):
    made, (source, lengths) = model(attends, layer=layer), sources()
    together = greedy(made, source, lengths, 8)
    for row, length in enumerate(lengths):
        one = beam(made, source[row, :length], 8, width=1)
        assert together[row].tokens == one.tokens
        assert together[row].nats == pytest.approx(one.nats, abs=1e-9)
        if attends:
            assert together[row].weights.shape == (len(one.tokens), length)
            assert torch.allclose(together[row].weights, one.weights)


@torch.no_grad()
def listed(made, source, longest, width, reward):
    """Beam search written out: every beginning read anew, every continuation listed, the `width` likeliest kept."""
    going, ended = [([], 0.0)], []
    for _ in range(longest):
        every = []
        for body, nats in going:
            read = made(source[None], torch.tensor([len(source)]), torch.tensor([[BEGIN, *body]]))
            costs = -read.logits[0, -1].log_softmax(dim=-1)
            every += [([*body, token], nats + cost) for token, cost in enumerate(costs.tolist())]
        kept = sorted(every, key=lambda one: one[1])[:width]
        ended += [one for one in kept if one[0][-1] == END]
        going = [one for one in kept if one[0][-1] != END]
        if not going:
            break
    body, nats = min(ended or going, key=lambda one: one[1] / len(one[0]) ** reward)
    return [token for token in body if token != END], nats


@pytest.mark.parametrize(("width", "reward"), list(itertools.product([1, 2, 3, 5], [0.0, 0.6, 2.0])))
def test_a_beam_keeps_the_likeliest_beginnings_and_no_others(width, reward):
    made = model(target_size=6)
    torch.nn.init.constant_(made.b_y[END : END + 1], 2.0)  # so that some end early
    for source in torch.randint(9, (12, 4)):
        found = beam(made, source, 6, width, reward)
        tokens, nats = listed(made, source, 6, width, reward)
        assert found.tokens == tokens
        assert found.nats == pytest.approx(nats, abs=1e-9)


def test_a_wider_beam_is_never_worse_on_the_whole():
    """Each by itself may be; over many it must not."""
    made = model(target_size=6)
    narrow, wide = (
        sum(beam(made, source, 6, width).nats for source in torch.randint(9, (20, 4), generator=torch.manual_seed(3)))
        for width in (1, 6)
    )
    assert wide < narrow


def test_a_reward_for_length_writes_more():
    made, several = model(target_size=6), torch.randint(9, (20, 4), generator=torch.manual_seed(4))
    torch.nn.init.constant_(made.b_y[END : END + 1], 2.0)  # so that some end early
    none, some, much = (
        sum(len(beam(made, source, 6, 6, reward).tokens) for source in several) for reward in (0.0, 0.6, 2.0)
    )
    assert none < some < much


LEARN = {  # a model, and its updates and rate
    "Seq2Seq": (lambda: Seq2Seq(9, 9, 16, 32), 250, 5e-3),
    "Translator": (lambda: Translator(9, 9, 32, 4, 1), 150, 4e-3),
}


@pytest.mark.parametrize(("make", "steps", "lr"), LEARN.values(), ids=LEARN)
def test_it_learns_to_turn_a_sequence_round(make, steps, lr):
    torch.manual_seed(0)
    made = make()
    optimiser = torch.optim.Adam(made.parameters(), lr)
    for _ in range(steps):
        source = torch.randint(3, 9, (32, 5))
        target = torch.cat([torch.full((32, 1), BEGIN), source.flip(1), torch.full((32, 1), END)], dim=1)
        optimiser.zero_grad()
        loss(made, Batch(source, torch.full((32,), 5), target)).backward()
        optimiser.step()
    source = torch.randint(3, 9, (100, 5))
    written = greedy(made, source, torch.full((100,), 5), 10)
    assert sum(one.tokens == row.flip(0).tolist() for one, row in zip(written, source, strict=True)) > 90


def test_a_beam_of_none_is_refused():
    with pytest.raises(ValueError, match="width is 0; at least one"):
        beam(model(), torch.tensor([1, 2]), 4, width=0)


@pytest.mark.parametrize("longest", [0, -1])
def test_a_translation_of_no_token_is_refused(longest):
    with pytest.raises(ValueError, match=f"longest is {longest}; at least one token is wanted"):
        beam(model(), torch.tensor([1, 2]), longest)
    with pytest.raises(ValueError, match=f"longest is {longest}; at least one token is wanted"):
        greedy(model(), torch.tensor([[1, 2]]), torch.tensor([2]), longest)


WRONG = {
    r"lengths must have shape \(3,\), one for each text; \(2,\) came": [1, 2],
    "lengths must lie between 1 and 6; 0 came": [1, 0, 3],
    "lengths must lie between 1 and 6; 7 came": [1, 7, 3],
}
MODELS = {"Seq2Seq": Seq2Seq(9, 7, 4, 5, dropout=0.5), "Translator": Translator(9, 7, 4, 2, 1, dropout=0.5)}


@pytest.mark.parametrize("made", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize(("sentence", "lengths"), WRONG.items())
def test_lengths_that_do_not_fit_are_refused(made, sentence, lengths):
    with pytest.raises(ValueError, match=sentence):
        made.encode(sources()[0], torch.tensor(lengths))


@pytest.mark.parametrize("made", MODELS.values(), ids=MODELS)
def test_nothing_is_left_out_by_chance_while_it_writes_and_it_trains_on(made):
    source, lengths = sources()
    for training in (False, True):
        made.train(training)
        assert len({greedy(made, source, lengths, 8)[0].nats for _ in range(3)}) == 1
        assert made.training == training
        assert len({beam(made, source[0], 8, 3).nats for _ in range(3)}) == 1
        assert made.training == training
