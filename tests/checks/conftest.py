from collections.abc import Iterator

import pytest

from course_lib import session


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.reset()


@pytest.fixture
def no_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.checks.hints.CATALOGUE", "course_lib.no_such_catalogue")
