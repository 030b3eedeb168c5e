"""What may not do a student's work: the library's own solutions and torch's ready-made ones."""

import importlib
import inspect
import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any, NoReturn

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

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


@dataclass(frozen=True)
class Reached:
    """What was called although it is out of reach, and the student's line that did it."""

    name: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f" (line {self.line}: {self.text})" if self.line else ""
        return f"{OUT.format(name=self.name)}{where}"


OUT = "torch's own {name} is out of reach here: write it yourself"


@contextmanager
def out_of_reach(exercise: Exercise, traced: bool = False) -> Iterator[list[Reached]]:
    """While a student's code runs, solutions of the library and torch's own refuse to work.

    ``exercise.refused`` names functions and operators of torch, which are refused at the call, and
    modules. Python functions lose their code objects, because a student may hold them by any name.

    Args:
        exercise: What may not be had ready-made.
        traced: Whether to look at every operator that torch comes down to as well, by whatever
            name or script it was called; a step then takes three times as long.

    Yields:
        What was refused at the call, or as an operator; it stays there when the error is caught.
    """
    functions = _closed(exercise.refused)
    codes = [function.__code__ for function in functions]
    names = frozenset(name for name in exercise.refused if "." not in name)
    reached: list[Reached] = []
    try:
        for function in functions:
            function.__code__ = _refuse.__code__
        with (
            _Refusing(names, reached) if names else nullcontext(),
            _Tracing(names, _families(exercise.refused), reached) if traced else nullcontext(),
        ):
            yield reached
    finally:
        for function, code in zip(functions, codes, strict=True):
            function.__code__ = code


class _Refusing(TorchFunctionMode):
    """Refuses the calls of torch that would do an exercise's work."""

    def __init__(self, refused: frozenset[str], reached: list[Reached]) -> None:
        super().__init__()
        self.refused, self.reached = refused, reached

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = getattr(func, "__name__", "").partition(".")[0]
        if name in self.refused:
            _stop(name, self.reached)
        return func(*args, **(kwargs or {}))


class _Tracing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses the operators of torch that would do an exercise's work."""

    def __init__(
        self, refused: frozenset[str], families: tuple[str, ...], reached: list[Reached]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.refused, self.families, self.reached = refused, families, reached
        self.passed = set[Any]()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # or torch loads its compiler, for nothing, and asks it at every operator

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func not in self.passed:
            name = func._schema.name.rpartition("::")[2]
            if name in self.refused or any(family in name for family in self.families):
                _stop(name, self.reached)
            self.passed.add(func)
        return func(*args, **(kwargs or {}))


FAMILIES = {
    "torch.optim": ("_fused_ada", "_fused_sgd"),
    "dropout": ("dropout",),
    "batch_norm": ("batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"),
}
"""What is refused, and the parts of names by which all operators behind it are known."""


def _families(refused: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for name, parts in FAMILIES.items() if name in refused for part in parts)


def _stop(name: str, reached: list[Reached]) -> NoReturn:
    """Note what was called, and refuse it."""
    reached.append(Reached(name, *_line()))
    raise RuntimeError(OUT.format(name=name))


def _line() -> tuple[int, str]:
    """The innermost line that runs now and is neither torch's nor the library's."""
    frame = inspect.currentframe()
    while frame and f"{frame.f_globals.get('__name__')}.".startswith(("torch.", "course_lib.")):
        frame = frame.f_back
    if frame is None:
        return 0, ""
    return frame.f_lineno, linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()


@cache
def _closed(refused: tuple[str, ...]) -> tuple[FunctionType, ...]:
    """The functions that lose their code where ``refused`` is refused."""
    return tuple(dict.fromkeys((*_solutions(), *_ready_made(refused), *_spelled_out(refused))))


def _refuse(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("this ready-made code is out of reach here: write the rule yourself")


def _solutions() -> Iterator[FunctionType]:
    """The library's own function for every exercise."""
    for exercise in EXERCISES:
        own = library(exercise.name)
        function = own.__dict__.get(exercise.method) if inspect.isclass(own) else own
        if isinstance(function, FunctionType) and not function.__code__.co_freevars:
            yield function


def _ready_made(refused: tuple[str, ...]) -> Iterator[FunctionType]:
    """The functions torch's optimizers and schedules end in, where they are refused."""
    if "torch.optim" in refused:
        for name in dict.fromkeys(e.reference for e in EXERCISES if e.kind == "optimizer"):
            module = importlib.import_module(f"torch.optim.{name.lower()}")
            yield from (f for n, f in _functions(module) if n.startswith(_RULES))
    if "torch.optim.lr_scheduler" in refused:
        for name, schedule in inspect.getmembers(torch.optim.lr_scheduler, inspect.isclass):
            if schedule.__module__ == "torch.optim.lr_scheduler" and name != "LRScheduler":
                yield from (f for n, f in _functions(schedule) if n in _RATES)


_RULES = ("_single_", "_multi_", "_fused_")
"""How the functions are called in which an optimizer of torch moves parameters."""

_RATES = ("get_lr", "_get_closed_form_lr", "_reduce_lr")
"""Methods in which a schedule of torch finds its rates."""


def _spelled_out(refused: tuple[str, ...]) -> Iterator[FunctionType]:
    """Functions in which torch writes out, in Python, what is refused."""
    names = {name.strip("_") for name in refused}
    families = _families(refused)
    for module in SPELLED_OUT:
        for name, function in _functions(importlib.import_module(module)):
            own = inspect.unwrap(function)
            if not isinstance(own, FunctionType) or own.__code__.co_freevars:
                continue
            if name.strip("_") in names or any(family in name for family in families):
                yield own


SPELLED_OUT = ("torch._refs", "torch._refs.nn.functional", "torch._decomp.decompositions")
"""Where torch has its operators a second time, made of simpler ones."""


def _functions(where: Any) -> Iterator[tuple[str, FunctionType]]:
    return ((n, f) for n, f in vars(where).items() if isinstance(f, FunctionType))
