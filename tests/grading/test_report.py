from pathlib import Path

from nbformat.v4 import new_code_cell, new_output

from course_lib.grading.report import Row, _write_csv, _write_html, hint_lines

ROW = Row(
    "<ada>",
    points={"adam": (7.0, 16.0)},
    hints={"adam": ["Hint: think."]},
    notices=["=1+1"],
    by_hand=True,
)


def test_hints_are_read_from_outputs_without_colours_and_once() -> None:
    said = new_output("stream", name="stdout", text="FAILED\nHint: think.\n")
    error = new_output("error", ename="CheckFailed", evalue="", traceback=["\x1b[31mHint: think."])
    assert hint_lines(new_code_cell("x", outputs=[said, error])) == ["Hint: think."]


def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path: Path) -> None:
    _write_csv(tmp_path / "t.csv", [ROW])
    assert (tmp_path / "t.csv").read_text().splitlines()[
        1
    ] == "<ada>,7.0,7.0,open,Hint: think.,'=1+1"


def test_names_are_escaped_in_the_page(tmp_path: Path) -> None:
    _write_html(tmp_path / "t.html", "optimizers", [ROW])
    page = (tmp_path / "t.html").read_text()
    assert "&lt;ada&gt;" in page
    assert "7 [1]" in page


def test_an_empty_class_is_an_empty_table(tmp_path: Path) -> None:
    _write_csv(tmp_path / "t.csv", [])
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 1
