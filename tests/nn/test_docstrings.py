"""The pages on the layers: examples that run, every argument explained, sources named."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

from course_lib import nn

MODULES = [f"course_lib.nn.{module.name}" for module in pkgutil.iter_modules(nn.__path__)]
HELPERS = {"BatchNorm", "check_batch_norm", "check_probability"}
PAGES = sorted(set(nn.__all__) - HELPERS)


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0 and failed == 0


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(name: str) -> None:
    page = inspect.getdoc(getattr(nn, name)) or ""
    sections = ["math::", "Args:", "Example:", "Torch:", "Source:"]
    found = [page.find(section) for section in sections]
    assert found == sorted(found) and -1 not in found


@pytest.mark.parametrize("name", nn.__all__)
def test_every_argument_is_explained(name: str) -> None:
    thing = getattr(nn, name)
    page = inspect.getdoc(thing) or ""
    arguments = page.partition("Args:\n")[2]
    missing = [
        a for a in inspect.signature(thing).parameters if f"\n    {a}: " not in f"\n{arguments}"
    ]
    assert not missing
