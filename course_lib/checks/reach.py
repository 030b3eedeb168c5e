"""What may not do a student's work: the library's own solutions and torch's ready-made steps."""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType
from typing import Any

import torch

from course_lib.checks.exercises import EXERCISES
from course_lib.checks.spec import Exercise
from course_lib.session import library


def refusal(obj: Any, exercise: Exercise) -> str | None:
    """Why ``obj`` is not what is asked for or not a student's own work; None if it is both.

    Own work is a function defined outside the library, or a class with an ``update`` or a ``step``
    defined outside the library and no ready-made optimizer of torch above it.
    """
    if inspect.isclass(obj) != (exercise.kind == "optimizer"):
        needed, got = ("class", "function")[:: 1 if exercise.kind == "optimizer" else -1]
        return f"{exercise.name} must be a {needed}, got a {got}"
    package = ".".join(exercise.target.split(".")[:2])
    for base in getattr(obj, "__mro__", ()):
        if base is not torch.optim.Optimizer and base.__module__.startswith("torch.optim"):
            return f"{exercise.name} builds on torch's own {base.__name__}; write the rule yourself"
    rules = [getattr(obj, name, None) for name in ("update", "step")]
    if not inspect.isclass(obj):
        rules = [obj]
    if any(_outside(rule, package) for rule in rules if rule is not None):
        return None
    return (
        f"{exercise.name} has no code of your own: only what you write under @implement counts, "
        "never the library's"
    )


def _outside(rule: Any, package: str) -> bool:
    module = getattr(rule, "__module__", None) or ""
    return not f"{module}.".startswith((f"{package}.", "torch."))


@contextmanager
def out_of_reach() -> Iterator[None]:
    """While a student's code runs, solutions of the library and torch's optimizers refuse to work.

    Their code objects are exchanged, because a student may hold the functions by any name.
    """
    with ExitStack() as closed:
        for exercise in EXERCISES:
            for function in _solutions(exercise):
                closed.enter_context(_closed(function))
        yield


@contextmanager
def _closed(function: FunctionType) -> Iterator[None]:
    code = function.__code__
    function.__code__ = _refuse.__code__
    try:
        yield
    finally:
        function.__code__ = code


def _refuse(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("this ready-made optimizer is out of reach here: write the rule yourself")


def _solutions(exercise: Exercise) -> list[FunctionType]:
    """The library's own function for an exercise, and the ones torch's optimizer ends in."""
    own = library(exercise.name)
    found = [own.__dict__.get("update") if inspect.isclass(own) else own]
    if exercise.kind == "optimizer":
        module = importlib.import_module(f"torch.optim.{exercise.reference.lower()}")
        found += [f for name, f in vars(module).items() if name.startswith(("_single_", "_multi_"))]
    return [f for f in found if isinstance(f, FunctionType) and not f.__code__.co_freevars]
