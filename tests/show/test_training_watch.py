"""Training that is watched: the curves are the run's numbers, pause waits, stop ends it with the best weights."""

import threading
import time
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
import torch
from ipykernel.comm.comm import BaseComm
from torch import nn
from unrolled.show.widgets.training_watch import EARLIER, POINTS, TrainingWatch, hear_at_once
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
    watch = TrainingWatch()
    _, history = train(watch, steps=250)
    assert watch.at == history.steps
    assert watch.losses == history.losses
    assert watch.norms == history.gradient_norms


def test_a_long_run_is_thinned_and_ends_at_its_last_step(train):
    watch = TrainingWatch()
    _, history = train(watch, steps=1000)
    assert len(watch.at) <= POINTS + 1
    assert watch.at[-1] == 1000
    assert watch.losses[-1] == history.losses[-1]


def test_stop_ends_the_run_with_the_best_weights(train):
    watch = TrainingWatch()
    threading.Timer(0.2, lambda: setattr(watch, "stopped", True)).start()
    values = iter([3.0, 1.0, *[2.0] * 2000])
    kept = []

    def validate(model):
        kept.append(model.weight.clone())
        return next(values)

    model, history = train(watch, validate=validate, validate_every=5)
    assert 10 < len(history.steps) < 2000
    assert torch.equal(model.weight, kept[1])


def paused_at(step, watch):
    """The callback, with pause pressed before this step."""

    def callback(now):
        watch.paused = watch.paused or now.step == step
        return watch(now)

    callback.ended = watch.ended
    return callback


def test_pause_waits_and_goes_on(train):
    watch = TrainingWatch()
    runner = threading.Thread(target=train, args=(paused_at(2, watch),), kwargs={"steps": 50}, daemon=True)
    runner.start()
    time.sleep(0.4)
    assert watch.step == 2
    watch.paused = False
    runner.join(timeout=20)
    assert watch.step == 50


def test_a_pause_at_the_last_step_holds_nothing(train):
    watch = TrainingWatch()
    runner = threading.Thread(target=train, args=(paused_at(20, watch),), kwargs={"steps": 20}, daemon=True)
    runner.start()
    runner.join(timeout=5)
    assert (runner.is_alive(), watch.step, watch.end) == (False, 20, "done")


@pytest.mark.parametrize("pressed", ["stopped", "paused"])
@pytest.mark.parametrize("before", [0, 1])
def test_what_is_pressed_while_no_run_is_under_way_holds_none(train, pressed, before):
    """Before the first run, and after one that has ended."""
    watch = TrainingWatch()
    for _ in range(before):
        train(watch, steps=20)
    setattr(watch, pressed, True)
    runner = threading.Thread(target=train, args=(watch,), kwargs={"steps": 30}, daemon=True)
    runner.start()
    runner.join(timeout=5)
    assert (runner.is_alive(), watch.run, watch.step, watch.end) == (False, 1 + before, 30, "done")
    assert not getattr(watch, pressed)


def test_a_pause_between_the_parts_of_a_run_does_not_hold_the_one_taken_up(train, tmp_path):
    watch, way = TrainingWatch(), {"checkpoint": tmp_path / "run.safetensors", "checkpoint_every": 10}
    train(watch, steps=20, **way)
    watch.paused = True
    runner = threading.Thread(target=train, args=(watch,), kwargs={"steps": 40, "resume": True, **way}, daemon=True)
    runner.start()
    runner.join(timeout=5)
    assert (runner.is_alive(), watch.run, watch.step) == (False, 1, 40)


def test_a_second_run_begins_anew(train):
    watch = TrainingWatch()
    train(watch, steps=20)
    train(watch, steps=20)
    assert watch.at == list(range(1, 21))
    assert watch.run == 2


def test_the_curves_of_the_last_runs_stay(train):
    watch, histories = TrainingWatch(), []
    for steps in range(5, 5 + EARLIER + 3):
        histories.append(train(watch, steps=steps)[1])
    assert len(watch.earlier) == EARLIER
    for (at, losses, norms), history in zip(watch.earlier, histories[-EARLIER - 1 : -1], strict=True):
        assert (at, losses, norms) == (history.steps, history.losses, history.gradient_norms)
    assert watch.losses == histories[-1].losses


def test_a_run_that_was_picked_and_goes_out_of_sight_is_picked_no_more(train):
    watch = TrainingWatch()
    for _ in range(2):
        train(watch, steps=2)
    watch.pick = 1
    for _ in range(EARLIER - 1):
        train(watch, steps=2)
    assert (watch.run, len(watch.earlier), watch.pick) == (EARLIER + 1, EARLIER, 1)
    train(watch, steps=2)
    assert (watch.run, watch.pick) == (EARLIER + 2, 0)


def test_the_first_step_of_another_run_is_drawn_at_once():
    watch = TrainingWatch()
    for n in (1, 2, 1):
        watch(SimpleNamespace(step=n, steps=2, loss=float(n), gradient_norm=1.0))
    assert (watch.run, watch.step, watch.at) == (2, 1, [1])


def test_a_run_that_is_picked_is_the_one_that_the_still_figure_tells_of(train):
    watch = TrainingWatch(["short", "long"])
    first, second = (train(watch, steps=steps)[1] for steps in (5, 9))
    assert watch.draw()[1].startswith("Run 2 of 2, “long”: after 9 of 9 steps")
    watch.pick = 1
    figure, alt = watch.draw()
    expected = f"Run 1 of 2, “short”: after 5 steps the loss went from {first.losses[0]:.3g} to {first.losses[-1]:.3g}."
    assert alt == expected
    strong = [line for line in figure.axes[0].lines if line.get_alpha() == 1.0]
    assert [line.get_ydata().tolist() for line in strong] == [first.losses]
    watch.pick = 7
    assert f"to {second.losses[-1]:.3g}." in watch.draw()[1]


def test_a_run_that_is_stopped_does_not_stop_the_next(train):
    watch = TrainingWatch()
    threading.Timer(0.2, lambda: setattr(watch, "stopped", True)).start()
    _, first = train(watch, steps=100_000)
    _, second = train(watch, steps=20)
    assert len(first.steps) < 100_000
    assert len(second.steps) == 20


def test_a_run_says_how_it_ended(train):
    watch = TrainingWatch()
    train(watch, steps=20)
    assert watch.end == "done"

    def killed(now):
        watch(now)
        if now.step == 37:
            raise KeyboardInterrupt

    killed.ended = watch.ended
    with pytest.raises(KeyboardInterrupt):
        train(killed, steps=300)
    assert (watch.step, watch.run, watch.end) == (37, 2, "interrupted")  # not the last step that was drawn in time
    train(watch, steps=300, validate=lambda model: 1.0, validate_every=10, patience=1)
    assert (watch.step, watch.end) == (20, "ended before its last step")
    threading.Timer(0.2, lambda: setattr(watch, "stopped", True)).start()
    train(watch, steps=100_000)
    assert watch.end == "stopped by you"


def test_a_run_that_broke_says_so_and_is_taken_up(train, tmp_path):
    watch, way = TrainingWatch(), {"steps": 300, "checkpoint": tmp_path / "run.safetensors", "checkpoint_every": 36}

    class Plug:
        def __call__(self, now):
            if now.step == 37:
                raise RuntimeError("the plug was pulled")
            return watch(now)

        ended = watch.ended

    with pytest.raises(RuntimeError):
        train(Plug(), **way)
    assert (watch.step, watch.end) == (36, "broken off by RuntimeError")
    watch.stopped = True  # pressed too late
    seen = []
    train(lambda now: (watch(now), seen.append(watch.end))[0], resume=True, **way)
    assert (watch.step, watch.run, set(seen)) == (300, 1, {""})


def test_before_the_first_step_nothing_has_ended():
    watch = TrainingWatch()
    watch.ended(KeyboardInterrupt())
    assert watch.end == ""
    assert watch.draw()[1].endswith("training has not begun.")
    plt.close("all")


def test_the_figure_is_logarithmic_where_the_axes_are():
    watch = TrainingWatch(log=True)
    watch(SimpleNamespace(step=1, steps=2, loss=1.0, gradient_norm=0.1))
    watch.tell()
    assert [ax.get_yscale() for ax in watch.draw()[0].axes] == ["log", "log"]
    plt.close("all")


def test_a_message_of_a_control_goes_where_the_browser_asks():
    """ipykernel routes it to the thread that last spoke to the widget, unless told otherwise."""
    comm = BaseComm.__new__(BaseComm)
    comm._reply_subshell_lock, comm._reply_subshell_ids = threading.Lock(), {}
    comm._reply_subshell_id = "the thread that trains"
    assert comm._reply_subshell_for({}, "asked for") == "the thread that trains"
    hear_at_once(comm)
    assert comm._reply_subshell_for({}, "asked for") == "asked for"


def test_a_loss_that_ends_as_no_number_is_still_a_figure():
    watch = TrainingWatch()
    for n, loss in enumerate([1.0, float("nan")], start=1):
        watch(SimpleNamespace(step=n, steps=2, loss=loss, gradient_norm=1.0))
    assert "from 1 to nan" in watch.draw()[1]
    plt.close("all")
