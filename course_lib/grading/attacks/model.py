"""What an attack is: a recipe for a submission, what it tries, what it deserves."""

import importlib
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell

from course_lib.editions.library import ROOT
from course_lib.grading.recipes.common import ALL, Change, Recipe, find

HONEST = "honest"
"""The kind of those who attack nobody. They are odd, right, and to keep every point."""

FIRST, LAST = "", "the end"
"""Places of a new cell, before all others or behind them."""


_ROOM = re.compile(r"^([ \t]*)# YOUR CODE HERE\n.*", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """One submission of the corpus.

    Args:
        kind: What sort of attack it is; ``HONEST`` if it is none.
        tries: One sentence: what it tries, or what is odd about it.
        recipe: How it is made; its ``broken`` cells deserve nothing.
        assignment: Whose release notebook it starts from.
        reported: Whether nobody can tell it from a student's own work with certainty: its points
            stand until a person has looked, and its lines must be pointed out.
    """

    kind: str
    tries: str
    recipe: Recipe
    assignment: str = "optimizers"
    reported: bool = False

    @property
    def name(self) -> str:
        """Its name, which is also its student's."""
        return self.recipe.name


@dataclass(frozen=True)
class Places:
    """What attacks aim at; ``@root@`` in a cell or file becomes the value of ``root``.

    Args:
        root: The course, with everybody's work.
        canary: A folder no submission may write to.
        repository: The instructor's edition.
        victim: A student whose marks and files must stay.
        port: Where a listener waits on the loopback address, TCP and UDP.
        socket: Where a Unix socket listens.
        abstract: Name of an abstract Unix socket.
    """

    root: Path
    canary: Path
    repository: Path
    victim: str
    port: int
    socket: Path
    abstract: str

    def filled(self, text: str, name: str) -> str:
        """A text of an attack with all places named in it."""
        for field in fields(self):
            text = text.replace(f"@{field.name}@", str(getattr(self, field.name)))
        return text.replace("@name@", name).replace("@mark@", str(self.canary / name))


def cell(
    name: str,
    tries: str,
    code: str,
    *more: Change,
    solved: bool = False,
    at: str = FIRST,
    files: tuple[tuple[str, str], ...] = (),
    assignment: str = "optimizers",
) -> tuple[str, Recipe, str]:
    """An attack by a cell of its own.

    Args:
        name: Of the attack.
        tries: What it tries, in a sentence.
        code: Of the cell.
        *more: What else is done to the notebook.
        solved: Whether all exercises are solved as well; otherwise it deserves nothing.
        at: Name of the cell it stands behind, ``FIRST`` or ``LAST``.
        files: What lies beside the notebook.
        assignment: Whose notebook it starts from.
    """
    return change(
        name, tries, added(code, at), *more, solved=solved, files=files, assignment=assignment
    )


def change(
    name: str,
    tries: str,
    *changes: Change,
    solved: bool = False,
    broken: tuple[str, ...] | None = None,
    variants: tuple[str, ...] = (),
    files: tuple[tuple[str, str], ...] = (),
    save: Callable[[NotebookNode, Path], None] | None = None,
    assignment: str = "optimizers",
) -> tuple[str, Recipe, str]:
    """An attack by any changes to a notebook.

    Args:
        name: Of the attack.
        tries: What it tries, in a sentence.
        *changes: What is done to the notebook.
        solved: Whether the exercises are solved before; otherwise it deserves nothing.
        broken: Names of the graded cells that deserve nothing, if other than that.
        variants: Slugs of variants in the place of solutions.
        files: What lies beside the notebook.
        save: How the file is written.
        assignment: Whose notebook it starts from.
    """

    def every(notebook: NotebookNode) -> None:
        for one in changes:
            one(notebook)

    unwritten = () if solved else ALL
    lost = (() if solved else ALL) if broken is None else broken
    saving = {} if save is None else {"save": save}
    recipe = Recipe(name, lost, variants, unwritten, every, files=files, **saving)
    return tries, recipe, assignment


def added(code: str, at: str = FIRST) -> Change:
    """Put a new cell into a notebook, behind the one named."""

    def do(notebook: NotebookNode) -> None:
        places = {FIRST: 0, LAST: len(notebook.cells)}
        place = places[at] if at in places else notebook.cells.index(find(notebook, at)) + 1
        notebook.cells.insert(place, new_code_cell(code.strip("\n")))

    return do


def written(name: str, body: str, before: str = "") -> Change:
    """Write a body where the notebook that is handed out leaves room for one.

    Args:
        name: Of the solution cell.
        body: What its function, or method, does.
        before: Code above the definition.
    """

    def do(notebook: NotebookNode) -> None:
        found = find(notebook, name)
        room = _ROOM.search(found.source)
        if room is None:
            raise LookupError(f"{name} has no room for a solution")
        indented = textwrap.indent(body.strip("\n"), room[1])
        written = found.source[: room.start()] + indented + found.source[room.end() :]
        found.source = before.strip("\n") + "\n\n" * bool(before) + written

    return do


def table(kind: str, *rows: tuple[str, Recipe, str]) -> tuple[Attack, ...]:
    """All attacks of a kind."""
    return tuple(Attack(kind, tries, recipe, assignment) for tries, recipe, assignment in rows)


def corpus() -> tuple[Attack, ...]:
    """Every attack, and every honest oddity, of ``tests/attacks``.

    Raises:
        ValueError: If two have the same name.
    """
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    every: tuple[Attack, ...] = importlib.import_module("tests.attacks").CORPUS
    names = [attack.name for attack in every]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"attacks need names of their own, got twice: {', '.join(twice)}")
    return every


def code_of(notebook: Path) -> str:
    """All text a student handed in, outputs apart; the bytes as they are if it is no notebook."""
    raw = notebook.read_bytes().decode(errors="replace")
    try:
        return "\n".join(cell.source for cell in nbformat.reads(raw, as_version=4).cells)
    except Exception:  # a file made to break its reader may raise anything
        return raw
