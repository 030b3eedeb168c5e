from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course_lib.editions.student import derive
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.launch import Zygote
from course_lib.grading.sealed.student import Bounds, Student

Class = Callable[..., Student]

QUICK = Bounds(cell=2.0, call=2.0, whole=30.0)


@pytest.fixture(scope="module", autouse=True)
def grader() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_GRADER", raising=False)
        yield


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "student"
    derive(folder)
    return folder


@pytest.fixture(scope="session")
def desk(library: Path) -> Iterator[Desk]:
    with Zygote(library).ready() as zygote:
        yield zygote.desks[0]


@pytest.fixture
def student(desk: Desk) -> Iterator[Class]:
    """Students by the cells of their notebooks."""
    present: list[Student] = []

    def enter(
        *sources: str, bounds: Bounds = QUICK, files: tuple[tuple[str, Path], ...] = ()
    ) -> Student:
        present.append(Student(desk, files, bounds))
        for source in sources:
            present[-1].run(source)
        return present[-1]

    yield enter
    for one in present:
        one.__exit__(None, None, None)
