"""Who may import whom in ``course_lib``, read from its syntax trees."""

import ast
from pathlib import Path

import pytest

import course_lib

ROOT = Path(course_lib.__file__).parent
MODULES = {
    ".".join(("course_lib", *path.relative_to(ROOT).with_suffix("").parts)): path
    for path in sorted(ROOT.rglob("*.py"))
}
LESSONS = ("optim", "schedules", "nn", "training", "data", "figures")
INSTRUCTOR_ONLY = ("misconceptions", "editions", "grading", "publish", "cli")
"""Left out of the student edition."""


def imports(source: str, module: str, is_package: bool = False) -> set[str]:
    """Full names of all a module imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            up = parts[: len(parts) - node.level + is_package] if node.level else []
            base = ".".join((*up, *filter(None, [node.module])))
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def under(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def imported_by(module: str) -> set[str]:
    path = MODULES[module]
    name = module.removesuffix(".__init__")
    return imports(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")


def within(*parts: str) -> list[str]:
    return [m for m in MODULES if any(under(m, f"course_lib.{part}") for part in parts)]


@pytest.mark.parametrize("module", within(*LESSONS))
def test_lessons_import_only_lessons_of_the_library(module: str) -> None:
    own = {name for name in imported_by(module) if under(name, "course_lib")}
    allowed = [f"course_lib.{lesson}" for lesson in LESSONS]
    assert not {n for n in own if not any(under(n, lesson) for lesson in allowed)}


TRAINS = {
    "course_lib.checks.collect.training": (
        "course_lib.training",
        "course_lib.session",
        "course_lib.checks.reach",
        "course_lib.checks.exercises",
    )
}
"""A configuration is a dict: what it describes is built and trained where student code may run, by
the loop students have, too; and whether its parts are a student's own is for the session to say."""


@pytest.mark.parametrize("module", within("checks.collect"))
def test_collect_imports_torch_and_spec_only(module: str) -> None:
    standard = "linecache collections.abc contextlib copy functools sys typing".split()
    own = ("course_lib.checks.spec", "course_lib.checks.collect", *TRAINS.get(module, ()))
    found = imported_by(module)
    assert not {
        name for name in found if not any(under(name, a) for a in ("torch", *own, *standard))
    }


def test_spec_and_exercises_import_no_torch() -> None:
    for module in ("course_lib.checks.spec", *within("checks.exercises"), "course_lib.session"):
        assert not {name for name in imported_by(module) if under(name, "torch")}, module


@pytest.mark.parametrize("module", [m for m in MODULES if m not in within(*INSTRUCTOR_ONLY)])
def test_what_students_get_imports_nothing_instructor_only(module: str) -> None:
    forbidden = [f"course_lib.{part}" for part in INSTRUCTOR_ONLY]
    found = imported_by(module)
    assert not {name for name in found if any(under(name, part) for part in forbidden)}


@pytest.mark.parametrize("module", [m for m in MODULES if m not in within("grading", "cli")])
def test_nothing_but_the_command_line_imports_grading(module: str) -> None:
    assert not {name for name in imported_by(module) if under(name, "course_lib.grading")}


@pytest.mark.parametrize("package", ["course_lib", "course_lib.checks"])
def test_a_lazy_package_imports_nothing_of_the_library_when_imported(package: str) -> None:
    tree = ast.parse(MODULES[f"{package}.__init__"].read_text(encoding="utf-8"))
    at_once = ast.Module([n for n in tree.body if not isinstance(n, ast.If)], type_ignores=[])
    assert not {n for n in imports(ast.unparse(at_once), package, True) if under(n, "course_lib")}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import course_lib.grading", "course_lib.grading"),
        ("def f():\n    from course_lib import grading", "course_lib.grading"),
        ("from . import grading", "course_lib.grading"),
        ("from .grading import run", "course_lib.grading.run"),
    ],
)
def test_the_reader_of_imports_sees_every_form(source: str, found: str) -> None:
    assert imports(source, "course_lib.session") == {found}
