"""Training that is watched: the curves are the run's numbers, pause waits, stop ends it with the best weights."""

import asyncio
import contextlib
import threading
import time
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn
from unrolled.show.widgets import training_watch
from unrolled.show.widgets.training_watch import POINTS, TrainingWatch
from unrolled.training import fit


def squares(model, batch):
    return model(batch).square().mean()


@pytest.fixture
def train():
    """A small run with a callback; 2,000 steps of it take over a second."""

    def run(watch, steps=2000, **options):
        torch.manual_seed(0)
        model = nn.Linear(3, 1)
        x = torch.randn(8, 3)
        return model, fit(model, [x], squares, steps=steps, lr=1e-3, callback=watch, progress=False, **options)

    return run


def test_the_curves_are_the_history(train):
    watch = TrainingWatch(250)
    _, history = train(watch, steps=250)
    assert watch.at == history.steps
    assert watch.losses == history.losses
    assert watch.norms == history.gradient_norms


def test_a_long_run_is_thinned_and_ends_at_its_last_step(train):
    watch = TrainingWatch(1000)
    _, history = train(watch, steps=1000)
    assert len(watch.at) <= POINTS + 1
    assert watch.at[-1] == 1000
    assert watch.losses[-1] == history.losses[-1]


def test_stop_ends_the_run_with_the_best_weights(train):
    watch = TrainingWatch(2000)
    threading.Timer(0.2, lambda: setattr(watch, "stopped", True)).start()
    values = iter([3.0, 1.0, *[2.0] * 2000])
    kept = []

    def validate(model):
        kept.append(model.weight.clone())
        return next(values)

    model, history = train(watch, validate=validate, validate_every=5)
    assert 10 < len(history.steps) < 2000
    assert torch.equal(model.weight, kept[1])


def test_pause_waits_and_goes_on(train):
    watch = TrainingWatch(50)
    watch.paused = True
    runner = threading.Thread(target=train, args=(watch,), kwargs={"steps": 50}, daemon=True)
    runner.start()
    time.sleep(0.4)
    assert watch.step == 1
    watch.paused = False
    runner.join(timeout=20)
    assert watch.step == 50


def test_it_runs_fit_beside_the_page_which_goes_on_answering():
    watch, answered = TrainingWatch(200), []
    torch.manual_seed(0)
    model, x = nn.Linear(3, 1), torch.randn(8, 3)

    def slow(model, batch):
        time.sleep(0.002)
        return squares(model, batch)

    async def page():
        training = asyncio.create_task(watch.run(fit, model, [x], slow, lr=1e-3))
        while not training.done():
            answered.append(watch.step)
            await asyncio.sleep(0.02)
        return await training

    history = asyncio.run(page())
    assert watch.losses == history.losses
    assert len(set(answered)) > 2


def test_while_it_runs_each_message_of_a_control_is_answered(monkeypatch):
    told = []
    kernel = SimpleNamespace(
        shell_handlers={"comm_msg": lambda *message: told.append(message)},
        _publish_status=lambda status, channel: told.append((status, channel)),
    )
    before = kernel.shell_handlers["comm_msg"]
    monkeypatch.setattr(training_watch, "get_ipython", lambda: SimpleNamespace(kernel=kernel))

    def train(steps, **_):
        kernel.shell_handlers["comm_msg"]("stream", "ident", "message")
        return steps

    assert asyncio.run(TrainingWatch(7).run(train)) == 7
    assert told == [("stream", "ident", "message"), ("idle", "shell")]
    assert kernel.shell_handlers["comm_msg"] is before


def test_what_the_buttons_send_is_heard():
    watch = TrainingWatch(10)
    for sent, paused, stopped in [({"paused": True}, True, False), ({"paused": False}, False, False),
                                  ({"stopped": True, "paused": False}, False, True)]:  # fmt: skip
        watch._handle_custom_msg(sent, [])
        assert (watch.paused, watch.stopped) == (paused, stopped)


def test_a_second_run_begins_anew(train):
    watch = TrainingWatch(20)
    train(watch, steps=20)
    train(watch, steps=20)
    assert watch.at == list(range(1, 21))


@pytest.mark.parametrize("steps", [0, 2.5, "many"])
def test_steps_that_cannot_be_meant_get_a_sentence(steps):
    with pytest.raises(ValueError, match="a whole number of at least 1 is wanted"):
        TrainingWatch(steps)


def test_an_interrupted_run_leaves_no_thread_that_trains_on():
    watch, model, x = TrainingWatch(100_000), nn.Linear(3, 1), torch.randn(8, 3)

    async def interrupted():
        task = asyncio.create_task(watch.run(fit, model, [x], squares, lr=1e-3))
        await asyncio.sleep(0.2)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    time.sleep(0.1)
    seen = len(watch.seen)
    time.sleep(0.2)
    assert len(watch.seen) == seen > 0


def test_a_loss_that_ends_as_no_number_is_still_a_figure():
    watch = TrainingWatch(2)
    for n, loss in enumerate([1.0, float("nan")], start=1):
        watch(SimpleNamespace(step=n, loss=loss, gradient_norm=1.0))
    assert "from 1 to nan" in watch.draw()[1]
    plt.close("all")
