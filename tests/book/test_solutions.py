"""The code in the solutions of the exercises runs, for a reader who has run the page."""

import pytest

from course_lib.editions.library import ROOT
from tests.book.chapter import run_solution, solutions

PAGES = sorted(path.stem for path in (ROOT / "book").glob("[0-2][0-9]_*.md"))


@pytest.mark.parametrize(
    ("page", "label"), [(page, label) for page in PAGES for label in solutions(page)]
)
def test_the_code_of_a_solution_runs(page: str, label: str) -> None:
    assert len(run_solution(page, label)) > 1
