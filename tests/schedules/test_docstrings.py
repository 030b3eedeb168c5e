"""The pages on the schedules: examples that run, every argument explained, sources named."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

from course_lib import schedules

MODULES = [
    f"course_lib.schedules.{found.name}" for found in pkgutil.iter_modules(schedules.__path__)
]
WITH_EXAMPLES = [module for module in MODULES if not module.endswith((".momentum", ".untouched"))]
PAGES = [name for name in schedules.__all__ if not name.endswith("Schedule")]


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_run(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0 and failed == 0


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(name: str) -> None:
    page = inspect.getdoc(getattr(schedules, name)) or ""
    sections = [page.find(s) for s in ("math::", "Args:", "Example:", "Torch:", "Source:")]
    assert min(sections) > 0 and sections == sorted(sections)


@pytest.mark.parametrize("name", schedules.__all__)
def test_every_argument_is_explained(name: str) -> None:
    thing = getattr(schedules, name)
    arguments = (inspect.getdoc(thing) or "").partition("Args:\n")[2]
    missing = [
        a for a in inspect.signature(thing).parameters if f"\n    {a}: " not in f"\n{arguments}"
    ]
    assert not missing
