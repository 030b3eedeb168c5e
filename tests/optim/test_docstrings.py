"""The pages on the optimizers: examples that run, every argument explained, sources named."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

from course_lib import optim
from tests.cases.optimizers import NAMES

MODULES = [f"course_lib.optim.{module.name}" for module in pkgutil.iter_modules(optim.__path__)]
RULES = ("rate_inside", "rate_outside", "rate_inside_flipped")


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0 and failed == 0


@pytest.mark.parametrize("name", [*NAMES, *RULES])
def test_page_is_whole(name: str) -> None:
    page = inspect.getdoc(getattr(optim, name)) or ""
    sections = ["math::", "Args:", "Example:", "Torch:", "Source:"]
    assert [page.find(section) for section in sections] == sorted(
        page.find(section) for section in sections
    )
    assert "math::" in page


@pytest.mark.parametrize("name", [*NAMES, *RULES])
def test_every_argument_is_explained(name: str) -> None:
    thing = getattr(optim, name)
    page = inspect.getdoc(thing) or ""
    arguments = page.partition("Args:\n")[2]
    missing = [
        a for a in inspect.signature(thing).parameters if f"\n    {a}: " not in f"\n{arguments}"
    ]
    assert not missing
