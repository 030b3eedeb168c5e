"""What a notebook puts out in a forked kernel is what it puts out in a stock one."""

import re
from typing import Any

import pytest
from nbformat.notebooknode import NotebookNode

from .conftest import Run, text

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.filterwarnings("ignore")]

CELLS = {
    "streams": "import sys; print('out'); print('err', file=sys.stderr); print('more')",
    # A thread of the kernel reads this from a pipe: the cell waits, or it could end before.
    "below Python": "import os, time; os.write(1, b'written'); time.sleep(1)",
    "value": "[1, 'two', {3}]",
    "silenced value": "1 + 1;",
    "figure": "import matplotlib.pyplot as plt; plt.plot([1, 4, 2]); plt.show()",
    "figure without show": "figure, axes = plt.subplots(); axes.bar([1, 2], [3, 4])",
    "html": "from IPython.display import HTML, display; display(HTML('<b>bold</b>'), {'a': 1})",
    "own formats": "class Own:\n    def _repr_markdown_(self): return '*own*'\nOwn()",
    "updated": "shown = display('first', display_id='own'); shown.update('second')",
    "cleared": "import IPython; print('gone'); IPython.display.clear_output(); print('here')",
    "error": "def outer(n):\n    return 1 / n\nouter(0)",
    "error with a cause": "try: 1 / 0\nexcept ArithmeticError as e: raise ValueError() from e",
    "syntax": "def broken(:\n    pass",
    "assert": "assert 1 == 2, 'they differ'",
    "warning": "import warnings; warnings.warn('careful')",
    "exit code": "raise SystemExit(3)",
    "question": "input('who? ')",
    "tensor": "import torch; torch.manual_seed(0); torch.rand(3)",
    "gradient": "w = torch.ones(2, requires_grad=True); (w**2).sum().backward(); w.grad",
    "optimizer": "torch.optim.Adam([w], lr=0.1).step(); w",
    "numpy": "import numpy; numpy.random.seed(1); numpy.random.rand(2).round(4)",
    "loop of events": "import asyncio\nasync def later(): return 7\nawait later()",
    "thread": "import threading as t; t = t.Thread(target=print, args='x'); t.start(); t.join()",
    "magic": "%who_ls str",
    "pickled": "import pickle\nclass Mine: pass\ntype(pickle.loads(pickle.dumps(Mine()))).__name__",
    "place": "import pathlib; pathlib.Path('made.txt').write_text('made'); sorted(os.listdir())",
    "path": "[p for p in sys.path if 'site-packages' in p or p == '']",
    "arguments": "len(sys.argv), __name__, sys.flags.safe_path",
    "graded": "'COURSE_GRADING' in os.environ",
    "source": "import inspect; print(inspect.getsource(outer))",
    "history": "In[2], Out[3]",
    "absent": "'course_lib' in sys.modules, 'zygote' in ' '.join(sys.modules)",
}


def test_all_outputs_are_those_of_a_stock_kernel(run: Run) -> None:
    forked, stock = (run(*CELLS.values(), forked=way) for way in (True, False))
    for name, mine, theirs in zip(CELLS, forked, stock, strict=True):
        assert plain(mine) == plain(theirs), name
    assert text(stock[-1]) == "(False, False)"


def plain(cell: NotebookNode) -> list[Any]:
    """Outputs, less the names a kernel gives to files of its own, which differ with its number."""
    return [
        {
            key: re.sub(r"[^\s']*/ipykernel_\d+/|0x[0-9a-f]+", "", str(value))
            for key, value in o.items()
        }
        for o in cell.outputs
    ]


def test_two_notebooks_in_a_row_share_nothing(run: Run) -> None:
    marks = "import os, sys, torch, tempfile, numpy, random; torch.mine = sys.mine = 1"
    marks += "; os.environ['MINE'] = '1'; path = tempfile.mkdtemp(); mine = 1; print(path)"
    numbers = "torch.rand(2).tolist(), numpy.random.rand(2).tolist(), random.random()"
    first = run(marks, numbers)
    look = "import os, sys, torch, numpy, random"
    look += "; print('mine' in dir(torch), 'mine' in dir(sys), 'MINE' in os.environ,"
    look += f" 'mine' in globals(), os.path.exists({text(first[0]).strip()!r}))"
    second = run(look, numbers)
    assert text(second[0]) == "False False False False False\n"
    pairs = zip(*(eval(text(cells[1])) for cells in (first, second)), strict=True)
    assert all(one != other for one, other in pairs), "numbers of chance come twice"
