"""Load what a chapter defines, without running its experiments."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, TypeGuard

import torch

from course_lib.editions.library import ROOT
from course_lib.publish.execute import read

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def text(page: str) -> str:
    """Return the source of a page."""
    return (ROOT / "book" / f"{page}.md").read_text(encoding="utf-8")


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


def fields_under(page: str, words: str) -> list[list[str]]:
    """Return the rows of the first table after some words of a page, without the head."""
    source = text(page)
    start = source.index("\n| ---", source.index(words)) + 1
    rows = source[start : source.index("\n\n", start)].replace("−", "-").splitlines()[1:]
    return [[field.strip(" *") for field in row.strip("|").split("|")] for row in rows]


@cache
def solutions(page: str) -> dict[str, str]:
    """Return the code in a page's folded solutions, by the exercise's label."""
    parts = re.split(r"(?m)^`{3,}\{solution\} (\S+)$", text(page))[1:]
    found = {}
    for label, after in zip(parts[::2], parts[1::2], strict=True):
        inside = re.split(r"(?m)^`{4,}$", after)[0]
        found[label] = "".join(re.findall(r"(?ms)^```python\n(.*?)^```$", inside))
    return {label: code for label, code in found.items() if code}


def run_solution(page: str, label: str) -> dict[str, Any]:
    """Run a solution's code after the page's definitions; return the names there are then."""
    names = dict(vars(load(page)))
    exec(compile(solutions(page)[label], f"{page}#{label}", "exec"), names)
    return names


def differs(make: Callable[[int], Any]) -> bool:
    """Tell whether two seeds give different data, of which one seed gives the same twice."""
    first, again, other = (torch.as_tensor(make(seed)) for seed in (1, 1, 2))
    return torch.equal(first, again) and not torch.equal(first, other)
