"""The state of a training run, and the file it can be taken up from: weights, optimiser, random state, history."""

import copy
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unrolled.training import parallel
from unrolled.training.checkpoint import CheckpointError, read, refuse_other_model, write
from unrolled.training.stream import Stream


class Run:
    """How far a run has come, and the best it has seen."""

    def __init__(self, model: nn.Module, optimiser: torch.optim.Optimizer, stream: Stream, loss: Any = None):
        self.model, self.optimiser, self.stream = model, optimiser, stream
        self.loss = loss if hasattr(loss, "load_state_dict") else None  # one that carries something on
        self.step, self.elapsed = 0, 0.0  # seconds
        self.losses: list[float] = []
        self.gradient_norms: list[float] = []
        self.validation: list[tuple[int, float]] = []
        self.best, self.stale = math.inf, 0  # the lowest validation, and looks since then
        self.best_weights: dict[str, Tensor] | None = None
        self.saved = False  # as it is now

    def record(self, loss: float, gradient_norm: float) -> None:
        self.step, self.saved = self.step + 1, False
        self.losses.append(loss)
        self.gradient_norms.append(gradient_norm)

    def judge(self, value: float) -> None:
        """Keep the weights if their validation is the lowest so far."""
        self.validation.append((self.step, value))
        self.stale, self.saved = self.stale + 1, False
        if value < self.best:
            self.best, self.stale = value, 0
            self.best_weights = copy.deepcopy(self.model.state_dict())

    def restore_best(self) -> None:
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)

    def save(self, path: str | Path) -> None:
        self.saved = True
        if parallel.rank():  # the first of several processes writes
            return
        states, settings = split(self.optimiser.state_dict())
        tensors = {
            **prefixed("model", self.model.state_dict()),
            **prefixed("best", self.best_weights or {}),
            **prefixed("optimiser", states),
            **prefixed("loss", self.loss.state_dict() if self.loss else {}),
            "random": torch.get_rng_state(),
            "generator": self.stream.generator.get_state(),
            "round_began": self.stream.round_began,
            "losses": torch.tensor(self.losses, dtype=torch.float64),
            "gradient_norms": torch.tensor(self.gradient_norms, dtype=torch.float64),
        }
        if torch.cuda.is_available():
            tensors["random_cuda"] = torch.cuda.get_rng_state()
        about = {
            "run": type(self.model).__name__,
            "optimiser": type(self.optimiser).__name__,
            "settings": settings,
            "step": self.step,
            "elapsed": self.elapsed,
            "passed": self.stream.passed,
            "stale": self.stale,
            "best": self.best,
            "validation": self.validation,
        }
        write(path, tensors, about)

    def resume(self, path: str | Path) -> None:
        """Take up the run in this file. CheckpointError if it is no run, or one of another model or optimiser."""
        tensors, about = read(path)
        if "run" not in about:
            raise CheckpointError(
                f"{path} holds weights but no run to take up; a file that fit(checkpoint=…) wrote is wanted"
            )
        weights = unprefixed("model", tensors)
        refuse_other_model(path, weights, about["run"], self.model)
        if about["optimiser"] != type(self.optimiser).__name__:
            raise CheckpointError(
                f"{path} is a run with {about['optimiser']}; {type(self.optimiser).__name__} is wanted"
            )
        self.model.load_state_dict(weights)
        self.optimiser.load_state_dict(joined(unprefixed("optimiser", tensors), about["settings"]))
        if self.loss:
            device = next(self.model.parameters()).device
            self.loss.load_state_dict({name: t.to(device) for name, t in unprefixed("loss", tensors).items()})
        self.stream.rewind(about["passed"], tensors["round_began"])
        self.stream.generator.set_state(tensors["generator"])
        torch.set_rng_state(tensors["random"])
        if "random_cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random_cuda"])
        self.step, self.stale, self.best = about["step"], about["stale"], about["best"]
        self.elapsed = about.get("elapsed", 0.0)  # of a file from before there was a clock
        self.losses, self.gradient_norms = tensors["losses"].tolist(), tensors["gradient_norms"].tolist()
        self.validation = [tuple(look) for look in about["validation"]]
        self.best_weights = unprefixed("best", tensors) or None


def prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def unprefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(f"{prefix}."): t for name, t in tensors.items() if name.startswith(f"{prefix}.")}


def split(state: dict[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimiser's state as tensors, and the rest, which JSON can hold."""
    tensors = {}
    plain = {"groups": state["param_groups"], "state": {}}
    for number, values in state["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"{number}.{name}"] = value
            else:
                plain["state"][f"{number}.{name}"] = value
    return tensors, plain


def joined(tensors: dict[str, Tensor], plain: dict[str, Any]) -> dict[str, Any]:
    """The reverse of `split`."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in {**tensors, **plain["state"]}.items():
        number, name = key.split(".", maxsplit=1)
        state.setdefault(int(number), {})[name] = value
    return {"state": state, "param_groups": plain["groups"]}
