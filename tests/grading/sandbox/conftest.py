from pathlib import Path

import pytest

from course_lib.grading.sandbox import Policy, prepare


@pytest.fixture(scope="session", autouse=True)
def prepared() -> None:
    prepare()


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Policy(scratch)
