"""Tables as files: a page for a browser, and CSV for a spreadsheet."""

import csv
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Page:
    """A table of students, and what stands below it.

    Args:
        title: What it shows.
        head: A name for each column; the first is that of the students.
        body: A row for each student.
        links: A page for each column but the first; none by default.
        hints: What the numbers in brackets stand for, in their order.
        notices: What was mended, or could not be run.
        devices: On which devices marks were earned.
    """

    title: str
    head: list[str]
    body: list[list[str]]
    links: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)


def write_csv(path: Path, lines: Iterable[Sequence[object]]) -> None:
    """Write rows of a table, in which no text is taken for a formula."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_no_formula(value) for value in line] for line in lines)


def write_html(path: Path, page: Page) -> None:
    """Write a page that needs nothing but itself."""
    links = ["", *(page.links or [""] * len(page.head))]
    text = _PAGE.format(
        title=html.escape(page.title),
        head="".join(_head(name, link) for name, link in zip(page.head, links, strict=False)),
        body="\n".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in line) + "</tr>"
            for line in page.body
        ),
        parts="\n".join(
            f"<h2>{title}</h2>\n<{kind}>{_items(lines)}</{kind}>"
            for title, kind, lines in (
                ("Hints", "ol", page.hints),
                ("Submissions that needed mending", "ul", page.notices),
                ("Devices", "ul", page.devices),
            )
            if lines
        ),
    )
    path.write_text(text, encoding="utf-8")


def _head(name: str, link: str) -> str:
    text = html.escape(name)
    return f'<th><a href="{html.escape(link)}">{text}</a></th>' if link else f"<th>{text}</th>"


def _items(lines: Iterable[str]) -> str:
    return "\n".join(f"<li>{html.escape(line)}</li>" for line in lines)


def _no_formula(value: object) -> object:
    """Keep a spreadsheet from taking a student's text for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple("=+-@")) else value


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Grades: {title}</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .3em .6em; border-bottom: 1px solid #8886; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; white-space: nowrap; }}
</style>
<h1>Grades: {title}</h1>
<div style="overflow-x: auto"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table></div>
{parts}
</html>
"""
