"""What every chapter owes: its parts, captioned figures, corrections that prove something."""

from __future__ import annotations

import ast
import re

import pytest

from course_lib.checks.exercises import EXERCISES
from course_lib.corrections import ClaimStands
from course_lib.figures.markup import DATA_KEY
from course_lib.publish.pages import ROOT, notebooks
from tests.book import executed
from tests.book.chapter import corrections, load, statements

PAGES = [page.stem for page in notebooks() if page.stem[:2].isdigit()]
#: What each chapter has, once unless told, as a pattern in its source.
PARTS = {
    "what the reader will be able to do": r"^After this chapter you can\n\n- .+\n(.+\n)*- ",
    "the question it answers": r"^```+\{admonition\} The question\n:class: tip\n\w",
    "a question of the lecturer, folded": r"^```+\{admonition\} .+\?\n:class: dropdown",
    "exercises": r"^## Exercises$",
    "a summary of points": r"^## Summary\n\n- ",
    "its sources": r"^## Where this comes from\n(\n|[^#].*\n)*?.*\{cite:[pt]\}",
}
FEWEST_QUIZZES = 3


def with_the_right_one_in_place(call: ast.Call) -> ast.Expression:
    (right,) = [k.value for k in call.keywords if k.arg == "right"]
    keywords = [ast.keyword("says", right) if k.arg == "says" else k for k in call.keywords]
    swapped = ast.Call(call.func, call.args, keywords)
    return ast.fix_missing_locations(ast.Expression(swapped))


CASES = [(page, claim) for page in PAGES for claim in sorted(corrections(page))]


@pytest.mark.parametrize(("page", "claim"), CASES)
def test_a_correction_fails_with_the_right_rule_as_the_claim(page: str, claim: str) -> None:
    swapped = compile(with_the_right_one_in_place(corrections(page)[claim]), page, "eval")
    with pytest.raises(ClaimStands, match=claim):
        eval(swapped, dict(vars(load(page))))


@pytest.mark.book
@pytest.mark.parametrize("page", PAGES)
def test_every_picture_of_a_page_is_a_captioned_figure(page: str) -> None:
    outputs = [o for cell in executed.notebook(page).cells for o in cell.get("outputs", [])]
    loose = [
        output
        for output in outputs
        if "image/png" in output.get("data", {}) and DATA_KEY not in output.get("metadata", {})
    ]
    assert loose == []


@pytest.mark.parametrize("page", PAGES)
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


def source(page: str) -> str:
    return (ROOT / "book" / f"{page}.md").read_text("utf-8")


def names(kind: str, page: str) -> list[str]:
    """Names of the quizzes or solutions, labels of the exercises of a page, in its order."""
    labels = r"\{exercise(?:-start)?\}.*\n:label: (\S+)"
    pattern = labels if kind == "exercise" else rf"\{{{kind}(?:-start)?\}} (\S+)"
    return re.findall(rf"^```+{pattern}$", source(page), re.M)


def assignments(page: str) -> set[str]:
    """The assignments whose exercises practice a page."""
    return {e.assignment for e in EXERCISES if e.section.partition("#")[0] == page}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("page", PAGES)
def test_a_chapter_has_each_of_its_parts(page: str, part: str) -> None:
    assert re.search(PARTS[part], source(page), re.M)


@pytest.mark.parametrize("page", PAGES)
def test_a_chapter_ends_with_what_it_rests_on(page: str) -> None:
    headings = re.findall(r"^## (.+)$", source(page), re.M)
    ends = ["Exercises", "Summary", "Where this comes from"]
    assert [heading for heading in headings if heading in ends] == ends
    assert headings[-1] == ends[-1]


@pytest.mark.parametrize("page", PAGES)
def test_a_chapter_has_three_questions_to_check_oneself(page: str) -> None:
    assert len(names("quiz", page)) >= FEWEST_QUIZZES


@pytest.mark.parametrize("page", PAGES)
def test_every_exercise_of_a_chapter_has_a_folded_solution(page: str) -> None:
    exercises, solutions = names("exercise", page), names("solution", page)
    assert exercises and exercises == solutions
    folded = re.findall(r"\{solution(?:-start)?\} \S+\n:class: dropdown$", source(page), re.M)
    assert len(folded) == len(solutions)


@pytest.mark.parametrize("page", PAGES)
def test_a_chapter_names_the_assignment_that_practices_it_and_its_mistakes(page: str) -> None:
    for assignment in assignments(page):
        assert re.search(rf"assignment [*`]{assignment}[*`]", source(page))
        assert re.search(rf"^```+\{{pitfalls\}} {assignment}\b", source(page), re.M)
