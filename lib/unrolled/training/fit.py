"""The training loop, once for the whole course.

    for every step:  batch → loss → gradients → clip → update

    history = fit(model, lambda: adding.sample(50, 30), loss, steps=400, lr=1e-3, clip_norm=1.0)

`loss(model, batch)` gives one number as a tensor; `batches` is a function that gives a batch, or a list of batches
that is gone through again and again; `validate(model)` gives a number that should become small.
"""

import math
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from unrolled.training import parallel
from unrolled.training.bar import progress_bar
from unrolled.training.run import Run
from unrolled.training.stream import Stream, to_device


class Step(NamedTuple):
    """What a callback is told after every step."""

    step: int  # 1, 2, …
    loss: float
    gradient_norm: float  # before clipping
    lr: float  # of the first group of parameters
    steps: int  # that are to be; where the clock decides, as many as the pace so far will give


class History(NamedTuple):
    """What happened: one entry a step, and one for every validation."""

    steps: list[int]
    losses: list[float]
    gradient_norms: list[float]  # before clipping
    validation: list[tuple[int, float]]  # (after this step, value)


WARMING = 0.1  # share of a run in which the rate rises, where it does
SCHEDULES = {
    "constant": lambda done: 1.0,
    "cosine": lambda done: 0.5 * (1 + math.cos(math.pi * done)),  # Loshchilov and Hutter (2017), without restarts
    "warmed cosine": lambda done: min(1, 0.1 + 0.9 * done / WARMING) * 0.5 * (1 + math.cos(math.pi * done)),
}


def fit(
    model: nn.Module,
    batches: Callable[[], Any] | Iterable[Any],
    loss: Callable[[nn.Module, Any], Tensor],
    *,
    steps: int | None = None,
    seconds: float | None = None,
    lr: float,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    schedule: str = "constant",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    validate: Callable[[nn.Module], float] | None = None,
    validate_every: int = 100,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 100,
    resume: bool = False,
    generator: torch.Generator | None = None,
    device: torch.device | str | None = None,
    callback: Callable[[Step], bool | None] | None = None,
    progress: bool | str | None = None,
    stop_at_nan: bool = True,
    count: Callable[[Any], int] | None = None,
    autocast: torch.dtype | None = None,
) -> History:
    """Train `model` in place for `steps` updates, or for so many `seconds`, and give the history.

    - steps, seconds: one of them, or both; what is reached first ends training, and the schedule follows it. Under
      `seconds` the clock decides, so that two runs are never quite the same.
    - lr, schedule: the rate stays ("constant") or falls to 0 along half a cosine ("cosine"), which it may rise to from
      a tenth, over the first tenth of the run ("warmed cosine"; Goyal et al., 2017, arXiv:1706.02677). Where
      `optimizer` makes several groups of parameters, each keeps the rate it was made with, and the schedule scales
      them all.
    - clip_norm: the whole gradient is made no longer than this; clip_value: each of its numbers no larger.
    - validate, validate_every: looked at after so many steps and after the last. The model ends with the weights of
      the lowest value. patience: training ends after so many looks without a lower one.
    - checkpoint: a file that holds the whole run, written every `checkpoint_every` steps and at the end. With
      resume=True a run that is found there goes on, and ends as if it had not been broken off; for this it needs
      the same arguments. Batches must draw from torch's global generator, or from the `generator` given here:
      numpy's and Python's own generators are not kept. A loss with a state of its own keeps it by `state_dict()` and
      `load_state_dict(state)`, which hold tensors.
    - callback: is told of every step; where it answers True, training ends as it does by patience. If it has a method
      `ended(error)`, this is called once training is over, with the error that broke it off, or None.
    - progress: a bar, or the text that names it; where nothing is said, a bar unless a callback looks on.
    - stop_at_nan: a loss or gradient that is not finite ends training by a FloatingPointError before it reaches
      the weights, and the best weights are kept. False lets it happen.
    - count: for several processes (see `parallel`), over how many things the loss of a batch is a mean; rows unless
      given. A loss that carries a state is taken up right in one process only.
    - autocast: the loss of a step is computed in this type where torch holds that safe; weights, gradients, update and
      validation stay as they are (Micikevicius et al., 2018, arXiv:1710.03740). torch.bfloat16 is meant, which has
      float32's range: float16 would want the loss scaled, which is not done here. See `fast_dtype`.
    """
    refuse_bad(
        counts={
            "steps": steps,
            "validate_every": validate_every,
            "patience": patience,
            "checkpoint_every": checkpoint_every,
        },
        sizes={"lr": lr, "clip_norm": clip_norm, "clip_value": clip_value, "seconds": seconds},
        schedule=schedule,
    )
    refuse_lone(steps, seconds, patience=patience, validate=validate, checkpoint=checkpoint, resume=resume)
    first = next(model.parameters(), None)
    if first is None:
        raise ValueError(f"model is a {type(model).__name__} without parameters; there is nothing to train")
    device = torch.device(device) if device is not None else first.device
    model.to(device)
    optimiser = optimizer(model.parameters(), lr=lr)  # the argument is spelt as in torch
    rates = [group["lr"] for group in optimiser.param_groups]  # before a run that is taken up brings scaled ones
    shown = parallel.rank() == 0 and (callback is None if progress is None else progress)
    run = Run(model, optimiser, Stream(batches, generator or torch.default_generator), loss)
    if resume and Path(checkpoint).exists():
        run.resume(checkpoint)
    loss = parallel.spread(model, loss, count, run.step)
    was_training = model.training
    course = Course(run, steps, seconds)
    try:
        done = run.step if steps else run.elapsed
        with progress_bar(steps or seconds, done=done, shown=shown, seconds=not steps) as bar:
            while course.done() < 1 and (patience is None or run.stale < patience):
                factor = SCHEDULES[schedule](course.done())
                model.train()
                value, norm = gradients(model, loss, to_device(run.stream.next(), device), device, autocast)
                if stop_at_nan:
                    refuse_broken(run.step + 1, value, norm)
                clip(model, norm, clip_norm, clip_value)
                update(optimiser, [rate * factor for rate in rates])
                run.record(value, norm)
                ends = course.tick()
                if validate and (ends or run.step % validate_every == 0):
                    run.judge(look(model, validate))
                if checkpoint and run.step % checkpoint_every == 0:
                    run.save(checkpoint)
                bar.update(1 if steps else min(run.elapsed, seconds) - bar.n)
                bar.set_postfix_str(f"loss {value:.3g}", refresh=False)
                if callback and callback(Step(run.step, value, norm, rates[0] * factor, course.steps())):
                    if validate and run.step % validate_every and not ends:
                        run.judge(look(model, validate))  # this was the last step
                    break
            if checkpoint and not run.saved:
                run.save(checkpoint)  # at the end, whether the steps, the patience or the callback ended it
    except BaseException as error:
        say_end(callback, error)
        raise
    finally:
        run.restore_best()
        model.train(was_training)
    say_end(callback)
    return History(list(range(1, run.step + 1)), run.losses, run.gradient_norms, run.validation)


class Course:
    """How far a run is on its way to its end, by steps or by the clock, whichever is further."""

    def __init__(self, run: Run, steps: int | None, seconds: float | None):
        self.run, self.most, self.seconds = run, steps, seconds
        self.begun = time.monotonic() - run.elapsed

    def done(self) -> float:
        """From 0 to 1, as of the last tick."""
        by_steps = self.run.step / self.most if self.most else 0.0
        return max(by_steps, self.run.elapsed / self.seconds if self.seconds else 0.0)

    def tick(self) -> bool:
        """Look at the clock; True where the end is reached."""
        self.run.elapsed = parallel.agreed(time.monotonic() - self.begun)
        return self.done() >= 1

    def steps(self) -> int:
        """That are to be; where the clock is further, as many as the pace so far will give."""
        by_steps = self.run.step / self.most if self.most else 0.0
        if by_steps >= self.done():
            return self.most
        return max(self.run.step, round(self.run.step / min(1.0, self.done())))


def say_end(callback: Callable[[Step], bool | None] | None, error: BaseException | None = None) -> None:
    if hasattr(callback, "ended"):
        callback.ended(error)


def gradients(
    model: nn.Module,
    loss: Callable[[nn.Module, Any], Tensor],
    batch: Any,
    device: torch.device,
    autocast: torch.dtype | None,
) -> tuple[float, float]:
    """Fill every p.grad anew; gives the loss, and the length of the whole gradient."""
    model.zero_grad()
    with torch.autocast(device.type, autocast) if autocast else nullcontext():
        value = loss(model, batch)
    if not isinstance(value, Tensor) or value.numel() != 1:
        came = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise TypeError(f"loss(model, batch) gave {came}; a tensor with one number is wanted")
    value.backward()
    norm = nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None])
    return value.item(), norm.item()


def refuse_broken(step: int, loss: float, norm: float) -> None:
    """FloatingPointError if the loss or the gradient is infinite or not a number."""
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise FloatingPointError(
            f"at step {step} the loss is {loss:g} and its gradient has length {norm:g}: training has broken. "
            "A smaller lr, or clip_norm, may help"
        )


def clip(model: nn.Module, length: float, norm: float | None, value: float | None) -> None:
    """`length`: that of the whole gradient, as `gradients` gives it."""
    if norm is not None:
        nn.utils.clip_grads_with_norm_(model.parameters(), norm, torch.tensor(length))
    if value is not None:
        nn.utils.clip_grad_value_(model.parameters(), value)


def update(optimiser: torch.optim.Optimizer, rates: list[float]) -> None:
    """One step, each group of parameters at its own rate."""
    for group, rate in zip(optimiser.param_groups, rates, strict=True):
        group["lr"] = rate
    optimiser.step()


def look(model: nn.Module, validate: Callable[[nn.Module], float]) -> float:
    """Validate without gradients, dropout, or a change of the random state: looking does not alter the training."""
    model.eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        return float(validate(model))


def refuse_bad(counts: dict[str, int | None], sizes: dict[str, float | None], schedule: str) -> None:
    """ValueError for a number, or a schedule, that cannot be meant; None stands for what is not asked for."""
    for name, count in counts.items():
        if count is not None and (not isinstance(count, int) or count < 1):
            raise ValueError(f"{name} is {count}; a whole number of at least 1 is wanted")
    for name, size in sizes.items():
        if size is not None and not size > 0:
            raise ValueError(f"{name} is {size}; a number above 0 is wanted")
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule is {schedule!r}; one of {', '.join(SCHEDULES)} is wanted")


def refuse_lone(steps, seconds, *, patience, validate, checkpoint, resume) -> None:
    """ValueError for an argument that means nothing without another, and where nothing ends training."""
    if steps is None and seconds is None:
        raise ValueError("steps and seconds are None; one of them is wanted, else training has no end")
    if patience is not None and validate is None:
        raise ValueError(f"patience is {patience} and validate is None; a function to validate with is wanted")
    if resume and checkpoint is None:
        raise ValueError("resume is True and checkpoint is None; the file of the run is wanted")
