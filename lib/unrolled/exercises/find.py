"""Finding exercises: every module beside this one that names its NOTEBOOK holds some."""

import difflib
import functools
import importlib
import pkgutil
from typing import Any


@functools.cache
def everything() -> dict[str, Any]:
    """All exercises of the course by id, in the order of the notebooks and of the page."""
    package = importlib.import_module("unrolled.exercises")
    modules = [
        importlib.import_module(f"unrolled.exercises.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]
    found: dict[str, Any] = {}
    for module in sorted((each for each in modules if hasattr(each, "NOTEBOOK")), key=lambda each: each.NOTEBOOK):
        for name, each in of(module).items():
            if each.id != name:
                raise ValueError(f"{module.__name__}.{name} has the id {each.id!r}; an exercise's name is its id")
            if name in found:
                raise ValueError(f"the id {name!r} is in {found[name].notebook} and in {each.notebook}; ids are unique")
            found[name] = each
    return found


def of(module: Any) -> dict[str, Any]:
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
