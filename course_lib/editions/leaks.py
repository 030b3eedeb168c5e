"""Look for solutions and hidden tests where a student could read them.

Two consecutive statements of a solution region (names kept), or one statement of a hidden block,
count as a leak. Text is compared without white space and comments and with one kind of quotes, so
that syntax colouring, re-indentation or another line length do not hide it.
"""

import ast
import html
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nbformat

from course_lib.editions.library import library_regions

HIDDEN_BEGIN = "### BEGIN HIDDEN TESTS"
HIDDEN_END = "### END HIDDEN TESTS"

_TEXT_FILES = {".py", ".ipynb", ".html", ".js", ".json", ".md", ".txt", ".csv", ".toml", ".cfg"}
_HIDDEN_BLOCK = re.compile(
    rf"^[ \t]*{HIDDEN_BEGIN}\s*?\n(.*?)^[ \t]*{HIDDEN_END}", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Secret:
    """A piece of text that no student may read.

    Args:
        source: Where it comes from, as ``Adam.update`` or the name of a notebook.
        code: The statements, as Python writes them.
    """

    source: str
    code: str


@dataclass(frozen=True)
class Leak:
    """A secret found in a file."""

    path: Path
    secret: Secret

    def __str__(self) -> str:
        return (
            f"{self.path}: shows {self.secret.source}:\n{textwrap.indent(self.secret.code, '    ')}"
        )


def solution_secrets() -> list[Secret]:
    """Every pair of consecutive statements in the library's solution regions."""
    return [
        Secret(key, "\n".join(map(ast.unparse, pair)))
        for key, (_, region) in library_regions().items()
        for block in _blocks(ast.parse(_as_function(region.text)))
        for pair in pairwise(block)
    ]


def hidden_secrets(notebooks: Iterable[Path]) -> list[Secret]:
    """Every statement of the hidden blocks of source notebooks that is not also shown there."""
    secrets = []
    for path in notebooks:
        sources = [cell.source for cell in nbformat.read(path, as_version=4).cells]
        shown = "\n".join(compact(_HIDDEN_BLOCK.sub("", source)) for source in sources)
        for source in sources:
            for block in _HIDDEN_BLOCK.findall(source):
                secrets += [
                    Secret(path.name, ast.unparse(statement))
                    for statement in ast.parse(textwrap.dedent(block)).body
                    if compact(ast.unparse(statement)) not in shown
                ]
    return secrets


def find_leaks(folder: Path, secrets: Iterable[Secret], *, own_work: str = "") -> Iterator[Leak]:
    """Search every text file below a folder.

    Args:
        folder: What a student can read: an edition, a release, a site, a feedback folder.
        secrets: What must not be there.
        own_work: Text the student wrote; what stands in it is no leak in the student's feedback.

    Yields:
        One leak for each file and secret.
    """
    known = compact(own_work)
    needles = [(secret, compact(secret.code)) for secret in secrets]
    needles = [(secret, needle) for secret, needle in needles if needle not in known]
    marks = Secret("the mark of a hidden block", HIDDEN_BEGIN)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _TEXT_FILES or not path.is_file():
            continue
        text = readable(path)
        if HIDDEN_BEGIN in text:
            yield Leak(path, marks)
        packed = compact(text)
        for secret, needle in needles:
            if needle in packed:
                yield Leak(path, secret)


def readable(path: Path) -> str:
    """Text of a file as a person reads it: tags, escapes and cell borders removed."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".html":
        return html.unescape(re.sub(r"<[^>]*>", "", text))
    if path.suffix == ".ipynb":
        notebook = nbformat.reads(text, as_version=4)
        shown = [cell.source for cell in notebook.cells]
        shown += [text for cell in notebook.cells for text in _strings(cell.get("outputs", []))]
        return "\n".join(shown)
    return text


def compact(text: str) -> str:
    """Reduce code to what matters: no comments, no white space, one kind of quotes."""
    without_comments = re.sub(r"(?m)(^|\s)#[^\n]*", "", text)
    return re.sub(r"[\s()]+", "", without_comments).replace('"', "'")


def _strings(value: object) -> Iterator[str]:
    """Every piece of text in a tree of lists and dicts, such as a cell's outputs."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for part in value.values() for text in _strings(part))
    elif isinstance(value, list):
        yield from (text for part in value for text in _strings(part))


def _as_function(text: str) -> str:
    """Wrap a region's text, so that a ``return`` in it can be parsed."""
    return "def region():\n" + textwrap.indent(textwrap.dedent(text), "    ")


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield block
