"""No solution and no hidden test stands in the published site or its search index."""

from pathlib import Path

import pytest

from course_lib.editions.leaks import find_leaks, hidden_secrets, solution_secrets
from course_lib.editions.library import ROOT


@pytest.mark.book
def test_the_site_and_its_search_index_do_not_leak(site: Path) -> None:
    notebooks = (ROOT / "assignments" / "source").glob("*/*.ipynb")
    leaks = find_leaks(site, [*solution_secrets(), *hidden_secrets(notebooks)])
    # The instructors' page on adding a check shows what a hidden block looks like, with no test.
    assert [
        str(leak)
        for leak in leaks
        if not ("instructors" in str(leak.path) and leak.secret.source.startswith("the mark"))
    ] == []
