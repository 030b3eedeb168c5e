"""What a student has written in this session, and the library's place it takes."""

import importlib
import inspect
import linecache
import pkgutil
import sys
from functools import cache
from typing import Any, TypeVar

from course_lib.checks.exercises import written_as

T = TypeVar("T")

_registered: dict[str, Any] = {}
_sources: dict[str, str] = {}
_library: dict[str, Any] = {}


def implement(obj: T) -> T:
    """Register a class or function as this session's work, and put it in the library's place.

    From then on the library's name *is* the student's object, wherever library code looks it
    up, and checks judge it. Registering the same name again replaces the earlier one.

    Args:
        obj: A class or function whose name an exercise asks for, such as ``Adam``.

    Returns:
        ``obj`` itself, so that ``implement`` works as a decorator.

    Raises:
        TypeError: If ``obj`` is neither a class nor a function.
        LookupError: If no exercise asks for its name.

    Example:
        >>> @implement
        ... def rate_inside(velocity, grad, lr, momentum):
        ...     raise NotImplementedError
        >>> from course_lib.optim import conventions
        >>> conventions.rate_inside is rate_inside
        True
        >>> reset()
    """
    if not (inspect.isclass(obj) or inspect.isfunction(obj)):
        raise TypeError(f"implement needs a class or a function, got {type(obj).__name__}")
    name = obj.__name__
    _put_in_place(name, obj)
    _registered[name] = obj
    _sources[name] = _source(obj)
    return obj


def registered(name: str) -> Any | None:
    """What ``implement`` last registered under ``name``, or None."""
    return _registered.get(name)


def sources() -> dict[str, str]:
    """The text of the cell (or file) each registered name came from; empty where unknown."""
    return dict(_sources)


def library(name: str) -> Any:
    """The library's own object of that name, whatever a session has put in its place.

    Raises:
        LookupError: If no exercise asks for that name.
    """
    if name not in _library:
        module = written_as(name)[0].target.rpartition(".")[0]
        _library[name] = getattr(importlib.import_module(module), name)
    return _library[name]


def reset() -> None:
    """Forget all that was registered and put the library's own objects back."""
    for name in _registered:
        _put_in_place(name, library(name))
    _registered.clear()
    _sources.clear()


def _put_in_place(name: str, obj: Any) -> None:
    """Set ``obj`` wherever the target's package holds the object of that name."""
    now = _registered.get(name, library(name))
    for module in map(sys.modules.get, _modules(written_as(name)[0].target)):
        if module and vars(module).get(name) is now:
            setattr(module, name, obj)


@cache
def _modules(target: str) -> tuple[str, ...]:
    """The names of all modules in a target's package; to go through all that is loaded is slow."""
    package = ".".join(target.split(".")[:2])
    folder = importlib.import_module(package).__path__
    return package, *(found.name for found in pkgutil.walk_packages(folder, f"{package}."))


def _source(obj: Any) -> str:
    """The lines of the cell that holds ``obj``; a class is found by one of its functions."""
    members = vars(obj).values() if inspect.isclass(obj) else (obj,)
    function = next(filter(inspect.isfunction, members), None)
    return "" if function is None else "".join(linecache.getlines(function.__code__.co_filename))
