"""What a person should look at: lines in which a solution may call for ready-made help."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from nbformat.notebooknode import NotebookNode

from course_lib.grading import cells

HELP = {
    r"torch\.optim(\.|$)": "torch's own optimizers and schedules",
    r"^torch\.(.*\.)?\w*[Dd]ropout\w*$": "torch's own dropout",
    r"^torch\.(.*\.)?\w*(Norm[123]d|LayerNorm|_norm)\w*$": "torch's own normalization",
    r"torch\.(ops|_C|_VF|_foreach|_fused|_functorch|_refs|_decomp)": "torch's operators by name",
    r"^torch\.(.*\.)?\w*(Disable|_disable_current_modes|no_dispatch)": "torch without a watch",
    r"(^|\.)(_get_current_\w*mode\w*|_len_torch_\w*_stack)$": "whether it is watched",
    r"^torch\.(jit|compile|export|fx|func|utils\.cpp_extension)(\.|$)": "torch's compilers",
    r"^(threading|_thread|multiprocessing|concurrent|ctypes|cffi)(\.|$)": "threads, or C by hand",
    r"^(eval|exec|compile|__import__)$|(^|\.)(getsource\w*|import_module)$": "code as text",
    r"(^|\.)(_getframe|settrace|setprofile|gc\.get_objects|get_referrers)$": "other code's frames",
    r"(^|\.)(__code__|__closure__|__globals__|__subclasses__)$": "other code's insides",
}
"""Patterns of dotted names, and what they ask for."""

_NAMED = (ast.Import, ast.ImportFrom, ast.Name, ast.Attribute)


def findings(nb: NotebookNode) -> list[dict[str, Any]]:
    """Every line of a notebook's own code that asks for ready-made help.

    Names are followed through imports, not through values: what is found is for a person to read,
    and what is not found may still be there.

    Args:
        nb: A submission.

    Returns:
        ``cell``, ``line``, ``text`` and ``asks for`` of each.
    """
    names: dict[str, str] = {}
    found = []
    for number, cell in enumerate(nb.cells):
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked"):
            name = cells.name(cell) or f"cell {number + 1}"
            found += [{"cell": name, **one} for one in _in_cell(cell.source, names)]
    return found


def _in_cell(source: str, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # a cell of IPython's own words, or none that runs
    lines = source.splitlines()
    seen = set()
    for node in (node for node in ast.walk(tree) if isinstance(node, _NAMED)):
        names.update(_imported(node))
        line = getattr(node, "lineno", 0)
        for what in _asked_for(_dotted(node, names)):
            if (line, what) not in seen:
                seen.add((line, what))
                yield {"line": line, "text": lines[line - 1].strip()[:200], "asks for": what}


@lru_cache(maxsize=4096)
def _asked_for(dotted: str) -> tuple[str, ...]:
    """What help a dotted name asks for."""
    return tuple(what for pattern, what in HELP.items() if re.search(pattern, dotted))


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Local names and what they stand for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, alias.name
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name an expression or an import asks for; empty for anything else."""
    if isinstance(node, ast.ImportFrom):
        return f"{node.module}.{node.names[0].name}"
    if isinstance(node, ast.Import):
        return node.names[0].name
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value, names)
        return f"{inner}.{node.attr}" if inner else node.attr
    return ""
