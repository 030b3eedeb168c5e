"""Load the book's own Sphinx extensions, which stand in no package."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from types import ModuleType

from course_lib.editions.library import ROOT


@cache
def extension(name: str) -> ModuleType:
    """Return an extension of the book, `pipeline` for one."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "book" / "_ext" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pickles and named tuples look it up
    spec.loader.exec_module(module)
    return module
