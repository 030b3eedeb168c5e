"""The pages on training: examples that run, every argument explained."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

from course_lib import training

MODULES = [f"course_lib.training.{m.name}" for m in pkgutil.iter_modules(training.__path__)]
FUNCTIONS = [name for name in training.__all__ if inspect.isfunction(getattr(training, name))]


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_explained(name: str) -> None:
    function = getattr(training, name)
    arguments = (inspect.getdoc(function) or "").partition("Args:\n")[2]
    missing = [
        f"{'*' * (p.kind.value - 2) if p.kind.name == 'VAR_KEYWORD' else ''}{p.name}"
        for p in inspect.signature(function).parameters.values()
        if f" {'**' if p.kind.name == 'VAR_KEYWORD' else ''}{p.name}: " not in arguments
    ]
    assert not missing
