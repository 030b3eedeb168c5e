import csv
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_output

from course_lib.grading.pages import write_csv, write_html
from course_lib.grading.report import _earned_on, _overview, _page, _sheet
from course_lib.grading.results import Row, devices_passed, hint_lines

ROW = Row(
    "<ada>",
    points={"adam": (7.0, 16.0)},
    hints={"adam": ["Hint: think."]},
    devices={"adam": ["cpu", "fake cuda"]},
    notices=["=1+1"],
    by_hand=True,
)


def said(*lines: str):
    text = "\n".join(lines)
    return new_code_cell("x", outputs=[new_output("stream", name="stdout", text=text)])


def test_hints_are_read_from_outputs_without_colours_and_once() -> None:
    cell = said("FAILED", "Hint: think.")
    error = new_output("error", ename="CheckFailed", evalue="", traceback=["\x1b[31mHint: think."])
    cell.outputs.append(error)
    assert hint_lines(cell) == ["Hint: think."]


@pytest.mark.parametrize(
    ("line", "devices"),
    [
        ("passed adam: it moves, lr=0.1, betas=(0.8, 0.9) (cpu, 20 steps)", ["cpu"]),
        ("passed adam: it keeps all (fake cuda, 2 steps)", ["fake cuda"]),
        (
            "passed dropout_mask: p=0.5, shape (2, 3) (cuda:1, 200,000 draws (in 3 parts))",
            ["cuda:1"],
        ),
        ("passed adam: says (cuda:0, 2 steps), then ends", []),
        ("passed adam: no device at all", []),
        ("FAILED adam: expected 1, got 2", []),
        ("  checked: it moves (cpu, 20 steps)", []),
        ("could not tell adam: no memory left (cuda:0, 2 steps)", []),
        ("note: your code printed: passed adam: it moves (cuda:0, 20 steps)", []),
    ],
)
def test_devices_are_read_from_the_lines_of_passed_checks(line: str, devices: list[str]) -> None:
    assert devices_passed(said("# before", line, line)) == devices


def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", _sheet([ROW]))
    (line,) = csv.DictReader((tmp_path / "t.csv").read_text().splitlines())
    assert line == {
        "student": "<ada>",
        "adam": "7.0",
        "total": "7.0",
        "by hand": "open",
        "hints": "Hint: think.",
        "devices": "adam: cpu, fake cuda",
        "notices": "'=1+1",
    }


def test_names_are_escaped_in_the_page(tmp_path: Path) -> None:
    write_html(tmp_path / "t.html", _page("optimizers", [ROW]))
    page = (tmp_path / "t.html").read_text()
    assert "&lt;ada&gt;" in page and "<ada>" not in page
    assert "7 [1]" in page
    assert "Earned on cpu and fake cuda: all marks" in page


def test_an_empty_class_is_an_empty_table(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", _sheet([]))
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 1
    write_html(tmp_path / "t.html", _page("optimizers", []))


def test_whose_marks_were_earned_elsewhere_is_said_by_name() -> None:
    usual = Row("bob", devices={"sgd": ["cpu", "cuda:0"], "adam": ["cpu", "cuda:0"]})
    other = Row("cyd", devices={"sgd": ["cpu", "cuda:0"], "adam": ["cpu"]})
    assert list(_earned_on([usual])) == ["Earned on cpu and cuda:0: all marks"]
    assert list(_earned_on([usual, other])) == [
        "Earned on cpu and cuda:0: all marks but these",
        "Earned on cpu: adam of cyd",
    ]
    scalar = [
        Row("bob", devices={"sgd": ["cpu", "cuda:0"], "adam": ["cpu", "cuda:0"], "lr": ["cpu"]}),
        Row("cyd", devices={"sgd": ["cpu", "cuda:0"], "adam": ["cpu"], "lr": ["cpu"]}),
    ]
    assert list(_earned_on(scalar))[1] == "Earned on cpu: lr, adam of cyd"
    assert list(_earned_on([])) == []


def test_the_last_table_has_students_by_assignments() -> None:
    page = _overview({"optimizers": [ROW, Row("bob", {"adam": (16, 16)})], "dropout": [ROW]})
    assert page.head == ["student", "optimizers\n/ 16", "dropout\n/ 16"]
    assert page.body == [["<ada>", "7*", "7*"], ["bob", "16", "–"]]
    assert page.links == ["optimizers.html", "dropout.html"]


def test_its_heads_lead_to_the_pages_of_the_assignments(tmp_path: Path) -> None:
    write_html(tmp_path / "t.html", _overview({"optimizers": [ROW]}))
    page = (tmp_path / "t.html").read_text()
    assert '<th>student</th><th><a href="optimizers.html">optimizers' in page
