import contextlib
import math
import sys
import time
import warnings

import pytest
import torch
from torch import nn
from unrolled.data import cue
from unrolled.training import Step, fit, save
from unrolled.training import run as run_module
from unrolled.training.fit import clip, gradients
from unrolled.training.stream import to_device


def regression(model, batch):
    """The mean squared error against the sum of the inputs."""
    return (model(batch) - batch.sum(dim=1, keepdim=True)).square().mean()


def fresh():
    return torch.randn(8, 4)


def distance(model):
    """How far the weights are from the right ones, all 1."""
    return (model.weight - 1).abs().max().item()


def run(model=None, batches=fresh, loss=regression, **options):
    torch.manual_seed(1)
    model = model or nn.Linear(4, 1)
    return model, fit(model, batches, loss, **{"steps": 60, "lr": 1e-2, "progress": False, **options})


def test_every_step_is_the_step_that_is_usually_written_by_hand():
    model, history = run(optimizer=torch.optim.SGD, clip_norm=0.5, schedule="cosine", steps=10)

    torch.manual_seed(1)
    byhand = nn.Linear(4, 1)
    optimiser = torch.optim.SGD(byhand.parameters(), lr=1e-2)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=10)
    losses, norms = [], []
    for _ in range(10):
        value = regression(byhand, fresh())
        optimiser.zero_grad()
        value.backward()
        norms.append(nn.utils.clip_grad_norm_(byhand.parameters(), 0.5).item())
        optimiser.step()
        cosine.step()
        losses.append(value.item())
    torch.testing.assert_close(model.weight, byhand.weight)
    assert history.losses == pytest.approx(losses)
    assert history.gradient_norms == pytest.approx(norms)
    assert max(norms) > 0.5  # else nothing was clipped
    assert history.steps == list(range(1, 11))


def test_clipping_by_value_bounds_every_number_of_the_gradient():
    seen = []

    class Watch(torch.optim.SGD):
        def step(self):
            seen.append(max(p.grad.abs().max().item() for group in self.param_groups for p in group["params"]))
            super().step()

    run(clip_value=0.01, optimizer=Watch, steps=3)
    assert seen == pytest.approx([0.01] * 3)


def test_a_list_of_batches_is_gone_through_again_and_again():
    seen = []

    def loss(model, batch):
        seen.append(batch.mean().item())
        return regression(model, batch)

    run(batches=[torch.full((2, 4), float(n)) for n in range(3)], loss=loss, steps=7)
    assert seen == [0, 1, 2, 0, 1, 2, 0]


def test_the_weights_with_the_lowest_validation_are_kept():
    values = iter([5.0, 2.0, 3.0, 4.0])
    weights = []

    def validate(model):
        weights.append(model.weight.detach().clone())
        return next(values)

    model, history = run(validate=validate, validate_every=15)
    assert history.validation == [(15, 5.0), (30, 2.0), (45, 3.0), (60, 4.0)]
    assert model.weight.equal(weights[1])
    assert not weights[1].equal(weights[3])


def test_training_ends_when_patience_does():
    values = iter([5.0, 2.0, 3.0, 4.0, 1.0])
    _, history = run(validate=lambda model: next(values), validate_every=10, patience=2)
    assert history.steps[-1] == 40
    assert history.validation[-1] == (40, 4.0)


def test_a_validation_that_is_not_a_number_is_never_the_best():
    values = iter([math.nan, 3.0, math.nan])
    weights = []

    def validate(model):
        weights.append(model.weight.detach().clone())
        return next(values)

    model, _ = run(validate=validate, validate_every=20)
    assert model.weight.equal(weights[1])


def test_looking_more_often_does_not_change_the_training():
    def validate(model):
        assert not model.training
        assert not torch.is_grad_enabled()
        return regression(model, fresh()).item()

    seldom, often = (run(validate=validate, validate_every=every)[1] for every in (60, 5))
    assert seldom.losses == often.losses


@pytest.mark.parametrize("was_training", [True, False])
def test_the_model_trains_in_training_mode_and_is_left_in_the_mode_it_came_in(was_training):
    modes = []

    def loss(model, batch):
        modes.append(model.training)
        return regression(model, batch)

    model, _ = run(nn.Linear(4, 1).train(was_training), loss=loss, validate=distance, validate_every=1, steps=3)
    assert modes == [True] * 3
    assert model.training is was_training


@contextlib.contextmanager
def pulled_plug():
    with pytest.raises(KeyboardInterrupt):
        yield


def killed_at(step):
    def callback(now):
        if now.step == step:
            raise KeyboardInterrupt

    return callback


def with_dropout():
    return nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.3), nn.Linear(16, 1))


SHUFFLED = torch.utils.data.DataLoader(torch.randn(30, 4, generator=torch.Generator().manual_seed(5)), 4, shuffle=True)


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.SGD, torch.optim.RMSprop, torch.optim.AdamW])
@pytest.mark.parametrize("batches", [fresh, SHUFFLED], ids=["function", "shuffled loader"])
def test_a_run_that_was_killed_and_taken_up_ends_as_if_it_had_not_been(tmp_path, optimizer, batches):
    def weight(model):
        return model[0].weight.abs().sum().item()

    options = {
        "batches": batches,
        "optimizer": optimizer,
        "schedule": "cosine",
        "clip_norm": 1.0,
        "validate": weight,
        "validate_every": 7,
        "checkpoint_every": 10,
    }
    torch.manual_seed(0)
    whole, unbroken = run(with_dropout(), **options)

    path = tmp_path / "run.safetensors"
    torch.manual_seed(0)
    with pulled_plug():
        run(with_dropout(), checkpoint=path, callback=killed_at(33), **options)
    torch.manual_seed(99)  # another kernel, another model
    again, taken_up = run(with_dropout(), checkpoint=path, resume=True, **options)

    assert taken_up == unbroken
    assert all(a.equal(b) for a, b in zip(again.parameters(), whole.parameters(), strict=True))


def test_a_generator_of_the_batches_own_is_taken_up_too(tmp_path):
    def options(seed):
        generator = torch.Generator().manual_seed(seed)
        return {"batches": lambda: torch.randn(8, 4, generator=generator), "generator": generator}

    def network():
        torch.manual_seed(0)
        return with_dropout()  # which draws from the global generator

    whole, unbroken = run(network(), **options(3))
    path = tmp_path / "run.safetensors"
    with pulled_plug():
        run(network(), checkpoint=path, checkpoint_every=20, callback=killed_at(25), **options(3))
    again, taken_up = run(network(), checkpoint=path, resume=True, **options(4))
    assert taken_up == unbroken
    assert again[0].weight.equal(whole[0].weight)


def test_the_best_weights_survive_the_break(tmp_path):
    path = tmp_path / "run.safetensors"
    looks = iter([3.0, 1.0, 2.0, 2.5, 2.6, 2.7])
    options = {"validate": lambda model: next(looks), "validate_every": 10, "checkpoint": path, "checkpoint_every": 10}
    weights = []
    with pulled_plug():
        model = nn.Linear(4, 1)

        def callback(now):
            weights.append(model.weight.detach().clone())
            killed_at(35)(now)

        run(model, callback=callback, **options)
    again, history = run(resume=True, **options)
    assert [value for _, value in history.validation] == [3.0, 1.0, 2.0, 2.5, 2.6, 2.7]
    assert again.weight.equal(weights[19])


def test_a_run_that_lost_patience_does_not_go_on(tmp_path):
    path = tmp_path / "run.safetensors"
    looks = iter([1.0, 2.0, 3.0, 0.0])
    options = {"validate": lambda model: next(looks), "validate_every": 10, "patience": 2, "checkpoint": path}
    _, first = run(checkpoint_every=10, **options)
    _, second = run(checkpoint_every=10, resume=True, **options)
    assert len(first.steps) == 30
    assert second == first


def test_a_run_that_patience_ended_between_two_checkpoints_is_written_whole(tmp_path):
    path = tmp_path / "run.safetensors"
    looks = iter([1.0, 2.0, 3.0, 0.0])
    options = {"validate": lambda model: next(looks), "validate_every": 10, "patience": 2, "checkpoint": path}
    model, first = run(**options)
    again, second = run(resume=True, **options)
    assert len(first.steps) == 30
    assert second == first
    assert again.weight.equal(model.weight)


@pytest.mark.parametrize(("steps", "every", "written"), [(20, 10, [10, 20]), (25, 10, [10, 20, 25]), (5, 10, [5])])
def test_a_run_is_written_once_at_each_time(tmp_path, monkeypatch, steps, every, written):
    found, kept = [], run_module.write

    def write(path, tensors, about):
        found.append(about["step"])
        return kept(path, tensors, about)

    monkeypatch.setattr(run_module, "write", write)
    run(checkpoint=tmp_path / "run.safetensors", steps=steps, checkpoint_every=every)
    assert found == written


def test_a_look_after_the_last_writing_is_written_too(tmp_path):
    path, looks = tmp_path / "run.safetensors", iter([3.0, 1.0])
    options = {"validate": lambda model: next(looks), "validate_every": 7, "checkpoint": path, "checkpoint_every": 10}
    _, first = run(callback=lambda step: step.step == 10, **options)
    _, second = run(resume=True, **options | {"steps": 10})
    assert first.validation == second.validation == [(7, 3.0), (10, 1.0)]


def test_what_a_loss_carries_is_taken_up_on_the_device_of_the_model(tmp_path):
    class Carrying:
        state = torch.zeros(2)

        def state_dict(self):
            return {"h": self.state}

        def load_state_dict(self, state):
            self.state = state["h"]

    def begun(device):
        model, loss = nn.Linear(4, 1, device=device), Carrying()
        stream = run_module.Stream(lambda: None, torch.default_generator)
        return run_module.Run(model, torch.optim.SGD(model.parameters(), 0.1), stream, loss)

    begun("cpu").save(tmp_path / "run.safetensors")
    again = begun("meta")  # a device that every machine has, and that isn't the processor
    with warnings.catch_warnings(action="ignore"):  # of torch's, that copies to it do nothing
        again.resume(tmp_path / "run.safetensors")
    assert again.loss.state.device.type == "meta"


def test_resuming_where_there_is_no_file_begins_a_run(tmp_path):
    path = tmp_path / "new.safetensors"
    _, history = run(checkpoint=path, resume=True, steps=5)
    assert len(history.steps) == 5
    assert path.exists()


def test_without_resume_an_old_file_is_not_read(tmp_path):
    path = tmp_path / "run.safetensors"
    _, first = run(checkpoint=path, steps=5)
    _, second = run(checkpoint=path, steps=5)
    assert first == second


def test_what_cannot_be_taken_up_is_named(tmp_path):
    path = tmp_path / "run.safetensors"
    run(checkpoint=path, steps=5)
    with pytest.raises(ValueError, match=r"weight is \(1, 4\) and \(2, 4\) is wanted"):
        run(nn.Linear(4, 2), checkpoint=path, resume=True)
    with pytest.raises(ValueError, match="is a run with Adam; SGD is wanted"):
        run(optimizer=torch.optim.SGD, checkpoint=path, resume=True)
    save(path, nn.Linear(4, 1))
    with pytest.raises(ValueError, match="holds weights but no run"):
        run(checkpoint=path, resume=True)


def breaks_at(step):
    calls = []

    def loss(model, batch):
        calls.append(1)
        return regression(model, batch) * (math.nan if len(calls) == step else 1)

    return loss


def test_a_loss_that_is_not_a_number_ends_training_before_it_reaches_the_weights():
    model = nn.Linear(4, 1)
    with pytest.raises(FloatingPointError, match=r"at step 12 the loss is nan .* training has broken"):
        run(model, loss=breaks_at(12))
    assert model.weight.isfinite().all()


def test_an_infinite_gradient_of_a_finite_loss_ends_training_too():
    model = nn.Linear(4, 1)
    with pytest.raises(FloatingPointError, match=r"gradient has length (inf|nan)"):
        run(model, loss=lambda model, batch: (model.weight - model.weight.detach()).abs().sum().sqrt())
    assert model.weight.isfinite().all()


def test_the_best_weights_are_kept_when_training_breaks():
    weights = []

    def validate(model):
        weights.append(model.weight.detach().clone())
        return float(len(weights))  # the first look is the best

    model = nn.Linear(4, 1)
    with pytest.raises(FloatingPointError):
        run(model, loss=breaks_at(40), validate=validate, validate_every=10)
    assert model.weight.equal(weights[0])


def test_breaking_can_be_asked_for():
    model, history = run(loss=breaks_at(12), stop_at_nan=False)
    assert len(history.losses) == 60
    assert model.weight.isnan().all()


def test_a_callback_that_answers_true_ends_training_as_patience_does(tmp_path):
    values = iter([3.0, 1.0, 2.0])
    model, history = run(validate=lambda m: next(values), validate_every=2, checkpoint=tmp_path / "run.safetensors",
                         callback=lambda step: step.step == 5)  # fmt: skip
    assert history.steps == [1, 2, 3, 4, 5]
    assert history.validation == [(2, 3.0), (4, 1.0), (5, 2.0)]  # the last step is looked at as well
    best, _ = run(steps=4)
    assert torch.equal(model.weight, best.weight)
    _, resumed = run(checkpoint=tmp_path / "run.safetensors", resume=True, steps=8)
    assert resumed.losses[:5] == history.losses
    assert len(resumed.losses) == 8


def test_the_callback_is_told_every_step():
    told = []
    _, history = run(callback=told.append, schedule="cosine", steps=4)
    assert told[0] == Step(1, history.losses[0], history.gradient_norms[0], 1e-2, steps=len(history.steps))
    assert [now.lr for now in told] == pytest.approx([1e-2, 0.5e-2 * (1 + 0.5**0.5), 0.5e-2, 0.5e-2 * (1 - 0.5**0.5)])


class Listener:
    """A callback that wants to know how it ended."""

    def __init__(self, at=math.inf, error=KeyboardInterrupt):
        self.at, self.error, self.told = at, error, []

    def __call__(self, now):
        if now.step == self.at:
            raise self.error

    def ended(self, error):
        self.told.append(type(error))


def test_the_callback_is_told_that_training_is_over_and_by_what():
    whole, patient, killed, broken = Listener(), Listener(), Listener(at=3), Listener()
    run(callback=whole)
    assert whole.told == [type(None)]
    run(callback=patient, validate=lambda model: 1.0, validate_every=10, patience=1)
    assert patient.told == [type(None)]
    with pytest.raises(KeyboardInterrupt):
        run(callback=killed)
    assert killed.told == [KeyboardInterrupt]
    with pytest.raises(FloatingPointError):
        run(callback=broken, loss=breaks_at(12))
    assert broken.told == [FloatingPointError]


def test_without_progress_nothing_is_written(capfd):
    run()
    assert capfd.readouterr() == ("", "")


def test_the_bar_shows_its_name(capfd):
    run(progress="the ball")
    assert "the ball" in capfd.readouterr().err


@pytest.mark.parametrize("sizes", ["tuple", "dict", "list"])
def test_a_batch_may_be_a_tuple_a_dict_or_a_list(device, sizes):
    pair = (torch.randn(8, 4), torch.randn(8, 1))
    batch = {"tuple": pair, "dict": dict(zip("xy", pair, strict=True)), "list": list(pair)}[sizes]

    def loss(model, batch):
        x, y = batch.values() if isinstance(batch, dict) else batch
        assert x.device.type == device.type
        return (model(x) - y).square().mean()

    model, history = run(batches=[batch], loss=loss, device=device, steps=3)
    assert model.weight.device.type == device.type
    assert history.losses[2] < history.losses[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"lr": -1.0}, "lr is -1.0"),
        ({"schedule": "linear"}, "schedule is 'linear'; one of constant, cosine"),
        ({"validate_every": 0}, "validate_every is 0; a whole number of at least 1"),
        ({"checkpoint_every": 0}, "checkpoint_every is 0; a whole number of at least 1"),
        ({"steps": 2.5}, "steps is 2.5; a whole number of at least 1"),
        ({"patience": 0, "validate": distance}, "patience is 0; a whole number of at least 1"),
        ({"clip_norm": -1}, "clip_norm is -1; a number above 0"),
        ({"clip_value": 0}, "clip_value is 0; a number above 0"),
        ({"clip_norm": math.nan}, "clip_norm is nan; a number above 0"),
        ({"patience": 3}, "patience is 3 and validate is None"),
        ({"resume": True}, "resume is True and checkpoint is None"),
        ({"batches": []}, "batches gave 0 batches"),
        ({"batches": iter([torch.randn(8, 4)])}, "batches gave 1 batches and then no more"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        run(**options)


def two_rates(parameters, lr):
    weight, bias = parameters
    return torch.optim.SGD([{"params": [weight], "lr": lr}, {"params": [bias], "lr": lr / 10}])


def test_every_group_of_parameters_keeps_its_own_rate_and_the_schedule_scales_them_all(tmp_path):
    seen = []

    def optimizer(parameters, lr):
        made = two_rates(parameters, lr)
        made.register_step_pre_hook(lambda made, *_: seen.append([group["lr"] for group in made.param_groups]))
        return made

    options = {"optimizer": optimizer, "schedule": "cosine", "steps": 4, "checkpoint": tmp_path / "run.safetensors"}
    with pulled_plug():
        run(callback=killed_at(2), checkpoint_every=2, **options)
    run(resume=True, **options)
    factors = [1, 0.5 * (1 + 0.5**0.5), 0.5, 0.5 * (1 - 0.5**0.5)]
    assert [rates[0] for rates in seen] == pytest.approx([1e-2 * factor for factor in factors])
    assert [rates[1] for rates in seen] == pytest.approx([1e-3 * factor for factor in factors])


def test_what_is_not_a_batch_or_a_loss_is_refused():
    with pytest.raises(TypeError, match="batches is a int"):
        run(batches=3)
    with pytest.raises(TypeError, match=r"loss\(model, batch\) gave \(8, 1\)"):
        run(loss=lambda model, batch: model(batch))
    with pytest.raises(TypeError, match=r"loss\(model, batch\) gave float"):
        run(loss=lambda model, batch: 1.0)


def test_the_room_knows_no_model():
    for name in ("fit", "run", "stream", "checkpoint", "sample", "device"):
        module = sys.modules[f"unrolled.training.{name}"]
        used = {getattr(value, "__module__", "") or "" for value in vars(module).values()}
        assert not [m for m in used if m.startswith("unrolled.") and not m.startswith("unrolled.training")]


def test_both_ways_of_clipping_may_be_asked_for_at_once():
    model = nn.Linear(2, 1, bias=False)
    model.weight.grad = torch.tensor([[30.0, 40.0]])
    clip(model, 50.0, 1.0, 0.7)
    assert model.weight.grad.tolist()[0] == pytest.approx([0.6, 0.7], abs=1e-4)


def test_the_last_step_is_looked_at_too():
    _, history = run(validate=lambda model: 1.0, validate_every=25)
    assert [step for step, _ in history.validation] == [25, 50, 60]


def test_standing_still_is_no_improvement():
    weights = []

    def validate(model):
        weights.append(model.weight.detach().clone())
        return 1.0

    model, history = run(validate=validate, validate_every=10, patience=2)
    assert history.steps[-1] == 30
    assert model.weight.equal(weights[0])


def test_a_named_batch_keeps_its_names():
    batch = to_device(cue.sample(2, 3), torch.device("cpu"))
    assert isinstance(batch, cue.Batch)
    assert batch.y.shape == (2,)


def test_the_rate_rises_over_a_tenth_of_the_run_and_falls_along_the_cosine():
    told = []
    run(schedule="warmed cosine", steps=20, lr=1.0, callback=told.append)
    assert [step.lr for step in told[:3]] == pytest.approx([0.1, 0.55 * 0.99384417, 0.97552826])
    falling = [0.5 * (1 + math.cos(math.pi * step / 20)) for step in range(2, 20)]
    assert [step.lr for step in told[2:]] == pytest.approx(falling)


def test_the_loss_alone_is_computed_in_the_type_that_is_asked_for():
    kinds, looked = [], []

    def validate(model):
        looked.append(model(fresh()).dtype)
        return 1.0

    def watched(model, batch):
        kinds.append(model(batch).dtype)
        return regression(model, batch)

    narrow, quick = run(loss=watched, autocast=torch.bfloat16, validate=validate)
    wide, exact = run(loss=watched)
    assert set(kinds[:60]) == {torch.bfloat16}
    assert set(kinds[60:]) == set(looked) == {torch.float32}
    assert narrow.weight.dtype == narrow.weight.grad.dtype == torch.float32
    torch.testing.assert_close(narrow.weight, wide.weight, rtol=0, atol=0.02)
    assert quick.losses == pytest.approx(exact.losses, rel=0.05)
    assert quick.losses != exact.losses


def test_the_type_is_asked_of_the_device_that_trains(monkeypatch):
    asked, model = [], nn.Linear(4, 1)
    monkeypatch.setattr(torch, "autocast", lambda *given: asked.append(given) or contextlib.nullcontext())
    gradients(model, regression, fresh(), torch.device("cuda", 1), torch.bfloat16)
    gradients(model, regression, fresh(), torch.device("cpu"), None)
    assert asked == [("cuda", torch.bfloat16)]


def test_by_the_clock_it_ends_in_time_and_the_schedule_with_it():
    told = []
    begun = time.monotonic()
    _, history = run(steps=None, seconds=0.5, schedule="cosine", callback=told.append)
    assert 0.5 <= time.monotonic() - begun < 2
    assert told[0].lr == 1e-2
    assert told[-1].lr < 2e-3
    assert told[-1].steps == told[-1].step == len(history.steps) > 10
    half = told[len(told) // 2]
    assert 0.4 < half.steps / len(told) < 2.5  # foretold from the pace so far


def test_steps_that_come_before_the_seconds_end_it():
    told = []
    _, history = run(steps=5, seconds=60, callback=told.append)
    assert len(history.steps) == 5
    assert {each.steps for each in told} == {5}


def test_by_the_clock_the_last_step_is_validated():
    _, history = run(steps=None, seconds=0.2, validate=lambda model: 1.0, validate_every=10**6)
    assert [step for step, _ in history.validation] == [len(history.steps)]


def test_a_run_by_the_clock_that_is_taken_up_has_only_the_rest_of_its_time(tmp_path):
    def stop(step):
        return time.monotonic() - begun > 0.5

    path = tmp_path / "run.safetensors"
    begun = time.monotonic()
    run(steps=None, seconds=1.0, checkpoint=path, callback=stop)
    begun = time.monotonic()
    _, history = run(steps=None, seconds=1.0, checkpoint=path, resume=True)
    assert 0.3 < time.monotonic() - begun < 0.9
    assert history.steps == list(range(1, len(history.losses) + 1))


def test_a_run_without_an_end_is_refused():
    with pytest.raises(ValueError, match="steps and seconds are None; one of them is wanted"):
        run(steps=None)
    with pytest.raises(ValueError, match="seconds is 0; a number above 0"):
        run(steps=None, seconds=0)
