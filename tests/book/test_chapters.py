"""What every chapter owes: its figures, each shown once, and corrections that prove something."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from course_lib.corrections import ClaimStands
from course_lib.figures.markup import DATA_KEY
from course_lib.publish.pages import notebooks
from tests.book import executed
from tests.book.chapter import load, statements

FIGURES = {8: 6, 9: 8, 10: 6}
CORRECTIONS = {
    8: {"C-26", "C-27", "C-53", "C-54"},
    9: {"C-22", "C-23", "C-24", "C-25", "C-61"},
    10: {"C-04", "C-05", "C-07", "C-28", "C-31", "C-50", "C-51", "C-60", "C-68", "C-77"},
}
PAGES = {int(page.stem[:2]): page.stem for page in notebooks() if page.stem[:2].isdigit()}


@cache
def corrections(page: str) -> dict[str, ast.Call]:
    """The calls of `correct` in a page, by claim."""
    calls = [node for s in statements(page) for node in ast.walk(s) if is_correction(node)]
    return {ast.literal_eval(call.args[0]): call for call in calls}


def is_correction(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "correct"


def with_the_right_one_in_place(call: ast.Call) -> ast.Expression:
    (right,) = [k.value for k in call.keywords if k.arg == "right"]
    keywords = [ast.keyword("says", right) if k.arg == "says" else k for k in call.keywords]
    swapped = ast.Call(call.func, call.args, keywords)
    return ast.fix_missing_locations(ast.Expression(swapped))


CASES = [(page, claim) for page in PAGES.values() for claim in sorted(corrections(page))]


@pytest.mark.parametrize("chapter", CORRECTIONS)
def test_every_correction_of_the_chapter_is_a_cell(chapter: int) -> None:
    assert set(corrections(PAGES[chapter])) == CORRECTIONS[chapter]


@pytest.mark.parametrize(("page", "claim"), CASES)
def test_a_correction_fails_with_the_right_rule_as_the_claim(page: str, claim: str) -> None:
    swapped = compile(with_the_right_one_in_place(corrections(page)[claim]), page, "eval")
    with pytest.raises(ClaimStands, match=claim):
        eval(swapped, dict(vars(load(page))))


@pytest.mark.book
@pytest.mark.parametrize("chapter", FIGURES)
def test_every_figure_of_the_chapter_is_shown_once(chapter: int) -> None:
    wanted = {f"F-{chapter}.{number}" for number in range(1, FIGURES[chapter] + 1)}
    assert set(executed.figures(PAGES[chapter])) == wanted


@pytest.mark.book
@pytest.mark.parametrize("page", PAGES.values())
def test_every_picture_of_a_page_is_a_captioned_figure(page: str) -> None:
    outputs = [o for cell in executed.notebook(page).cells for o in cell.get("outputs", [])]
    loose = [
        output
        for output in outputs
        if "image/png" in output.get("data", {}) and DATA_KEY not in output.get("metadata", {})
    ]
    assert loose == []


@pytest.mark.parametrize("page", PAGES.values())
def test_a_chapter_imports_no_graded_class(page: str) -> None:
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for s in statements(page)
        for node in ast.walk(s)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    graded = ("course_lib.optim", "course_lib.checks", "course_lib.session")
    assert not [name for name in modules if name and name.startswith(graded)]
    assert "course_lib" not in modules
