"""Test cells: ordinary Python, run by the judge with a ``check`` that asks a student's process.

What a cell imports from ``course_lib.checks`` is bound to that process: ``check`` compares what
comes from there, ``student_value`` fetches a plain value. All else it imports is the judge's own.
"""

import ast
import builtins
import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, SimpleNamespace
from typing import Any

from course_lib.checks.report import CheckFailed
from course_lib.grading.sealed.questions import Question

CHECKS = "course_lib.checks"
"""The module whose names are bound to the student's process."""


@dataclass(frozen=True)
class TestCell:
    """A test as the instructor wrote it, hidden blocks included."""

    name: str
    source: str
    points: float

    __test__ = False  # no test of ours, whatever its name


def execute(
    test: TestCell,
    names: dict[str, Any],
    check: Callable[..., None],
    student_value: Callable[[str], Any],
) -> Any:
    """Run the Python of a test cell; the value of its last line, if that is an expression.

    Args:
        test: The cell.
        names: What earlier test cells have defined; changed in place.
        check: What ``course_lib.checks.check`` is here.
        student_value: What ``course_lib.checks.student_value`` is here.
    """
    bound = SimpleNamespace(check=check, student_value=student_value, CheckFailed=CheckFailed)

    def import_(name: str, *rest: Any, **options: Any) -> Any:
        return bound if name == CHECKS else builtins.__import__(name, *rest, **options)

    names["__builtins__"] = {**vars(builtins), "__import__": import_}
    body, last = _compiled(test)
    exec(body, names)
    return eval(last, names)


def points(value: Any, most: float) -> float:
    """The points of a test cell that ended with a value: a number is partial credit.

    Raises:
        ValueError: If a number is outside its domain.
        TypeError: If the value is no number.

    Example:
        >>> points(None, 5.0), points(2, 5.0)
        (5.0, 2.0)
    """
    if value is None:
        return most
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(
            f"a test cell must end with nothing or points, got a {type(value).__name__}"
        )
    if not 0 <= value <= most or math.isnan(value):
        raise ValueError(f"points must be in [0, {most:g}], got {value}")
    return float(value)


@lru_cache(16)
def planned(
    tests: tuple[TestCell, ...], given: tuple[tuple[str, str], ...] = ()
) -> tuple[Question, ...]:
    """The questions of tests, found by running them with a ``check`` that only listens.

    A test that asks for a value of the student's tells no more here; the rest is asked in its turn.

    Args:
        tests: Of an assignment; whoever hands it in is asked the same questions.
        given: Names that they may use, with their values.
    """
    names: dict[str, Any] = {"__name__": "tests", **dict(given)}
    heard: list[Question] = []

    def check(exercise: str, **parameters: Any) -> None:
        heard.append(Question(exercise, parameters))

    for test in tests:
        with _quiet():
            execute(test, names, check, _not_now)
    return tuple(heard)


@lru_cache(1000)
def _compiled(test: TestCell) -> tuple[CodeType, CodeType]:
    """A test cell but for its last expression, and that: None where there is none."""
    tree = ast.parse(test.source, test.name)
    value: ast.expr = ast.Constant(None, lineno=1, col_offset=0)
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        value = tree.body.pop().value  # type: ignore[attr-defined]
    where = f"<{test.name}>"
    last = ast.fix_missing_locations(ast.Expression(value))
    return compile(tree, where, "exec"), compile(last, where, "eval")


@contextmanager
def _quiet() -> Iterator[None]:
    with suppress(Exception), redirect_stdout(io.StringIO()):
        yield


def _not_now(name: str) -> Any:
    raise LookupError(name)
