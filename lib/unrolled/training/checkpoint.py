"""Checkpoints: the weights of a model in a safetensors file, which holds numbers only and runs nothing when read.

    save("ball.safetensors", model, seed=0)
    notes = load("ball.safetensors", model)         # {"seed": 0}

A file appears whole or not at all: it is written beside its place and then moved there.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor, nn

Tensors = dict[str, Tensor]


class CheckpointError(ValueError):
    """A file that can't be taken: it is damaged, of another kind, or of another model. Its text says which."""


def save(path: str | Path, model: nn.Module, **notes: Any) -> Path:
    """Write the weights and buffers of `model`, with notes that JSON can hold (settings, a score)."""
    return write(path, model.state_dict(), {"model": type(model).__name__, "notes": notes})


def load(path: str | Path, model: nn.Module) -> dict[str, Any]:
    """Fill `model` with the weights of a checkpoint and give its notes. The model stays as it is if they do not fit.

    FileNotFoundError if there is no such file; CheckpointError if it is damaged, of another model, or a training run.
    """
    tensors, about = read(path)
    if "run" in about:
        raise CheckpointError(
            f"{path} holds a training run, with its optimiser and its history; one made by save() is wanted. "
            "A run is taken up by fit(…, checkpoint=…, resume=True)"
        )
    refuse_other_model(path, tensors, about.get("model", "model of unknown kind"), model)
    model.load_state_dict(tensors)
    return about.get("notes", {})


def notes(path: str | Path) -> dict[str, Any]:
    """The notes of a checkpoint alone, without its weights; raises as `load` does."""
    with opened(path) as file:
        return described(file).get("notes", {})


def write(path: str | Path, tensors: Tensors, about: dict[str, Any]) -> Path:
    """Tensors and a JSON description into one file, all or nothing. ValueError if the description is not JSON."""
    path = Path(path)
    try:
        metadata = {"unrolled": json.dumps(about)}
    except TypeError as error:
        raise ValueError(f"notes must be of the kind that JSON holds (text, numbers, lists): {error}") from None
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(safetensors.torch.save(whole, metadata))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return path


def read(path: str | Path) -> tuple[Tensors, dict[str, Any]]:
    """What `write` wrote. FileNotFoundError if there is no such file, CheckpointError if it is not whole."""
    with opened(path) as file:
        # copies: what get_tensor gives is a view of the file, which must not change, nor be replaced on Windows
        return {name: file.get_tensor(name).clone() for name in list(file.keys())}, described(file)


def described(file: safetensors.safe_open) -> dict[str, Any]:
    about = json.loads((file.metadata() or {}).get("unrolled", "{}"))
    if not isinstance(about, dict):
        raise ValueError("its description is no object")
    return about


@contextmanager
def opened(path: str | Path) -> Iterator[safetensors.safe_open]:
    """The file, of which nothing but the header is read yet; raises as `read` does, also for what is done with it."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}; a file that save() wrote is wanted")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            yield file
    except (safetensors.SafetensorError, ValueError) as error:
        raise CheckpointError(
            f"{path} ({path.stat().st_size} bytes) cannot be read as a safetensors file: {error}. "
            "It was cut short, or is of another kind; save it again"
        ) from None


def refuse_other_model(path: str | Path, tensors: Tensors, came: str, model: nn.Module) -> None:
    """CheckpointError that names the first differences between the checkpoint and the model."""
    wanted = model.state_dict()
    differences = [f"{name} is missing" for name in wanted if name not in tensors]
    differences += [f"{name} is not in the model" for name in tensors if name not in wanted]
    differences += [
        f"{name} is {tuple(tensors[name].shape)} and {tuple(wanted[name].shape)} is wanted"
        for name in wanted
        if name in tensors and tensors[name].shape != wanted[name].shape
    ]
    differences += [
        f"{name} holds {tensors[name].dtype} and {wanted[name].dtype} is wanted"
        for name in wanted
        if name in tensors and tensors[name].is_floating_point() != wanted[name].is_floating_point()
    ]
    if differences:
        more = f", and {len(differences) - 3} more" if len(differences) > 3 else ""
        raise CheckpointError(
            f"{path} holds another model, a {came}; a {type(model).__name__} with the same sizes is wanted: "
            + "; ".join(differences[:3])
            + more
        )
