"""Solution regions: the text between ``### BEGIN SOLUTION`` and ``### END SOLUTION``.

A region is named by the function that encloses it (``Adam.update``, ``rate_inside``). The same name
in the library and in a notebook means the same text.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"

# Looks like a mark to a person; nbgrader would pass over it and publish the solution.
_NEAR_MARK = re.compile(r"#+\s*(BEGIN|END)[\s_-]*SOLUTION", re.IGNORECASE)


class RegionError(ValueError):
    """A stray, nested, unclosed or misspelled mark; the message says in which file and line."""


@dataclass(frozen=True)
class Region:
    """One solution region of a source text.

    Args:
        key: Qualified name of the enclosing function or class; empty at the top level.
        begin: Line of the opening mark, counted from 1.
        end: Line of the closing mark, counted from 1.
        text: The lines between the marks, each with its newline.
    """

    key: str
    begin: int
    end: int
    text: str


def read_regions(source: str, where: str) -> list[Region]:
    """Find the solution regions of a source text.

    Args:
        source: Python source, or the text of any notebook cell.
        where: Name of the file (and cell), for messages.

    Returns:
        The regions in the order of the text.

    Raises:
        RegionError: If a mark is stray, nested, unclosed or misspelled.
    """
    lines = source.splitlines(keepends=True)
    regions = []
    opened = None
    for number, line in enumerate(lines, start=1):
        mark = _mark(line, f"{where}:{number}")
        if mark == BEGIN:
            if opened is not None:
                raise RegionError(
                    f"{where}:{number}: {BEGIN!r} inside the region opened at line {opened}"
                )
            opened = number
        elif mark == END:
            if opened is None:
                raise RegionError(f"{where}:{number}: {END!r} without a {BEGIN!r} before it")
            text = "".join(lines[opened : number - 1])
            regions.append(Region(_enclosing_name(source, opened), opened, number, text))
            opened = None
    if opened is not None:
        raise RegionError(f"{where}:{opened}: {BEGIN!r} is never closed by {END!r}")
    return regions


def replace_regions(source: str, where: str, replacement: Callable[[Region, str], str]) -> str:
    """Put another text in the place of each region, marks included.

    Args:
        source: Python source, or the text of any notebook cell.
        where: Name of the file (and cell), for messages.
        replacement: Gets a region and the indentation of its opening mark; returns whole lines.

    Returns:
        The new source.

    Raises:
        RegionError: If a mark is stray, nested, unclosed or misspelled.
    """
    lines = source.splitlines(keepends=True)
    for region in reversed(read_regions(source, where)):
        opening = lines[region.begin - 1]
        indent = opening[: len(opening) - len(opening.lstrip())]
        text = replacement(region, indent)
        if not lines[region.end - 1].endswith("\n"):  # the last line of a notebook's cell
            text = text.rstrip("\n")
        lines[region.begin - 1 : region.end] = [text]
    return "".join(lines)


def _mark(line: str, where: str) -> str | None:
    stripped = line.strip()
    if stripped in (BEGIN, END):
        return stripped
    if stripped.startswith("#") and _NEAR_MARK.search(stripped):
        raise RegionError(
            f"{where}: needed {BEGIN!r} or {END!r} alone on the line, got {stripped!r}"
        )
    return None


def _enclosing_name(source: str, line: int) -> str:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # the text of a Markdown cell
        return ""
    names = []
    nodes = [tree.body]
    while nodes:
        for node in nodes.pop():
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            if node.lineno <= line <= (node.end_lineno or node.lineno):
                names.append(node.name)
                nodes.append(node.body)
    return ".".join(names)
