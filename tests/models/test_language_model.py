"""The language model: its traced twin equals the one that trains, nothing leaks from the future, state is carried."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from unrolled import training
from unrolled.data.batching import streams, windows
from unrolled.models.language_model import CarriedLoss, LanguageModel, nats, reader

LAYERS = ["lstm", "gru", "rnn"]
V, D, H = 11, 5, 7


def model_and_tokens(layer: str, device: torch.device, B: int = 3, T: int = 6) -> tuple[LanguageModel, Tensor]:
    model = LanguageModel(V, D, H, layer).double().to(device)
    return model, torch.randint(V, (B, T), device=device)


def state_of(layer: str, B: int, device: torch.device):
    h, c = torch.randn(2, B, H, dtype=torch.float64, device=device).unbind()
    return (h, c) if layer == "lstm" else h


def parts(state) -> list[Tensor]:
    return list(state) if isinstance(state, tuple) else [state]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("with_state", [False, True])
def test_the_twin_gives_the_same_outputs(layer, with_state, device, relative_difference):
    model, tokens = model_and_tokens(layer, device)
    state = state_of(layer, len(tokens), device) if with_state else None
    fused, traced = model(tokens, state), model.traced()(tokens, state)
    assert relative_difference(traced.logits, fused.logits) < 1e-9
    assert relative_difference(traced.trace.h, fused.trace.h) < 1e-9
    for ours, theirs in zip(parts(traced.state), parts(fused.state), strict=True):
        assert relative_difference(ours, theirs) < 1e-9


@pytest.mark.parametrize("layer", LAYERS)
def test_the_twin_gives_the_same_gradients(layer, device, relative_difference):
    model, tokens = model_and_tokens(layer, device)
    twin = model.traced()
    for each in (model, twin):
        F.cross_entropy(each(tokens[:, :-1]).logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
    recurrent = twin.recurrent.cell
    pairs = [
        (twin.embedding.W_e.grad, model.embedding.W_e.grad),
        (twin.W_hy.grad, model.W_hy.grad),
        (twin.b_y.grad, model.b_y.grad),
        (recurrent.W_xh.grad, model.recurrent.weight_ih_l0.grad.T),
        (recurrent.W_hh.grad, model.recurrent.weight_hh_l0.grad.T),
        (recurrent.b_xh.grad, model.recurrent.bias_ih_l0.grad),
        (recurrent.b_hh.grad, model.recurrent.bias_hh_l0.grad),
    ]
    for ours, theirs in pairs:
        assert relative_difference(ours, theirs) < 1e-9


@pytest.mark.parametrize("layer", LAYERS)
def test_what_follows_is_not_seen(layer, device):
    model, tokens = model_and_tokens(layer, device)
    changed = tokens.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % V
    for each in (model, model.traced()):
        before, after = each(tokens).logits, each(changed).logits
        assert torch.equal(before[:, :4], after[:, :4])
        assert not torch.isclose(before[:, 4], after[:, 4]).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_what_came_first_is_still_felt_at_the_end(layer, device):
    model, tokens = model_and_tokens(layer, device)
    changed = tokens.clone()
    changed[:, 0] = (changed[:, 0] + 1) % V
    assert not torch.isclose(model(tokens).logits[:, -1], model(changed).logits[:, -1], rtol=1e-9).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_state_carried_over_makes_two_windows_one(layer, device, relative_difference):
    model, tokens = model_and_tokens(layer, device)
    for each in (model, model.traced()):
        whole = each(tokens)
        first = each(tokens[:, :2])
        second = each(tokens[:, 2:], first.state)
        assert relative_difference(torch.cat([first.logits, second.logits], dim=1), whole.logits) < 1e-9
        for at_cut, at_end in zip(parts(second.state), parts(whole.state), strict=True):
            assert relative_difference(at_cut, at_end) < 1e-9


def test_the_output_is_h_times_W_hy_plus_b_y(device, relative_difference):
    model, tokens = model_and_tokens("lstm", device)
    with torch.no_grad():
        model.b_y.normal_()
    output = model(tokens)
    assert relative_difference(output.logits, F.linear(output.trace.h, model.W_hy.T, model.b_y)) < 1e-9


def test_dropout_acts_on_what_enters_and_leaves_the_layer_in_training_alone(device):
    model, tokens = model_and_tokens("gru", device)
    model.dropout.p = 0.5
    assert not torch.equal(model(tokens).trace.h, model(tokens).trace.h)
    assert torch.equal(model.eval()(tokens).logits, model(tokens).logits)
    assert torch.equal(model.traced()(tokens).logits.argmax(-1), model(tokens).logits.argmax(-1))
    with torch.no_grad():
        model.embedding.W_e.zero_()  # of zeros, dropout takes nothing on the way in
    model.train()
    assert torch.equal(model(tokens).trace.h, model(tokens).trace.h)
    assert not torch.equal(model(tokens).logits, model(tokens).logits)


@pytest.mark.parametrize("layer", LAYERS)
def test_making_the_twin_draws_no_random_number(layer, device):
    model, _ = model_and_tokens(layer, device)
    before = torch.get_rng_state()
    model.traced()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_output_starts_as_that_of_a_linear_layer_but_for_its_bias():
    model = LanguageModel(50, D, 64)
    assert 0.99 / 8 < model.W_hy.abs().max() <= 1 / 8  # 1/√H
    assert abs(model.W_hy.mean()) < 0.005
    assert (model.b_y == 0).all()


def test_the_twin_shares_values_but_no_memory(device):
    model, tokens = model_and_tokens("lstm", device)
    twin = model.traced()
    before = twin(tokens).logits
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    assert torch.equal(twin(tokens).logits, before)
    assert torch.equal(twin.traced()(tokens).logits, before)


def test_a_gate_is_forced_in_the_twin(device):
    model, tokens = model_and_tokens("lstm", device)
    held = model.traced()(tokens, force={"f": 1.0})
    assert (held.trace.f == 1).all()
    assert not torch.isclose(held.logits, model(tokens).logits).all()
    with pytest.raises(ValueError, match=r"call traced\(\) first"):
        model(tokens, force={"f": 1.0})


@pytest.mark.parametrize(
    ("tokens", "error", "sentence"),
    [
        (torch.tensor([[0, V]]), ValueError, f"tokens must lie between 0 and {V - 1}; {V} came"),
        (torch.tensor([[0, -1]]), ValueError, "tokens must lie between 0 .* -1 came"),
        (torch.tensor([0, 1]), ValueError, r"tokens.* must have shape .*'?B'?.*T"),
        (torch.zeros(2, 0, dtype=torch.long), ValueError, r"tokens.* must have shape .*nothing may be empty"),
        (torch.zeros(2, 3), TypeError, r"tokens must hold whole numbers .*float32 came"),
        ([[0, 1]], TypeError, "tokens must be a tensor of whole numbers; a list came"),
    ],
)
def test_wrong_tokens_are_refused_in_words(tokens, error, sentence):
    for model in (LanguageModel(V, D, H), LanguageModel(V, D, H).traced()):
        with pytest.raises(error, match=sentence):
            model(tokens)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_state_of_another_batch_is_refused_in_words(layer, device):
    model, tokens = model_and_tokens(layer, device)
    state = state_of(layer, len(tokens) + 1, device)
    for each in (model, model.traced()):
        with pytest.raises(ValueError, match=r"(state|h0).* must have shape \(3, 7\); \(4, 7\) came"):
            each(tokens, state)


def test_an_lstm_wants_a_pair_as_its_state(device):
    model, tokens = model_and_tokens("lstm", device)
    for each in (model, model.traced()):
        with pytest.raises(TypeError, match=r"state must be a pair \(h, c\)"):
            each(tokens, state_of("gru", len(tokens), device))


def test_a_layer_of_no_known_name_is_refused():
    with pytest.raises(ValueError, match="layer is 'transformer'; wanted one of rnn, lstm, gru"):
        LanguageModel(V, D, H, layer="transformer")


def test_nats_are_of_every_token_but_the_first_and_do_not_depend_on_the_window(device, relative_difference):
    model, tokens = model_and_tokens("gru", device, B=1, T=20)
    whole = F.cross_entropy(model(tokens[:, :-1]).logits[0], tokens[0, 1:], reduction="none")
    for window in (1, 7, 100):
        assert relative_difference(nats(model, tokens[0], window), whole) < 1e-9


@pytest.mark.parametrize("layer", LAYERS)
def test_the_loss_carries_memory_from_window_to_window_and_no_blame(layer, device, relative_difference):
    model, tokens = model_and_tokens(layer, device, T=7)
    loss = CarriedLoss()
    values = [loss(model, window) for window in windows(tokens, 3)]
    whole = model(tokens[:, :-1])
    wanted = F.cross_entropy(whole.logits.flatten(0, 1), tokens[:, 1:].flatten())
    assert relative_difference(torch.stack(values).mean(), wanted) < 1e-9
    values[1].backward()  # would say "a second time" if the first window's graph hung on it
    values[0].backward()
    fresh = loss(model, next(windows(tokens, 3)))
    assert torch.equal(fresh, values[0])


def test_a_text_is_measured_without_dropout_and_the_model_left_in_its_mode():
    model, tokens = LanguageModel(5, 4, 6, "lstm", 0.5).train(), torch.randint(5, (30,))
    assert torch.equal(nats(model, tokens), nats(model, tokens))
    assert model.training


@pytest.mark.parametrize("layer", ["lstm", "gru"])
def test_a_run_that_was_killed_goes_on_with_the_carried_state(tmp_path, layer):
    text = torch.randint(7, (400,), generator=torch.Generator().manual_seed(0))
    pieces = list(windows(streams(text, 4), 10))

    def train(**options):
        torch.manual_seed(0)
        model = LanguageModel(7, 5, 6, layer=layer, dropout=0.2)
        settings = {"steps": 25, "lr": 1e-2, "progress": False, "checkpoint_every": 5}
        history = training.fit(model, pieces, CarriedLoss(), **settings | options)
        return model, history

    whole, unbroken = train()
    path = tmp_path / "run.safetensors"

    def kill(step):
        if step.step == 13:  # the file is of step 10
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(checkpoint=path, callback=kill)
    torch.manual_seed(99)
    again, taken_up = train(checkpoint=path, resume=True)
    assert taken_up.losses == unbroken.losses
    assert torch.equal(whole.W_hy, again.W_hy)


@pytest.mark.parametrize("layer", ["lstm", "gru", "rnn"])
def test_reading_on_gives_the_logits_of_reading_all_at_once(layer):
    model = LanguageModel(5, 3, 4, layer).double().eval()
    tokens = torch.tensor([1, 4, 2, 0, 3])
    read, state = reader(model), None
    together = model(tokens[None]).logits[0]
    for piece, last in ((tokens[:2], 1), (tokens[2:3], 2), (tokens[3:], 4)):
        logits, state = read(piece, state)
        assert torch.allclose(logits, together[last], rtol=1e-12)
    assert not logits.requires_grad


@pytest.mark.parametrize("layer", ["lstm", "gru", "rnn"])
def test_a_state_is_carried_in_the_type_of_the_weights(layer):
    model, loss = LanguageModel(5, 4, 6, layer), CarriedLoss()
    x = torch.randint(5, (2, 9))
    for first in (True, False):
        with torch.autocast("cpu", torch.bfloat16):
            loss(model, (x[:, :-1], x[:, 1:], first)).backward()
        assert {part.dtype for part in loss.state_dict().values()} == {torch.float32}
    loss(model, (x[:, :-1], x[:, 1:], False))  # goes on without autocast
