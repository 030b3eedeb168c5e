from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from course_lib.grading import cells
from course_lib.grading.feedback import HideTests

TEST = {"nbgrader": {"grade": True, "solution": False}}


def error() -> NotebookNode:
    lines = ["line 1: hidden()", "NameError"]
    return new_output("error", ename="NameError", evalue="no name", traceback=lines)


def test_hidden_blocks_and_their_lines_in_tracebacks_go() -> None:
    source = "seen()\n### BEGIN HIDDEN TESTS\nhidden()\n### END HIDDEN TESTS"
    cell = new_code_cell(source, metadata=TEST, outputs=[error()])
    HideTests().preprocess_cell(cell, {}, 0)
    assert cell.source == "seen()"
    assert cell.outputs[0].traceback == ["NameError: no name"]


def test_messages_of_checks_stay() -> None:
    said = new_output("stream", name="stdout", text="FAILED a: expected 1\nHint: think")
    cell = new_code_cell("x", metadata=TEST, outputs=[said])
    HideTests().preprocess_cell(cell, {}, 0)
    assert "Hint: think" in cell.outputs[0].text


def test_the_parameters_of_hidden_cases_go_and_those_of_visible_cases_stay() -> None:
    line = "passed a: it moves, lr=0.5, betas=(0.8, 0.9), with\noptions changed (cpu, 5 steps)"
    hidden = "### BEGIN HIDDEN TESTS\nhidden()\n### END HIDDEN TESTS"
    for source, expected in ((hidden, "passed a: it moves (cpu, 5 steps)"), ("seen()", line)):
        said = new_output("stream", name="stdout", text=line)
        failed = new_output("error", ename="CheckFailed", evalue=line, traceback=[line])
        cell = new_code_cell(source, metadata=TEST, outputs=[said, failed])
        HideTests().preprocess_cell(cell, {}, 0)
        assert cell.outputs[0].text == expected
        assert cell.outputs[1].traceback == [expected]
        assert cell.outputs[1].evalue == expected


def test_a_students_own_traceback_stays_whole() -> None:
    cell = new_code_cell("mine()", outputs=[error()])
    HideTests().preprocess_cell(cell, {}, 0)
    assert "NameError" in cell.outputs[0].traceback


def test_exercises_are_read_from_names() -> None:
    known = {"adam-visible-1": "adam", "conventions-hidden-3": "conventions"}
    assert {name: cells.exercise(name) for name in known} == known
