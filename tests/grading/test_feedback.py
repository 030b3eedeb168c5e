"""Pages that students get back: text of theirs stays text, and what is hidden stays hidden."""

import html
from html.parser import HTMLParser
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from course_lib.grading import cells, shortfalls
from course_lib.grading.feedback import Graded, page
from course_lib.grading.gradebook import Given, Returned

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</pre><iframe src='https://example.org'></iframe>",
    "<style>body{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "</title><base href='https://example.org/'>",
    "<!-- <p>",
    "{title}{0}%s",
    "\x1b[31m<b>red</b>\x1b[0m",
    "\ud800 half a character",
]
LINKS = [
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "![a](https://example.org/seen.png)",
    '![a](x" onerror="alert(1))',
    '[a](https://example.org "onmouseover=alert(1)")',
    "<javascript:alert(1)>",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a]: javascript:alert(1)\n\n[a]",
    "| a |\n|---|\n| <script>x</script> |",
]
ALLOWED = {
    *("html", "meta", "title", "style", "h1", "h2", "h3", "p", "strong", "em", "pre", "code", "ul"),
    *("ol", "li", "div", "span", "img", "table", "thead", "tbody", "tr", "th", "td", "br", "hr"),
    "blockquote",
}
SOLUTION = {"nbgrader": {"grade": False, "solution": True, "grade_id": "sgd-solution"}}
TEST = {"nbgrader": {"grade": True, "solution": False, "grade_id": "sgd-hidden-1", "points": 2}}
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
HIDDEN = '### BEGIN HIDDEN TESTS\ncheck("sgd", lr=0.7531, seed=86420)\n### END HIDDEN TESTS'


class Elements(HTMLParser):
    """The elements of a page, each with its attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


NOTHING = Returned()


def made(*cells: Any, given: Returned = NOTHING, student: str = "ann", **record: Any) -> str:
    entries = {"cells": [], **record}
    return page(Graded(student, "optimizers", new_notebook(cells=list(cells)), given, entries))


def entry(**found: Any) -> dict[str, Any]:
    check = {
        "question": 'sgd {"lr": 0.7531, "seed": 86420}',
        "outcome": "failed",
        "claim": "SGD moves as torch's does, lr=0.7531",
        "message": "step 1, parameter 0 at [0, 1]: expected 0.24681, got 0.13579",
        "rung": "values",
        "error_size": 0.0213,
        "answer": "answered",
        "raised": None,
        "misconception": None,
        "hint": None,
        "devices": ["cpu"],
        "notes": ["note: your code printed: 0.7531"],
    }
    error = "FAILED sgd: expected 0.24681, lr=0.7531"
    return {"cell": "sgd-hidden-1", "error": error, "checks": [{**check, **found}]}


def places(text: str) -> dict[str, str]:
    """Pages with a text in every place where a student's may stand."""
    stream = new_output("stream", name="stdout", text=text)
    value = new_output("execute_result", data={"text/plain": text, "text/html": text})
    picture = new_output("display_data", data={"image/png": text, "image/svg+xml": text})
    error = new_output("error", ename=text, evalue=text, traceback=[text])
    bare = new_output("error", ename=text, evalue=text, traceback=[])
    script = new_output("display_data", data={"application/javascript": text})
    outputs = [stream, value, picture, error, bare, script]
    named = Returned({"sgd-solution": Given(comment=text)})
    return {
        "code": made(new_code_cell(text, metadata=SOLUTION)),
        "markdown": made(new_markdown_cell(text)),
        "raw": made(new_raw_cell(text)),
        "outputs": made(new_code_cell("1", outputs=outputs)),
        "comment": made(new_code_cell("1", metadata=SOLUTION), given=named),
        "student": made(student=text),
    }


@pytest.mark.parametrize("text", [*HOSTILE, *LINKS])
def test_a_students_text_is_never_markup(text: str) -> None:
    for place, source in places(text).items():
        found = Elements(source)
        assert {tag for tag, _ in found.tags} <= ALLOWED, place
        for tag, attributes in found.tags:
            assert not [name for name in attributes if name.startswith("on") or name == "href"]
            assert attributes.get("src", "data:image/png;base64,").startswith(
                "data:image/png;base64,"
            ), place
            assert tag != "meta" or set(attributes) <= {"charset", "http-equiv", "content", "name"}
        assert len([tag for tag, _ in found.tags if tag == "meta"]) == 3, place


@pytest.mark.parametrize("text", [one for one in HOSTILE if "\x1b" not in one])
def test_it_can_still_be_read(text: str) -> None:
    for place in ("code", "outputs", "comment", "raw"):
        assert html.escape(text) in places(text)[place], place


def test_a_page_may_load_nothing_and_run_nothing() -> None:
    (policy,) = [a["content"] for _, a in Elements(made()).tags if "http-equiv" in a]
    assert policy and "default-src 'none'" in policy and "script" not in policy
    assert "http:" not in made() and "https:" not in made()


def test_a_picture_is_shown_if_it_is_one() -> None:
    for data, shown in ((PNG, True), ("AAAA", False), ("<svg>", False), (f"{PNG} ", False)):
        cell = new_code_cell("1", outputs=[new_output("display_data", data={"image/png": data})])
        assert (f"base64,{PNG}" in made(cell)) == shown


SHORT = [
    ({}, "what is done differs from the right answer (relative difference about 1e-02)"),
    ({"rung": "shape"}, "what comes back has another shape"),
    ({"rung": "defined", "answer": "unwritten"}, "it is not written yet"),
    ({"rung": "defined", "answer": "raised", "raised": "ValueError"}, "it raised ValueError"),
    ({"rung": "defined", "answer": "raised", "raised": "Lr07531"}, "it raised an exception"),
    ({"rung": "defined", "answer": "raised", "raised": "print"}, "it raised an exception"),
    ({"rung": "defined", "answer": "refused"}, "what answered is not your own work"),
    ({"outcome": "out of time", "message": "0.7531"}, "it ran out of time"),
    ({"outcome": "not run", "message": "0.7531"}, "it could not be run to its end"),
    ({"error_size": float("inf")}, "the difference is infinite"),
    ({"hint": "Hint: think of signs."}, "Hint: think of signs."),
]


@pytest.mark.parametrize(("found", "said"), SHORT, ids=[said for _, said in SHORT])
def test_a_hidden_test_is_its_claim_and_the_shortfall(found: dict[str, Any], said: str) -> None:
    leaking = "step 1: expected 0.24681, lr=0.7531, seed 86420"
    cell = new_code_cell(
        f"seen()\n{HIDDEN}",
        metadata=TEST,
        outputs=[
            new_output("stream", name="stdout", text=leaking),
            new_output("error", ename="CheckFailed", evalue=leaking, traceback=[leaking]),
        ],
    )
    source = made(cell, cells=[entry(**found)])
    text = Elements(source).text
    assert "SGD" in text and said in text and "seen()" in text
    for hidden in ("7531", "86420", "24681", "13579", "HIDDEN", "check("):
        assert hidden not in source


def test_what_was_found_more_than_once_is_said_once() -> None:
    (line,) = shortfalls.lines(entry()["checks"] * 3)
    assert line.endswith("(3 times)") and line.startswith("✗")


def test_without_a_record_a_hidden_test_shows_its_points_alone() -> None:
    output = new_output("stream", name="stdout", text="lr=0.7531")
    cell = new_code_cell(HIDDEN, metadata=TEST, outputs=[output])
    given = Returned({"sgd-hidden-1": Given(1.0, 2.0)})
    notebook = new_notebook(cells=[cell])
    source = page(Graded("ann", "optimizers", notebook, given, None))
    assert "1 of 2" in source and "7531" not in source and "A hidden test" in source


def test_points_and_a_persons_words_come_from_the_gradebook() -> None:
    cell = new_markdown_cell("My answer", metadata={"nbgrader": {**SOLUTION["nbgrader"]}})
    given = Returned({"sgd-solution": Given(3.0, 4.0, "Well said")}, penalty=0.5)
    source = made(cell, given=given)
    assert (
        "2.5 of 4 points" in source and "Well said" in source and "0.5 points were taken" in source
    )


def test_exercises_are_read_from_names() -> None:
    known = {"adam-visible-1": "adam", "conventions-hidden-3": "conventions"}
    assert {name: cells.exercise(name) for name in known} == known


@pytest.mark.parametrize(
    ("source", "disarmed"),
    [
        ("a <b>c</b>", "a &lt;b>c&lt;/b>"),
        ("<!-- x", "&lt;!-- x"),
        ("1 < 2 <= 3 <- 4", "1 < 2 <= 3 <- 4"),
        (SCRIPT, "&lt;script>alert(1)&lt;/script>"),
    ],
)
def test_what_formgrader_shows_of_markdown_holds_no_html(source: str, disarmed: str) -> None:
    notebook = new_notebook(cells=[new_markdown_cell(source), new_code_cell(source)])
    cells.disarm(notebook)
    assert [cell.source for cell in notebook.cells] == [disarmed, source]
