"""Variants as text to put in a notebook, and as objects to run."""

import ast
from functools import cache
from types import CodeType
from typing import Any

from course_lib.checks import exercises
from course_lib.editions.library import library_regions
from course_lib.editions.regions import BEGIN, END, Region, read_regions, replace_regions
from course_lib.misconceptions.model import Misconception, Variant
from course_lib.misconceptions.notebook import imports, solution_cell, solution_cells


def region_key(exercise: str) -> str:
    """Name of the solution region an exercise asks for, as ``Adam.update``.

    Raises:
        LookupError: If there is no such exercise.
    """
    return exercises.find(exercise).region


def body(variant: Variant) -> str:
    """The text of the variant's solution region, without indentation.

    Raises:
        ValueError: If the text to be edited does not occur once in the library's region.
    """
    if variant.body:
        return variant.body
    _, region = library_regions()[region_key(variant.exercise)]
    text = _dedented(region)
    for old, new in variant.edits if isinstance(variant, Misconception) else ():
        if text.count(old) != 1:
            raise ValueError(
                f"{variant.slug}: needed {old!r} once in {region.key}, got {text.count(old)} times"
            )
        text = text.replace(old, new)
    return text


def written_into(source: str, where: str, variant: Variant) -> str:
    """Put a variant in the place of the solution it competes with.

    Args:
        source: Text of the cell that holds the solution region.
        where: Name of the file (and cell), for messages.
        variant: What is put in.

    Returns:
        The source with the variant's text in the region, the marks kept; or with its methods in
        the place of the method that holds the region.

    Raises:
        ValueError: If the text to be edited does not occur once in the library's region.
    """
    key = region_key(variant.exercise)
    if variant.methods:
        return _with_methods(source, key, variant.methods)

    def replacement(region: Region, indent: str) -> str:
        inside = region.text if region.key != key else _indented(body(variant), indent)
        return f"{indent}{BEGIN}\n{inside}{indent}{END}\n"

    return replace_regions(source, where, replacement)


@cache
def variant_object(variant: Variant) -> Any:
    """The class or function a student would have made of a variant, all else being right.

    Raises:
        LookupError: If no solution cell asks for the variant.
        ValueError: If the text to be edited does not occur once in the library's region.
    """
    exercise = exercises.find(variant.exercise)
    return session_of(exercise.assignment, variant)[exercise.name]


def session_of(assignment: str, *variants: Variant) -> dict[str, Any]:
    """The names of a session in which every solution cell was run, in a namespace of its own.

    It is the notebook's cells that are filled, as a student fills them: around a region the
    library has more than its cell, and what one cell defines another one may call.

    Args:
        assignment: Slug of the assignment.
        *variants: What stands in the place of the library's solutions, at most one for each.

    Raises:
        LookupError: If no solution cell asks for one of the variants.
        ValueError: If the text to be edited does not occur once in the library's region.
    """
    cells = {text: text for text in solution_cells(assignment)}
    names = dict.fromkeys(cells, f"<{assignment}.ipynb>")
    for variant in variants:
        cell = solution_cell(assignment, region_key(variant.exercise))
        cells[cell] = written_into(cells[cell], f"{assignment}.ipynb", variant)
        names[cell] = f"<{variant.slug}>"
    namespace: dict[str, Any] = {"__name__": f"variants_of_{assignment}"}
    exec(imports(assignment), namespace)
    namespace["implement"] = lambda obj: obj  # nothing is registered here
    for cell, source in cells.items():
        exec(_compiled(source, names[cell]), namespace)
    return namespace


@cache
def _compiled(source: str, name: str) -> CodeType:
    return compile(source, name, "exec")


def _with_methods(source: str, key: str, methods: str) -> str:
    name, _, method = key.partition(".")
    lines = source.splitlines(keepends=True)
    for cls in ast.parse(source).body:
        if not (isinstance(cls, ast.ClassDef) and cls.name == name):
            continue
        for part in cls.body:
            if isinstance(part, ast.FunctionDef) and part.name == method:
                end = next(region.end for region in read_regions(source, key) if region.key == key)
                lines[part.lineno - 1 : end] = [_indented(methods, " " * 4)]
                return "".join(lines)
    raise ValueError(f"needed the method {key} in the source, got none")


def _dedented(region: Region) -> str:
    lines = region.text.splitlines(keepends=True)
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "".join(line[margin:] if line.strip() else line for line in lines)


def _indented(text: str, indent: str) -> str:
    return "".join(
        f"{indent}{line}" if line.strip() else line for line in text.splitlines(keepends=True)
    )
