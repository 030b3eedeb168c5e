"""Every public name of the library is on a reference page of the book."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sphinx.util.inventory import InventoryFile

import course_lib


def public_names() -> set[str]:
    """What a package lists in `__all__`; in packages that list nothing, what modules define."""
    return {name for module in public_modules(course_lib) for name in names_of(module)}


def public_modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    if hasattr(package, "__all__"):
        return  # what it lists is its public face; the modules inside are its own affair
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        yield from public_modules(module) if found.ispkg else [module]


def names_of(module: ModuleType) -> Iterator[str]:
    listed = getattr(module, "__all__", None)
    for name in listed if listed is not None else vars(module):
        value = getattr(module, name)
        own = getattr(value, "__module__", None) == module.__name__
        kind = inspect.isfunction(value) or inspect.isclass(value)
        if listed is not None or (own and kind and not name.startswith("_")):
            yield f"{module.__name__}.{name}"


def test_the_search_for_public_names_finds_them() -> None:
    found = public_names()
    assert {
        "course_lib.optim.Adam",
        "course_lib.checks.check",
        "course_lib.session.implement",
    } <= found
    assert not any("._" in name for name in found)


@pytest.mark.book
def test_every_public_name_is_on_a_reference_page(site: Path) -> None:
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, path: base + path)
    entries = {n for kind, found in inventory.items() if kind.startswith("py:") for n in found}
    assert sorted(public_names() - entries) == []
