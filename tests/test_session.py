from collections.abc import Iterator

import pytest

import course_lib.optim
from course_lib import session
from tests.checks.cells import RIGHT, run_cell, sgd


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.reset()


def test_the_students_class_takes_the_librarys_place_everywhere() -> None:
    import course_lib.optim.sgd as module

    own = sgd(RIGHT)
    assert course_lib.optim.SGD is own and module.SGD is own
    assert session.registered("SGD") is own


def test_a_function_takes_its_place_too() -> None:
    from course_lib.optim import conventions

    cell = "from course_lib.session import implement\n@implement\ndef rate_inside():\n    pass\n"
    own = run_cell(cell)["rate_inside"]
    assert conventions.rate_inside is own and course_lib.optim.rate_inside is own


def test_the_last_registered_wins() -> None:
    sgd(RIGHT)
    second = sgd(RIGHT)
    assert course_lib.optim.SGD is second is session.registered("SGD")


def test_reset_puts_the_library_back() -> None:
    before = course_lib.optim.SGD
    sgd(RIGHT)
    sgd(RIGHT)
    session.reset()
    assert course_lib.optim.SGD is before
    assert session.registered("SGD") is None and session.sources() == {}


def test_library_is_the_librarys_own_whatever_is_registered() -> None:
    before = course_lib.optim.SGD
    sgd(RIGHT)
    assert session.library("SGD") is before


def test_sources_keep_the_whole_cell() -> None:
    sgd(RIGHT)
    source = session.sources()["SGD"]
    assert source.startswith("\nimport math") and "param -= group" in source


def test_a_name_no_exercise_asks_for_is_refused_with_those_it_asks_for() -> None:
    with pytest.raises(LookupError, match="no exercise asks for 'Addam'; the names are: rate_ins"):
        session.implement(type("Addam", (), {}))


def test_what_is_neither_class_nor_function_is_refused() -> None:
    with pytest.raises(TypeError, match="needs a class or a function, got int"):
        session.implement(3)


def test_implement_gives_back_what_it_decorates() -> None:
    class SGD:
        pass

    assert session.implement(SGD) is SGD
    assert session.sources()["SGD"] == ""
