from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib import session


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.reset()


@pytest.fixture
def no_catalogue(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("course_lib.checks.hints.FOLDER", tmp_path / "none")
