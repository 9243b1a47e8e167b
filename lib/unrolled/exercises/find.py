"""Finding exercises: every module beside this one that names its NOTEBOOK holds some."""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any


@functools.cache
def everything() -> dict[str, Any]:
    """All exercises of the course by id, in the order of the notebooks and of their modules."""
    names = [each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return collect(importlib.import_module(f"unrolled.exercises.{name}") for name in names)


def collect(modules: Iterable[ModuleType]) -> dict[str, Any]:
    """The exercises of these modules by id; ValueError where an id is not an exercise's name, or is there twice."""
    found: dict[str, Any] = {}
    for module in sorted((each for each in modules if hasattr(each, "NOTEBOOK")), key=lambda each: each.NOTEBOOK):
        for name, each in held(module).items():
            if each.id != name:
                raise ValueError(f"{module.__name__}.{name} has the id {each.id!r}; an exercise's name is its id")
            if name in found:
                raise ValueError(f"the id {name!r} is in {found[name].notebook} and in {each.notebook}; ids are unique")
            if each.notebook != module.NOTEBOOK:
                raise ValueError(f"the exercise {name!r} says {each.notebook}, its module {module.NOTEBOOK}")
            found[name] = each
    return found


def held(module: ModuleType) -> dict[str, Any]:
    """The exercises of one module, by name."""
    return {name: each for name, each in vars(module).items() if hasattr(each, "judge") and not isinstance(each, type)}


def get(id: str) -> Any:
    """The exercise of this id; ValueError, with the nearest ones, where there is none."""
    exercises = everything()
    if id not in exercises:
        near = difflib.get_close_matches(str(id), exercises, n=3)
        hint = f"near it: {', '.join(near)}" if near else f"there are {', '.join(exercises)}"
        raise ValueError(f"there is no exercise {id!r}; {hint}")
    return exercises[id]


def catalogue() -> list[dict[str, Any]]:
    """One row an exercise: id, notebook, kind, signature, minutes, known_mistakes."""
    return [
        {
            "id": each.id,
            "notebook": each.notebook,
            "kind": each.kind,
            "signature": each.signature,
            "minutes": each.minutes,
            "known_mistakes": len(each.mistakes),
        }
        for each in everything().values()
    ]
