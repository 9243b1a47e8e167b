"""What the tasks have in common: training that may be interrupted, and the file that it leaves."""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from unrolled import training
from unrolled.commands.given import Refused
from unrolled.training import parallel

FILE, RUN = "model.safetensors", "run.safetensors"
NOTES = {  # that a model is made anew from
    "language": ("kind", "characters", "settings"),
    "classify": ("kind", "words", "labels", "settings"),
    "translate": ("kind", "source", "target", "settings"),
}


class Asked(NamedTuple):
    """What every `train` command is told."""

    out: str | Path
    seconds: float | None = None
    epochs: int | None = None
    seed: int = 0
    device: torch.device | str | None = None
    resume: bool = False
    say: Callable[[str], None] = print

    def on(self) -> torch.device:
        """The device; joins the other processes, where torchrun has started several."""
        device = torch.device(self.device) if self.device else training.pick_device()
        return parallel.begin(device)

    def told(self, text: str) -> None:
        """Say it once."""
        if parallel.rank() == 0:
            self.say(text)

    def keep(self, model: nn.Module, **notes: Any) -> None:
        """Write the model's file, once."""
        if parallel.rank() == 0:
            training.save(self.file(), model, **notes)

    def file(self) -> Path:
        return Path(self.out) / FILE


class ByLength:
    """Rounds through N items in a new order each: batches of about one length, from `make(numbers)`."""

    def __init__(self, lengths: Sequence[int], batch_size: int, make: Callable[[list[int]], Any]):
        self.lengths, self.batch_size, self.make = lengths, batch_size, make

    def __len__(self) -> int:
        return math.ceil(len(self.lengths) / self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        order = torch.randperm(len(self.lengths)).tolist()
        chunk = 20 * self.batch_size  # sorted within, so that near lengths meet, and still by chance
        for start in range(0, len(order), chunk):
            near = sorted(order[start : start + chunk], key=self.lengths.__getitem__)
            pieces = [near[at : at + self.batch_size] for at in range(0, len(near), self.batch_size)]
            for place in torch.randperm(len(pieces)).tolist():
                yield self.make(pieces[place])


class Went(NamedTuple):
    steps: int
    interrupted: bool


def fit(
    model: nn.Module,
    batches: Iterable[Any],
    loss: Callable[[nn.Module, Any], Tensor],
    validate: Callable[[nn.Module], float],
    asked: Asked,
    *,
    a_round: int,
    lr: float,
    weight_decay: float,
    task: str,
    of: str,
    free: Sequence[nn.Parameter] = (),
    count: Callable[[Any], int] | None = None,
    schedule: str = "cosine",
    autocast: torch.dtype | None = None,
) -> Went:
    """Train with the best weights kept, looked at after every round; Ctrl-C ends it in order.

    task, of: the name of the task, and all that the run depends on. free: parameters that weight decay leaves alone.
    """
    file, taken = begun(asked, task, of), 0
    exempt = set(map(id, free))
    pulled = [weights for weights in model.parameters() if id(weights) not in exempt]
    groups = [{"params": pulled, "weight_decay": weight_decay}]
    groups += [{"params": list(free), "weight_decay": 0.0}] if free else []

    def count_on(step: training.Step) -> None:
        nonlocal taken
        taken = step.step

    every = max(a_round, 100) if asked.epochs is None else a_round
    try:
        history = training.fit(
            model,
            batches,
            loss,
            steps=None if asked.epochs is None else asked.epochs * a_round,
            seconds=asked.seconds,
            lr=lr,
            optimizer=lambda _, lr: torch.optim.AdamW(groups, lr),
            schedule=schedule,
            clip_norm=1.0,
            validate=validate,
            validate_every=every,
            checkpoint=file,
            checkpoint_every=every,
            resume=asked.resume,
            progress=True,
            count=count,
            autocast=autocast,
            callback=count_on,
        )
    except KeyboardInterrupt:  # fit has put the best weights back
        if not taken:
            raise  # nothing was learnt, and a model that is there stays
        asked.told("interrupted: the best weights so far are kept")
        return Went(taken, interrupted=True)
    return Went(len(history.steps), interrupted=False)


def begun(asked: Asked, task: str, of: str) -> Path:
    """The file of the run; `of` is all that it depends on. Refused where --resume finds a run of something else, or
    none, where --out holds a model of another task, and where it can't be written."""
    spared(asked.file(), task)
    file = Path(asked.out) / RUN
    mark, now = file.with_suffix(".sha256"), hashlib.sha256(of.encode()).hexdigest()
    if asked.resume:
        if not file.is_file():
            raise Refused(f"{file} is not there; without --resume a run begins")
        if not mark.is_file() or mark.read_text(encoding="ascii") != now:
            raise Refused(
                f"{file} is a run on other data, or of another --seed, --model or length; --resume wants the same"
            )
    elif parallel.rank() == 0:
        try:
            if file.parent.exists() and not file.parent.is_dir():
                raise Refused(f"--out {asked.out} is a file; a folder is wanted")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)  # of an earlier run, which --resume would take for this one
            mark.write_text(now, encoding="ascii")
        except OSError as error:
            raise Refused(f"--out {asked.out} can't be written to: {error.strerror}") from None
    return file


def spared(file: Path, task: str) -> None:
    """Refused where the model's file is a folder, or holds a model of another task, which would be lost."""
    if file.is_dir():
        raise Refused(f"{file} is a folder; the model is to be a file there")
    before = training.notes(file).get("task", task) if file.is_file() else task
    if before != task:
        raise Refused(f"{file} is a model to {verb(before)} and would be lost; --out with another folder keeps both")


def verb(task: str | None) -> str:
    """What a model of a task does, in words."""
    return {"language": "write", "classify": "classify", "translate": "translate"}.get(task, "do something else")


def notes_of(out: str | Path, task: str, wanted: str) -> dict[str, Any]:
    """The notes of the model in `out`; Refused where there is none, or one of another task."""
    file = Path(out) / FILE
    if Path(out).is_file():
        raise Refused(f"--model {out} is a file; the folder is wanted that `python -m unrolled train {task}` put it in")
    if not file.is_file():
        raise Refused(f"{file} is not there; `python -m unrolled train {task} {wanted} FILE --out {out}` makes it")
    notes = training.notes(file)
    if notes.get("task") != task:
        raise Refused(f"{file} is a model to {verb(notes.get('task'))}; one to {verb(task)} is wanted")
    missing = [name for name in NOTES[task] if name not in notes]
    if missing:
        raise Refused(
            f"{file} has no {' and no '.join(missing)} among its notes; one that `train {task}` wrote is wanted"
        )
    return notes
