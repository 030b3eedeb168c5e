"""Load what a chapter defines, without running its experiments."""

from __future__ import annotations

import ast
import sys
from functools import cache
from types import ModuleType
from typing import TypeGuard

from course_lib.editions.library import ROOT
from course_lib.publish.execute import read

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def statements(page: str) -> list[ast.stmt]:
    """Return the statements of a page's code cells, `09_momentum` for one, in order."""
    cells = read(ROOT / "book" / f"{page}.md").cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return [statement for source in code for statement in ast.parse(source).body]


def is_definition(statement: ast.stmt) -> bool:
    """Imports, functions, classes, and constants: assignments to names in capitals."""
    if isinstance(statement, ast.Assign):
        names = [node for target in statement.targets for node in ast.walk(target)]
        return all(n.id.isupper() for n in names if isinstance(n, ast.Name))
    return isinstance(statement, DEFINITIONS)


@cache
def corrections(page: str) -> dict[str, ast.Call]:
    """Return the calls of `correct` in a page, by claim."""
    calls = [node for s in statements(page) for node in ast.walk(s) if is_correction(node)]
    return {ast.literal_eval(call.args[0]): call for call in calls}


def is_correction(node: ast.AST) -> TypeGuard[ast.Call]:
    """Tell whether a node calls `correct`."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "correct"


@cache
def load(page: str) -> ModuleType:
    """Return a module that holds the imports, constants and definitions of a page."""
    module = ModuleType(f"chapter_{page}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    tree = ast.Module([s for s in statements(page) if is_definition(s)], type_ignores=[])
    exec(compile(tree, f"book/{page}.md", "exec"), module.__dict__)
    return module
