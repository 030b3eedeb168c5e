"""The page a student gets back, built from the record, the run notebook and the gradebook.

Whatever a student may have written is text here: no markup, no script, nothing from the net. A
hidden test is its claim and the shortfall.
"""

import base64
import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import mistune
import nbformat
from nbconvert.exporters import Exporter
from nbconvert.filters import strip_ansi
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_solution

from course_lib.grading import cells, shortfalls
from course_lib.grading.gradebook import Returned, returned
from course_lib.grading.sealed import record
from course_lib.grading.sealed.keys import course_key

RELEASED_WITH = ("timestamp.txt", "submission_secret.txt")
"""What nbgrader's exchange looks for beside a page."""


@dataclass(frozen=True)
class Graded:
    """All that a page is made from.

    Args:
        student: Whose it is.
        assignment: Slug of the assignment.
        notebook: As it was run.
        returned: What the gradebook holds for the student.
        made: The record; without one, a hidden test shows its points alone.
    """

    student: str
    assignment: str
    notebook: Mapping[str, Any]
    returned: Returned
    made: record.Record | None


class Feedback(Exporter):
    """The page, for ``nbgrader generate_feedback``."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(  # type: ignore[override]  # an exporter gives text, whatever its base
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Make the page of one notebook; called by nbgrader."""
        nb, resources = super().from_notebook_node(nb, resources, **options)
        where = resources["nbgrader"]
        student, assignment = where["student"], where["assignment"]
        root = Path(resources["metadata"]["path"]).resolve().parents[2]
        made = record.read(record.place(root, student, assignment), course_key(root))
        given = returned(where["db_url"], assignment, student)
        resources["output_extension"] = self.file_extension
        return page(Graded(student, assignment, nb, given, made)), resources


def write(path: Path, notebook: Path, graded: Graded) -> None:
    """Write a student's page, and beside it what nbgrader needs to release it.

    Args:
        path: Of the page.
        notebook: As it was run; what a collector left beside it is copied.
        graded: What the page is made from.
    """
    for name in RELEASED_WITH:
        file = notebook.with_name(name)
        if file.is_file() and not file.is_symlink():
            record.replace(path.with_name(name), file.read_bytes())
    record.replace(path, page(graded).encode("utf-8", errors="replace"))


def page(graded: Graded) -> str:
    """The page as HTML."""
    entries = {entry["cell"]: entry for entry in (graded.made or {}).get("cells", ())}
    nb, given = graded.notebook, graded.returned
    parts = [part for cell in nb["cells"] for part in _cell(cell, given, entries)]
    return _PAGE.format(
        title=html.escape(f"{graded.assignment}: {graded.student}"),
        total=f"{given.score:g} of {given.possible:g}",
        late=f"<p>{given.penalty:g} points were taken for handing in late.</p>"
        if given.penalty
        else "",
        parts="\n".join(parts),
    )


def _cell(
    cell: Mapping[str, Any], given: Returned, entries: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    node = nbformat.from_dict(cell)
    name, source = cells.name(node), _joined(cell["source"])
    graded, answer = is_grade(node), is_solution(node)
    if name and (graded or answer):
        yield _head(name, given, graded)
    if cell["cell_type"] == "code" and graded and not answer:
        yield from _test(source, cell, entries.get(name))
    elif cell["cell_type"] == "code":
        yield f"<pre class=code>{html.escape(source)}</pre>"
        yield from _outputs(cell)
    elif cell["cell_type"] == "markdown":
        yield f"<div class=text>{_markdown(source)}</div>"
    else:
        yield f"<pre>{html.escape(source)}</pre>"
    if answer and (comment := given.cells[name].comment if name in given.cells else None):
        yield f"<p class=comment>{html.escape(comment)}</p>"


def _head(name: str, given: Returned, graded: bool) -> str:
    if not graded or name not in given.cells:
        return f"<h3>{html.escape(name)}</h3>"
    score, possible = given.cells[name].score or 0.0, given.cells[name].points
    kind = "full" if score >= possible else "part" if score > 0 else "none"
    points = f"<span class={kind}>{score:g} of {possible:g}</span>"
    return f"<h3>{html.escape(name)} {points}</h3>"


def _test(source: str, cell: Mapping[str, Any], entry: Mapping[str, Any] | None) -> Iterator[str]:
    """What may be seen of a test: a hidden one is what the record says of it, in our own words."""
    shown = cells.without_hidden(source)
    if shown.strip():
        yield f"<pre class=code>{html.escape(shown)}</pre>"
    if shown == source:
        yield from _outputs(cell)
        return
    yield "<p>A hidden test.</p>"
    if entry:
        yield _list(shortfalls.lines(entry["checks"]))
        if entry["error"] is not None and all(c["outcome"] == "passed" for c in entry["checks"]):
            yield "<p>Something else that it asks for does not hold.</p>"


def _outputs(cell: Mapping[str, Any]) -> Iterator[str]:
    """Text and pictures; of all the forms an output has, the first of these."""
    for output in cell["outputs"]:
        data = output.get("data", {})
        if picture := _picture(data.get("image/png")):
            yield f'<img alt="output" src="data:image/png;base64,{picture}">'
        elif said := _said(output, data):
            kind = "error" if output["output_type"] == "error" else output.get("name", "value")
            yield f'<pre class="out {html.escape(kind)}">{html.escape(said)}</pre>'


def _said(output: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    if output["output_type"] == "error":
        lines = output["traceback"] or [f"{output['ename']}: {output['evalue']}"]
        return str(strip_ansi("\n".join(lines)))
    return str(strip_ansi(_joined(output.get("text") or data.get("text/plain", ""))))


def _picture(said: Any) -> str:
    """A PNG in base64; empty if it is none."""
    try:
        raw = base64.b64decode(_joined(said or "").replace("\n", ""), validate=True)
    except ValueError:
        return ""
    return base64.b64encode(raw).decode() if raw.startswith(b"\x89PNG\r\n\x1a\n") else ""


def _joined(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _list(lines: Any) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


class _Plain(mistune.HTMLRenderer):
    """Markdown without HTML, pictures from elsewhere and links to follow."""

    def __init__(self) -> None:
        super().__init__(escape=True)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Only what stands for a picture."""
        return f"[{html.escape(text)}]"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """The text of a link, and where it leads."""
        return f"{text} ({html.escape(url)})" if url.startswith(("http:", "https:")) else text


_MARKDOWN = mistune.create_markdown(renderer=_Plain(), plugins=["table"])


@lru_cache(maxsize=1024)  # most of a class's text is the course's own
def _markdown(source: str) -> str:
    return str(_MARKDOWN(source))


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook that we wrote ourselves: no need to look at every cell of it again."""
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }}
body {{ max-width: 60rem; margin: auto; padding: 1rem; }}
pre {{ overflow-x: auto; padding: .5em; border-left: 3px solid #8888; }}
pre.code {{ background: #8881; }}
pre.error, .none {{ border-color: #c33; }}
h3 {{ border-top: 1px solid #8886; padding-top: .6em; }}
h3 span {{ float: right; padding: 0 .5em; border: 2px solid; border-radius: .3em; }}
.full {{ border-color: #393; }} .part {{ border-color: #c80; }}
.comment {{ padding: .5em; border: 1px solid #c80; white-space: pre-wrap; }}
img {{ max-width: 100%; background: white; }}
table {{ border-collapse: collapse; }} td, th {{ padding: .2em .6em; border: 1px solid #8886; }}
</style>
<h1>{title}</h1>
<p><strong>{total} points</strong></p>
{late}
{parts}
</html>
"""
