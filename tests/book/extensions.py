"""Load the book's own Sphinx extensions, which stand in no package."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from course_lib.editions.library import ROOT

FOLDER = str(ROOT / "book" / "_ext")


def extension(name: str) -> ModuleType:
    """Return an extension of the book, `pipeline` for one; it finds the others, as in a build."""
    if FOLDER not in sys.path:
        sys.path.append(FOLDER)
    return importlib.import_module(name)
