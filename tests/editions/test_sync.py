"""The source notebooks carry the library's solutions, byte for byte."""

import nbformat
import pytest

from course_lib.editions.library import library_regions
from course_lib.editions.regions import BEGIN, END, RegionError
from course_lib.editions.sync import sync


def notebook_with(folder, source):
    path = folder / "demo" / "demo.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    return path


def solution_cell(body):
    return (
        "class Adam:\n    def update(self, param, grad, state, group):\n"
        f"        {BEGIN}\n{body}        {END}"
    )


def test_the_committed_notebooks_are_in_step():
    assert [str(difference) for difference in sync(check=True)] == []


def test_a_stale_cell_is_reported_and_left_alone_by_a_check(tmp_path):
    path = notebook_with(tmp_path, solution_cell("        old = 1\n"))
    before = path.read_bytes()
    assert [d.key for d in sync(check=True, sources=tmp_path)] == ["Adam.update"]
    assert path.read_bytes() == before


def test_sync_copies_the_text_between_the_marks_and_nothing_else(tmp_path):
    path = notebook_with(tmp_path, solution_cell("        old = 1\n"))
    sync(sources=tmp_path)
    library = library_regions()["Adam.update"][1].text
    assert nbformat.read(path, as_version=4).cells[0].source == solution_cell(library)
    assert sync(check=True, sources=tmp_path) == []


def test_a_region_the_library_does_not_have_is_refused(tmp_path):
    notebook_with(tmp_path, solution_cell("        x = 1\n").replace("Adam", "Unknown"))
    with pytest.raises(RegionError, match=r"demo.ipynb, cell 0, line 3: .*'Unknown.update'"):
        sync(sources=tmp_path)


def test_a_stray_mark_in_a_notebook_is_refused_with_cell_and_line(tmp_path):
    notebook_with(tmp_path, f"x = 1\n{END}")
    with pytest.raises(RegionError, match=r"demo.ipynb, cell 0:2: "):
        sync(sources=tmp_path)
