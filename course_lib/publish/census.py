"""Count what each chapter of the book holds, and what its cells cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from course_lib.editions.library import ROOT
from course_lib.publish.execute import cache_folder, cell_seconds, read
from course_lib.publish.pages import notebooks

_FENCED_CODE = re.compile(r"^(```+)python\n.*?^\1$", re.M | re.S)
_WORD = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True)
class Chapter:
    """What a chapter holds."""

    name: str
    words: int
    figures: frozenset[str]
    corrections: frozenset[str]
    references: frozenset[str]
    seconds: float | None


def census(root: Path = ROOT) -> list[Chapter]:
    """Return what each chapter in the table of contents of ``root`` holds, in its order."""
    cache = cache_folder(root)
    return [count(page, cache) for page in notebooks(root) if page.stem[:2].isdigit()]


def count(page: Path, cache: Path) -> Chapter:
    """Count one chapter.

    Args:
        page: Source of the chapter.
        cache: Folder of kept outputs, from ``cache_folder``; the time of the cells is kept there.

    Returns:
        Words of the prose, keys of the figures and corrections its cells show, keys of the works
        it cites, and the seconds its cells ran, ``None`` if they have yet to run as they stand.
    """
    cells = read(page).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    cited = ",".join(re.findall(r"\{cite:\w+\}`([^`]+)`", prose))
    return Chapter(
        name=page.stem,
        words=words(prose),
        figures=frozenset(re.findall(r'key="(F-\d+\.\d+)"', code)),
        corrections=frozenset(re.findall(r'\bcorrect\(\s*"(C-\d\d)"', code)),
        references=frozenset(key.strip() for key in cited.split(",") if key.strip()),
        seconds=cell_seconds(page, cache),
    )


def words(prose: str) -> int:
    r"""Return how many words of two letters or more a text in Markdown has, listings left out.

    Example:
        >>> words("A step of size 0.1:\n\n```python\nx = x - lr * grad\n```")
        3
    """
    return sum(bool(_WORD.search(word)) for word in _FENCED_CODE.sub("", prose).split())


def show(console: Console) -> None:
    """Print the census as a table, with a line of totals."""
    chapters = census()
    table = Table(show_footer=True)
    table.add_column("Chapter", f"{len(chapters)} chapters")
    for heading, total in _totals(chapters).items():
        table.add_column(heading, total, justify="right")
    for chapter in chapters:
        table.add_row(chapter.name, *_totals([chapter]).values())
    console.print(table)


def _totals(chapters: list[Chapter]) -> dict[str, str]:
    cited = frozenset[str]().union(*(chapter.references for chapter in chapters))
    times = [chapter.seconds for chapter in chapters]
    known = sum(seconds for seconds in times if seconds is not None)
    return {
        "Words": f"{sum(chapter.words for chapter in chapters):,}",
        "Figures": str(sum(len(chapter.figures) for chapter in chapters)),
        "Corrections": str(sum(len(chapter.corrections) for chapter in chapters)),
        "References": str(len(cited)),
        "Cells, s": "–" if None in times else f"{known:.0f}",
    }
