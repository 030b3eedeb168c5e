"""Honest and odd: nobody attacks here, and every point stays."""

import copy
import random

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course_lib.grading import cells
from course_lib.grading.attacks.model import HONEST, LAST, added, cell, change, table
from course_lib.grading.recipes.common import find, in_function


def _right(name, what, code, **options):
    return cell(name, what, code, solved=True, **options)


def _changed(name, what, *changes, **options):
    return change(name, what, *changes, solved=True, **options)


def _in_adam(name, what, line):
    return _changed(name, what, in_function("adam-solution", "update", line))


def _variant(name, what, slug, assignment="optimizers"):
    return change(name, what, solved=True, variants=(slug,), assignment=assignment)


def _deletes_pictures(notebook):
    notebook.cells = [c for c in notebook.cells if not c.get("id", "").endswith("picture")]


def _solutions_first(notebook):
    """All solutions right behind the imports, as somebody tidies up."""
    own = [c for c in notebook.cells if cells.name(c).endswith("-solution")]
    rest = [c for c in notebook.cells if c not in own]
    place = rest.index(find(notebook, "pictures")) + 1
    notebook.cells = rest[:place] + own + rest[place:]


def _tests_last(notebook):
    tests = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    notebook.cells = [c for c in notebook.cells if c not in tests] + tests


def _tests_shuffled(notebook):
    places = [
        i
        for i, c in enumerate(notebook.cells)
        if c.cell_type == "code" and c.metadata.get("nbgrader", {}).get("grade")
    ]
    tests = [notebook.cells[i] for i in places]
    random.Random(0).shuffle(tests)
    for place, test in zip(places, tests, strict=True):
        notebook.cells[place] = test


def _split(notebook):
    """Helpers in a cell of their own, above the solution."""
    place = notebook.cells.index(find(notebook, "adam-solution"))
    notebook.cells.insert(place, new_code_cell("def correction(beta, t):\n    return 1 - beta**t"))
    found = find(notebook, "adam-solution")
    found.source = found.source.replace(
        "1 - beta1**t, 1 - beta2**t", "correction(beta1, t), correction(beta2, t)"
    )


def _moved(notebook):
    place = notebook.cells.index(find(notebook, "adam-solution"))
    notebook.cells[place] = new_code_cell(notebook.cells[place].source)


def _copied(*names):
    def do(notebook):
        for name in names:
            found = copy.deepcopy(find(notebook, name))
            found["id"] = f"again-{name}"
            notebook.cells.insert(notebook.cells.index(find(notebook, name)) + 1, found)

    return do


def _without_ids(notebook):
    for number, one in enumerate(notebook.cells):
        one["id"] = f"renamed-{number}"


def _old_outputs(notebook):
    for one in notebook.cells:
        if one.cell_type == "code":
            one.outputs = [new_output("stream", name="stderr", text="an old warning\n")]
            one.execution_count = 7


def _extra_cells(notebook):
    for number in range(40, 0, -1):
        notebook.cells.insert(number, new_code_cell(f"try_{number} = {number} ** 2\ntry_{number}"))
        notebook.cells.insert(number, new_markdown_cell(f"## My notes {number}"))


def _broken_notes(notebook):
    """Cells of the student's own that fail; they have nothing to do with the exercises."""
    for text in (
        "1 / 0",
        "this is no Python",
        "undefined_name",
        "assert False",
        "raise SystemExit",
    ):
        notebook.cells.append(new_code_cell(text))
        notebook.cells.insert(3, new_code_cell(text))


def _other_version(notebook, path):
    older = copy.deepcopy(notebook)
    older["nbformat_minor"] = 4
    for one in older.cells:
        one.pop("id", None)
    path.write_text(nbformat.writes(older, version=4))


def _with_mark(notebook, path):
    path.write_text(nbformat.writes(notebook).replace("\n", "\r\n"), newline="")


def _one_line(notebook, path):
    import json

    path.write_text(json.dumps(json.loads(nbformat.writes(notebook)), ensure_ascii=True))


def _types_toggled(notebook):
    """Some test cells turned into Markdown and raw text: one key in JupyterLab does it."""
    for name, kind in (("sgd-visible-1", "markdown"), ("adam-hidden-2", "raw")):
        found = find(notebook, name)
        found.cell_type = kind
        del found["outputs"], found["execution_count"]


ATTACKS = table(
    HONEST,
    _in_adam("warns", "warns in every step", "__import__('warnings').warn('beware')"),
    _in_adam("prints", "prints in every step", "print('step', grad.norm())"),
    _in_adam("writes-to-stderr", "writes to stderr", "__import__('sys').stderr.write('look')"),
    _in_adam("logs", "logs a warning", "__import__('logging').warning('look: %s', 1)"),
    _in_adam("asserts", "has assertions of its own", "assert grad.shape == param.shape"),
    _in_adam("sleeps", "waits a millisecond a step", "__import__('time').sleep(0.001)"),
    _in_adam("collects-garbage", "collects garbage", "__import__('gc').collect(0)"),
    _in_adam("seeds", "sets seeds in a rule", "torch.manual_seed(0)"),
    _in_adam(
        "float64", "computes in double precision and rounds", "grad = grad.double().to(param.dtype)"
    ),
    _in_adam(
        "non-contiguous",
        "keeps a gradient that is not contiguous",
        "grad = torch.stack((grad, grad), -1)[..., 0]",
    ),
    _in_adam("copies", "copies what it is given", "grad = grad.clone().detach()"),
    _in_adam("no-grad", "switches gradients off once more", "torch.set_grad_enabled(False)"),
    _in_adam(
        "catches", "catches an error it expects", "try: {}['x']\n        except KeyError: pass"
    ),
    _in_adam(
        "thread-in-a-rule",
        "starts a thread in a rule and waits for it",
        "t = __import__('threading').Thread(target=int); t.start(); t.join()",
    ),
    _in_adam(
        "numpy-in-a-rule",
        "uses numpy in a rule",
        "import numpy; numpy.sqrt(abs(float(grad.sum())))",
    ),
    _variant("own-step", "writes step instead of update", "adam/step_of_its_own"),
    _variant("foreach", "works on lists of tensors", "sgd/foreach_lists"),
    _variant("lerp", "averages by lerp", "rmsprop/averages_by_lerp"),
    _variant("hypot", "takes roots by hypot", "adagrad/root_by_hypot"),
    _variant("together", "decays and steps in one", "adamw/decay_and_step_together"),
    _variant("tensor-step", "keeps its count in a tensor", "adam/tensor_step_read_as_number"),
    _variant("outside-by-add", "adds by a method", "rate_outside/outside_by_add"),
    _right(
        "warnings-at-import",
        "warns when the notebook starts",
        "import warnings\nwarnings.warn('old version', DeprecationWarning)\nwarnings.warn('x')",
    ),
    _right(
        "threads",
        "has a thread of its own running all the time",
        """
import threading, time
def tick():
    end = time.monotonic() + 3
    while time.monotonic() < end:
        time.sleep(0.1)
threading.Thread(target=tick, daemon=True).start()
""",
    ),
    _right(
        "pool",
        "computes in a pool of threads",
        """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(abs, range(-100, 100))))
""",
    ),
    _right(
        "torch-threads",
        "asks torch for more threads",
        """
import torch
torch.set_num_threads(4)
print((torch.rand(300, 300) @ torch.rand(300, 300)).shape)
""",
    ),
    _right("large-output", "prints a megabyte", "print('x' * 1_000_000)"),
    _right("many-lines", "prints 20,000 lines", "for i in range(20_000):\n    print(i)"),
    _right(
        "large-picture",
        "draws a large picture",
        """
import matplotlib.pyplot as plt
plt.figure(figsize=(12, 9), dpi=120)
plt.imshow([[i * j % 17 for i in range(300)] for j in range(300)])
plt.show()
""",
        at="pictures",
    ),
    _right(
        "unusual-imports",
        "imports much of Python",
        """
import ast, asyncio, ctypes, decimal, dis, fractions, heapq, inspect, multiprocessing, sqlite3
import numpy, pickle, scipy, sklearn, socket, statistics, subprocess, symtable, tempfile, uuid
import torch.nn.functional as F
from torch import optim as torch_optim
""",
    ),
    _right(
        "compares-with-torch",
        "compares itself with torch in a cell of its own",
        """
w = torch.ones(3, requires_grad=True)
w.grad = torch.ones(3)
theirs = torch.optim.Adam([w], lr=0.1)
theirs.step()
print(w)
""",
        at=LAST,
    ),
    _right(
        "own-tests",
        "has tests of its own",
        """
from course_lib.checks import check
check("adam", lr=0.3, steps=3, seed=5)
assert torch.allclose(torch.ones(2), torch.ones(2))
""",
        at=LAST,
    ),
    _right(
        "own-files",
        "writes and reads files of its own",
        """
from pathlib import Path
import tempfile, torch
Path("notes.txt").write_text("mine")
torch.save({"a": torch.ones(3)}, "mine.pt")
print(torch.load("mine.pt")["a"], Path("notes.txt").read_text())
with tempfile.NamedTemporaryFile() as file:
    file.write(b"x")
""",
    ),
    _right(
        "own-library",
        "imports its own library",
        "import my_course_lib\nprint(my_course_lib.answer)",
        files=(("my_course_lib.py", "answer = 42\n"),),
    ),
    _right("magics", "uses magics", "%timeit -n1 -r1 1 + 1\n%time 2 + 2\n%matplotlib inline\n%who"),
    _right("help", "asks for help", "import torch\ntorch.add?\nhelp(len)\ntorch.add??"),
    _right("await", "awaits", "import asyncio\nawait asyncio.sleep(0)\nprint('waited')"),
    _right(
        "default-dtype",
        "sets double precision as the default",
        "import torch\ntorch.set_default_dtype(torch.float64)",
        at="setup",
    ),
    _right("anomaly", "detects anomalies", "torch.autograd.set_detect_anomaly(True)", at="setup"),
    _right(
        "unicode",
        "names things in other alphabets",
        "η = 0.1\nградиент = '∇'\nprint(η, градиент, '🎲', '漢字')",
    ),
    _right(
        "display-frames",
        "shows tables",
        """
from IPython.display import display, Markdown
display(Markdown("**bold**"))
display({"a": 1})
torch.ones(2)
""",
        at="setup",
    ),
    _right(
        "custom-repr",
        "shows objects with words of their own",
        """
class Mine:
    def __repr__(self):
        return "mine"
    def _repr_html_(self):
        return "<b>mine</b>"
Mine()
""",
    ),
    _right(
        "recursion-limit",
        "sets a higher limit for recursion",
        "import sys\nsys.setrecursionlimit(5000)",
    ),
    _right(
        "seeded",
        "sets all seeds",
        """
import random, numpy, torch
random.seed(0), numpy.random.seed(0), torch.manual_seed(0)
""",
    ),
    _right(
        "implements-twice",
        "registers a first try, then the right one",
        """
@implement
class Adam(Optimizer):
    def update(self, param, grad, state, group):
        raise NotImplementedError
""",
        at="nesterov-picture",
    ),
    _changed("solutions-first", "has its solutions at the top", _solutions_first),
    _changed("tests-last", "has all tests at the end", _tests_last),
    _changed("tests-shuffled", "has the tests in another order", _tests_shuffled),
    _changed("split", "has a helper in a cell of its own", _split),
    _changed("moved", "has a solution in a cell without a name", _moved),
    _changed(
        "copied", "has copies of cells", _copied("sgd-visible-1", "adam-hidden-2", "sgd-solution")
    ),
    _changed("types-toggled", "has turned test cells into text by a slip", _types_toggled),
    _changed("renamed-ids", "has new ids for all cells", _without_ids),
    _changed("old-outputs", "comes with old outputs, warnings among them", _old_outputs),
    _changed("extra-cells", "has 80 cells more", _extra_cells),
    _changed("broken-notes", "has cells of its own that fail", _broken_notes),
    _changed("no-pictures", "has deleted the pictures", _deletes_pictures),
    _changed(
        "commented",
        "has comments in test cells",
        lambda nb: [
            setattr(c, "source", c.source + "\n# I like this one")
            for c in nb.cells
            if c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code"
        ],
    ),
    _changed("older-format", "was saved by an older program", save=_other_version),
    _changed("windows-lines", "was saved with other ends of lines", save=_with_mark),
    _changed("one-line", "was saved on one line", save=_one_line),
    _changed(
        "late-cell",
        "has an endless loop in a cell of its own, at the end",
        added("while True:\n    pass", LAST),
    ),
    _changed("quits-at-the-end", "ends its session in the last cell", added("exit()", LAST)),
    *(
        _right(
            f"{one}-as-it-is",
            f"solves {one} as its author does",
            "print('mine')",
            assignment=one,
        )
        for one in ("dropout", "batchnorm", "schedules")
    ),
)
