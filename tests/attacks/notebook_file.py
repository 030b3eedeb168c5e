"""Forging in the notebook's own file: tags, metadata, names of cells, the cells themselves."""

import copy
import json

import nbformat

from course_lib.grading.attacks.model import change, table
from course_lib.grading.recipes.common import find


def _tests(notebook):
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    ]


def _tags(*tags):
    def do(notebook):
        for cell in notebook.cells:
            cell.metadata["tags"] = list(tags)

    return do


def _tests_set(**details):
    def do(notebook):
        for cell in _tests(notebook):
            cell.metadata["nbgrader"].update(details)

    return do


def _tests_become(source):
    def do(notebook):
        for cell in _tests(notebook):
            cell.source = source

    return do


def _tests_typed(kind):
    def do(notebook):
        for cell in _tests(notebook):
            cell.cell_type = kind
            for name in ("outputs", "execution_count"):
                cell.pop(name, None)

    return do


def _deletes_tests(notebook):
    notebook.cells = [cell for cell in notebook.cells if cell not in _tests(notebook)]


def _strips(notebook):
    for cell in notebook.cells:
        cell.metadata = {}


def _own_tests_count(notebook):
    """Take a test's name for a cell of one's own, and send the test away."""
    for cell in _tests(notebook):
        own = copy.deepcopy(cell)
        own.source, own.id = "assert True", f"{cell.id}-own"[-60:]
        notebook.cells.append(own)
        del cell.metadata["nbgrader"]


def _passes_names_on(notebook):
    """Give one solved exercise's test name to all."""
    for cell in _tests(notebook):
        cell.metadata["nbgrader"]["grade_id"] = "adadelta-visible-1"


def _solution_flags(notebook):
    for cell in _tests(notebook):
        cell.metadata["nbgrader"].update(solution=True, locked=False, grade=True)
        cell.source = "pass"


def _same_ids(notebook, path):
    raw = json.loads(nbformat.writes(notebook))
    for cell in raw["cells"]:
        cell["id"] = "one"
    path.write_text(json.dumps(raw))


def _no_cells(notebook):
    notebook.cells = []


def _other_kernel(notebook):
    notebook.metadata["kernelspec"] = {
        "name": "bash",
        "language": "bash",
        "display_name": "../../../bin/sh",
    }
    notebook.metadata["language_info"] = {"name": "bash", "version": "9"}


def _names_another(notebook):
    notebook.metadata.update(course_student="@victim@", course_notices=["all is well"])
    notebook.metadata["nbgrader"] = {"score": 90, "student": "@victim@"}


def _checksums(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"]["checksum"] = "0" * 32


def _odd_names(notebook):
    odd = ["../../@victim@", "", None, 5, ["x"], {"a": 1}, "\0", "x" * 100_000]
    for cell, name in zip(_tests(notebook), odd, strict=False):
        cell.metadata["nbgrader"]["grade_id"] = name


def _not_valid(**fields):
    """Write a file nbformat would not write."""

    def save(notebook, path):
        raw = json.loads(nbformat.writes(notebook))
        raw.update(fields)
        path.write_text(json.dumps(raw))

    return save


def _attachments(notebook):
    for cell in notebook.cells:
        cell["attachments"] = {"a.html": {"text/html": "<script>course-attack</script>"}}


def _written_by_hand(notebook):
    find(notebook, "written-momentum").metadata["nbgrader"].update(grade=False, points=0)
    for cell in _tests(notebook):
        cell.metadata["nbgrader"].update(solution=True, task=True)


def _task_cells(notebook):
    for cell in _tests(notebook):
        cell.cell_type = "markdown"
        cell.metadata["nbgrader"].update(task=True, grade=True, solution=False)
        for name in ("outputs", "execution_count"):
            cell.pop(name, None)


def _copies_of_all(notebook):
    """Every cell twice, as JupyterLab's copy and paste does it."""
    notebook.cells += [copy.deepcopy(cell) for cell in notebook.cells]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"


ATTACKS = table(
    "notebook file",
    change("tag-skip", "has test cells skipped by a tag", _tags("skip-execution")),
    change("tag-raises", "has errors in test cells ignored by a tag", _tags("raises-exception")),
    change(
        "tags-of-all-tools",
        "uses the tags by which other tools skip, hide or replace cells",
        _tags("remove_cell", "parameters", "injected-parameters", "no-execute", "nbval-skip"),
    ),
    change("tests-emptied", "empties the test cells", _tests_become("")),
    change("tests-edited", "lets the test cells pass", _tests_become("assert True")),
    change("tests-deleted", "deletes the test cells", _deletes_tests),
    change("tests-raw", "makes the test cells raw text", _tests_typed("raw")),
    change("tests-markdown", "makes the test cells Markdown", _tests_typed("markdown")),
    change("metadata-stripped", "removes all metadata", _strips),
    change("points-raised", "raises the points of its tests", _tests_set(points=1000)),
    change("points-infinite", "gives tests infinite points", _tests_set(points=float("inf"))),
    change("points-in-words", "gives tests points that are no number", _tests_set(points="all")),
    change("not-graded", "says that tests are not graded", _tests_set(grade=False)),
    change("unlocked", "says that tests are its own to write", _solution_flags),
    change("written-by-hand", "says that tests are for a person to mark", _written_by_hand),
    change("tasks", "makes tests into tasks, which nobody runs", _task_cells),
    change("schema-99", "claims a format of the future", _tests_set(schema_version=99)),
    change("schema-1", "claims a format of the past", _tests_set(schema_version=1)),
    change("checksums-zero", "sets every checksum to zeros", _checksums),
    change("names-unknown", "gives tests names nobody knows", _tests_set(grade_id="mine")),
    change("names-odd", "gives tests names that are no names", _odd_names),
    change("names-passed-on", "gives all tests one name", _passes_names_on),
    change("tests-impersonated", "gives the names of tests to cells of its own", _own_tests_count),
    change("ids-equal", "gives all cells one id", save=_same_ids),
    change("no-cells", "hands in a notebook without cells", _no_cells),
    change("other-kernel", "asks for another kernel, a shell", _other_kernel),
    change("names-another", "claims another student's name, and a score", _names_another),
    change("attachments", "hides scripts in attachments", _attachments),
    change(
        "format-99",
        "claims a version of the file format that does not exist",
        save=_not_valid(nbformat=99, nbformat_minor=99),
    ),
    change("format-text", "says its version in words", save=_not_valid(nbformat="four")),
    change("cells-no-list", "has a number for its cells", save=_not_valid(cells=7)),
    change("metadata-no-dict", "has a list for its metadata", save=_not_valid(metadata=[1])),
    change(
        "everything-twice",
        "has every cell twice, all right; the class goes on, and no point is lost or won",
        _copies_of_all,
        solved=True,
    ),
    change(
        "test-cell-twice",
        "has one test cell twice, an innocent slip",
        lambda nb: nb.cells.append(
            nbformat.from_dict({**copy.deepcopy(find(nb, "adam-visible-1")), "id": "copied"})
        ),
        solved=True,
    ),
)
