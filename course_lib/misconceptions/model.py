"""What the catalogue is made of: known mistakes, and right answers in other styles."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Misconception:
    """One known wrong answer.

    Args:
        slug: Exercise and fault, as ``adam/eps_after_division``.
        belief: What somebody who writes it holds to be true, in one sentence.
        hint: What the student is told: a question, or the name of the form that was written.
        section: Page and heading of the book that explain it, as ``10_adaptive_steps#epsilon``.
        edits: Pairs of texts; each first one occurs once in the library's solution region and is
            replaced by the second.
        body: The whole solution region instead of edits.
        methods: Methods in the place of ``update`` instead of edits.
        caught_by: Exercises whose hidden cases this mistake fails.
        needs_gpu: Whether it only shows where the parameter lies on a GPU, real or pretended.
    """

    slug: str
    belief: str
    hint: str
    section: str
    edits: tuple[tuple[str, str], ...] = ()
    body: str = ""
    methods: str = ""
    caught_by: tuple[str, ...] = ()
    needs_gpu: bool = False

    @property
    def exercise(self) -> str:
        """The exercise in which the mistake is made."""
        return self.slug.split("/")[0]


@dataclass(frozen=True)
class RightVariant:
    """A right answer in another style than the library's.

    Args:
        slug: Exercise and style, as ``adam/averages_by_lerp``.
        technique: What is different about it; variants of one technique differ in detail.
        body: The solution region.
        methods: Methods in the place of ``update`` instead of a body.
    """

    slug: str
    technique: str
    body: str = ""
    methods: str = ""

    @property
    def exercise(self) -> str:
        """The exercise it solves."""
        return self.slug.split("/")[0]


Variant = Misconception | RightVariant


Written = Callable[..., None]


def right(exercise: str, technique: str) -> Callable[[Written], RightVariant]:
    """Turn a function into a right variant: what it does becomes the solution region.

    Args:
        exercise: Slug of the exercise it solves.
        technique: What is different about it.

    Returns:
        The decorator.
    """

    def variant(function: Written) -> RightVariant:
        slug = f"{exercise}/{function.__name__}"
        return RightVariant(slug, technique, body=_inside(function))

    return variant


def whole_step(exercise: str) -> Callable[[Written], RightVariant]:
    """Turn a function into a right variant that has a ``step`` of its own and no ``update``.

    Args:
        exercise: Slug of the exercise it solves.

    Returns:
        The decorator.
    """

    def variant(function: Written) -> RightVariant:
        step = "@torch.no_grad()\ndef step(self, closure=None):\n"
        methods = step + textwrap.indent(_inside(function), " " * 4)
        return RightVariant(f"{exercise}/{function.__name__}", "whole step", methods=methods)

    return variant


def _inside(function: Written) -> str:
    """What stands inside a function, without its docstring."""
    source = inspect.getsource(function)
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    lines = source.splitlines(keepends=True)
    return textwrap.dedent("".join(lines[definition.body[1].lineno - 1 :]))
