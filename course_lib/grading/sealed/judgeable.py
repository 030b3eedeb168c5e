"""Whether a test cell can be judged in a process that has no student's names."""

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence

from course_lib.grading.personal import NAME
from course_lib.grading.sealed.testcells import CHECKS

OFFERED = ("check", "student_value", "CheckFailed")
"""What a test cell may import from the checks."""


def problems(tests: Sequence[tuple[str, str]]) -> list[str]:
    r"""Why test cells cannot be judged; empty if all can.

    Args:
        tests: Name and text of each, in order: a later one may use what an earlier one defines.

    Example:
        >>> problems([("a", "from course_lib.checks import check\ncheck('adam')")])
        []
        >>> problems([("a", "assert best_rate < 1")])
        ["a: `best_rate` is a student's: fetch it with student_value('best_rate')"]
    """
    known = {*dir(builtins), "__name__", NAME}
    found: list[str] = []
    for name, source in tests:
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            found.append(f"{name}: only plain Python can be judged ({error.msg})")
            continue
        known |= set(_bound(tree))
        found += [f"{name}: {reason}" for reason in (*_imports(tree), *_unknown(tree, known))]
    return found


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == CHECKS:
            for alias in node.names:
                if alias.name not in OFFERED:
                    yield f"{CHECKS} has no {alias.name} for tests, only {', '.join(OFFERED)}"
            continue
        for module in _modules(node):
            if module.partition(".")[0] in ("course_lib", "my_course_lib", "__main__", "IPython"):
                yield f"{module} is not the student's there: use check and student_value"


def _modules(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _unknown(tree: ast.AST, known: set[str]) -> Iterator[str]:
    loaded = (n.id for n in ast.walk(tree) if isinstance(n, ast.Name))
    for name in dict.fromkeys(name for name in loaded if name not in known):
        yield f"`{name}` is a student's: fetch it with student_value({name!r})"


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every name that something in a cell gives a meaning to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
