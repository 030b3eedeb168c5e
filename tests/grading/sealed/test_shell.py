"""A session takes Python as it is, and everything else as IPython does."""

import warnings

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_lib.grading.sealed.shell import Shell


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("x = 1\ny = 2", True),
        ("x = 1\ny = 2\n", True),
        ("def f():\n    return '%time'\n\n\nf();  # %who", True),
        ('text = """\n!ls\n%time\n"""', True),
        ("async def f():\n    await g()\n", True),
        ("", False),
        ("x", False),
        ("exit", False),
        ("%time 1", False),
        ("%%time\nx = 1", False),
        ("x = 1\n%time x", False),
        ("files = !ls\nx = 1", False),
        ("x = 1\nx?", False),
        ("\n\nx = 1\ny = 2", False),
        ("    x = 1\n    y = 2", False),
        (">>> x = 1\n>>> y = 2", False),
        ("In [1]: x = 1\nIn [2]: y = 2", False),
        ("In [1]: x\ny = 2", False),
        ("x = (\n", False),
        ("x = 1\0\ny = 2", False),
    ],
)
def test_cells_become_what_ipython_makes_of_them(shell: Shell, source: str, left: bool) -> None:
    looked = []
    shell.input_transformer_manager.transform_cell = lambda cell: looked.append(cell) or cell
    shell.transform_cell(source)
    assert (not looked) == left
    del shell.input_transformer_manager.transform_cell
    assert shell.transform_cell(source) == InteractiveShell.transform_cell(shell, source)


def test_a_look_at_a_cell_gives_no_warning(shell: Shell) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shell.transform_cell("x = 1\ny = '\\d'\n") == "x = 1\ny = '\\d'\n"
