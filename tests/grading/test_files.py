"""A student's own library beside the notebook."""

from pathlib import Path

import pytest

from course_lib.grading import files


def test_nothing_beside_the_notebook_is_nothing_odd(tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text("")
    assert files.notices(tmp_path) == []


def test_the_library_under_its_name_is_nothing_odd(tmp_path: Path) -> None:
    (tmp_path / files.OWN_LIBRARY).write_text("")
    (tmp_path / "my_course_lib (1).py").write_text("")
    assert files.notices(tmp_path) == []


@pytest.mark.parametrize("name", ["my_course_lib (1).py", "My_Course_Lib.py", "mycourselib.py"])
def test_another_name_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    (said,) = files.notices(tmp_path)
    assert said == f"`{name}` is not read: it has to be called `my_course_lib.py`."


def test_a_library_too_large_is_left_out_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    own = tmp_path / files.OWN_LIBRARY
    own.write_text("x" * 10)
    files.leave_out(tmp_path)
    assert own.is_file() and files.notices(tmp_path) == []
    own.write_text("x" * 11)
    assert files.notices(tmp_path) == [
        "`my_course_lib.py` has 11 bytes, more than 10: it is left out."
    ]
    files.leave_out(tmp_path)
    assert not own.exists()
