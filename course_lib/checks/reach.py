"""What may not do a student's work: the library's own solutions and torch's ready-made ones."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from course_lib.checks.exercises import EXERCISES
from course_lib.checks.spec import Exercise
from course_lib.session import library

BASES = (torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler, torch.nn.Module)
"""Classes of torch that keep books and decide nothing; all may be built on."""

READY = ("torch.optim", "torch.nn.modules")
"""Where torch's ready-made optimizers, schedules and layers are defined."""


def refusal(obj: Any, exercise: Exercise) -> str | None:
    """Why ``obj`` is not what is asked for or not a student's own work; None if it is both.

    Own work is a function defined outside the library, or a class with the exercise's method (or
    ``step``) defined outside the library and no ready-made class of torch above it.
    """
    if inspect.isclass(obj) != bool(exercise.method):
        needed, got = ("class", "function")[:: 1 if exercise.method else -1]
        return f"{exercise.name} must be a {needed}, got a {got}"
    for base in getattr(obj, "__mro__", ()):
        if base not in BASES and base.__module__.startswith(READY):
            return f"{exercise.name} builds on torch's own {base.__name__}; write it yourself"
    rules = [obj]
    if exercise.method:
        rules = [getattr(obj, name, None) for name in {exercise.method, "step"}]
    package = ".".join(exercise.target.split(".")[:2])
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
def out_of_reach(exercise: Exercise) -> Iterator[None]:
    """While a student's code runs, solutions of the library and torch's own refuse to work.

    ``exercise.refused`` names functions and operators of torch, which are refused at the call, and
    modules. Python functions lose their code objects, because a student may hold them by any name.
    """
    with ExitStack() as closed:
        for function in dict.fromkeys((*_solutions(), *_ready_made(exercise))):
            closed.enter_context(_closed(function))
        if exercise.refused:
            closed.enter_context(_Refusing(exercise))
        yield


class _Refusing(TorchFunctionMode):
    """Refuses the calls of torch that would do an exercise's work."""

    def __init__(self, exercise: Exercise) -> None:
        super().__init__()
        self.refused = frozenset(exercise.refused)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = getattr(func, "__name__", "").partition(".")[0]
        if name in self.refused:
            raise RuntimeError(f"torch's own {name} is out of reach here: write it yourself")
        return func(*args, **(kwargs or {}))


@contextmanager
def _closed(function: FunctionType) -> Iterator[None]:
    code = function.__code__
    function.__code__ = _refuse.__code__
    try:
        yield
    finally:
        function.__code__ = code


def _refuse(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("this ready-made code is out of reach here: write the rule yourself")


def _solutions() -> Iterator[FunctionType]:
    """The library's own function for every exercise."""
    for exercise in EXERCISES:
        own = library(exercise.name)
        function = own.__dict__.get(exercise.method) if inspect.isclass(own) else own
        if isinstance(function, FunctionType) and not function.__code__.co_freevars:
            yield function


def _ready_made(exercise: Exercise) -> Iterator[FunctionType]:
    """The functions torch's optimizers and schedules end in, where they are refused."""
    if "torch.optim" in exercise.refused:
        for name in dict.fromkeys(e.reference for e in EXERCISES if e.kind == "optimizer"):
            module = importlib.import_module(f"torch.optim.{name.lower()}")
            yield from (f for n, f in _functions(module) if n.startswith(("_single_", "_multi_")))
    if "torch.optim.lr_scheduler" in exercise.refused:
        for name, schedule in inspect.getmembers(torch.optim.lr_scheduler, inspect.isclass):
            if schedule.__module__ == "torch.optim.lr_scheduler" and name != "LRScheduler":
                yield from (f for n, f in _functions(schedule) if n in _RATES)


_RATES = ("get_lr", "_get_closed_form_lr", "_reduce_lr")
"""Methods in which a schedule of torch finds its rates."""


def _functions(where: Any) -> Iterator[tuple[str, FunctionType]]:
    return ((n, f) for n, f in vars(where).items() if isinstance(f, FunctionType))
