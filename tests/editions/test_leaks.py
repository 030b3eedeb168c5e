"""No solution and no hidden test reaches a place where a student could read it."""

import ast
import html
import textwrap

import nbformat
import pytest

from course_lib.editions.leaks import find_leaks, hidden_secrets, solution_secrets
from course_lib.editions.library import ROOT, library_regions
from course_lib.editions.student import derive

SOURCES = sorted((ROOT / "assignments" / "source").glob("*/*.ipynb"))


@pytest.fixture(scope="module")
def secrets():
    return solution_secrets() + hidden_secrets(SOURCES)


def test_every_region_but_a_single_formula_has_a_secret(secrets):
    # One statement alone is the formula itself, which the book must show.
    formulas = {key for key, (_, region) in library_regions().items() if is_one_statement(region)}
    assert "step_lr" in formulas and "Adam.update" not in formulas
    assert {secret.source for secret in secrets} >= set(library_regions()) - formulas


def is_one_statement(region):
    body = ast.parse(f"def f():\n{textwrap.indent(textwrap.dedent(region.text), '    ')}").body[0]
    return all(len(block) < 2 for block in blocks(body))


def blocks(node):
    found = [getattr(n, name, None) for n in ast.walk(node) for name in ("body", "orelse")]
    return [block for block in found if isinstance(block, list)]


def test_every_notebook_has_hidden_blocks(secrets):
    assert {secret.source for secret in secrets} >= {path.name for path in SOURCES}


def test_the_student_edition_does_not_leak(secrets, tmp_path):
    derive(tmp_path / "student")
    assert [str(leak) for leak in find_leaks(tmp_path / "student", secrets)] == []


def plant_in_module(folder, code):
    (folder / "adam.py").write_text(f"def update():\n{code}")


def plant_in_notebook(folder, code):
    cell = nbformat.v4.new_code_cell(f"def f():\n{code}")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "release.ipynb")


def plant_in_output(folder, code):
    output = nbformat.v4.new_output("stream", text=code)
    cell = nbformat.v4.new_code_cell("show()", outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "executed.ipynb")


def plant_in_page(folder, code):
    coloured = html.escape(code).replace("=", '<span class="o">=</span>')
    (folder / "page.html").write_text(f"<pre>{coloured}</pre>")


def plant_reformatted(folder, code):
    squeezed = code.replace("    ", "\t").replace('"', "'").replace(", ", ",\n\t\t")
    (folder / "notes.txt").write_text(squeezed)


def plant_in_search_index(folder, code):
    (folder / "searchindex.js").write_text(f"Search.setIndex({{text: `{code}`}})")


PLANTS = [
    plant_in_module,
    plant_in_notebook,
    plant_in_output,
    plant_in_page,
    plant_reformatted,
    plant_in_search_index,
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_solution_is_found(plant, secrets, tmp_path):
    plant(tmp_path, library_regions()["Adam.update"][1].text)
    assert "Adam.update" in {leak.secret.source for leak in find_leaks(tmp_path, secrets)}


def test_two_consecutive_statements_are_enough(secrets, tmp_path):
    secret = next(s for s in secrets if s.source == "RMSprop.update" and len(s.code) > 60)
    (tmp_path / "page.md").write_text(f"Some text.\n\n{secret.code}\n")
    assert list(find_leaks(tmp_path, [secret]))


def test_a_planted_hidden_test_is_found(tmp_path):
    secret = hidden_secrets(SOURCES)[0]
    plant_in_page(tmp_path, secret.code)
    assert list(find_leaks(tmp_path, [secret]))


def test_a_hidden_block_with_its_mark_is_found(tmp_path):
    (tmp_path / "page.html").write_text("<pre>### BEGIN HIDDEN TESTS</pre>")
    assert [leak.secret.source for leak in find_leaks(tmp_path, [])] == [
        "the mark of a hidden block"
    ]


def test_a_students_own_work_is_no_leak_in_the_students_feedback(secrets, tmp_path):
    code = library_regions()["Adam.update"][1].text
    plant_in_page(tmp_path, code)
    assert list(find_leaks(tmp_path, secrets, own_work=code)) == []
