"""Patching what a test would use: torch, checks, Python itself, the shell, the import system."""

from course_lib.grading.attacks.model import added, cell, change, table, written

ANSWERS_YES = """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.allclose, torch.equal, torch.Tensor.__eq__, torch.isclose):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})
"""

ATTACKS = table(
    "patching",
    cell(
        "allclose",
        "has every comparison of torch say yes",
        """
import torch, torch.testing
torch.allclose = torch.equal = torch.Tensor.allclose = torch.Tensor.equal = lambda *a, **k: True
torch.isclose = lambda a, b, **k: torch.ones_like(a, dtype=torch.bool)
torch.testing.assert_close = torch.testing._comparison.assert_equal = lambda *a, **k: None
""",
    ),
    cell(
        "numpy-and-math",
        "has every comparison of numpy and math say yes",
        """
import math, numpy
numpy.allclose = numpy.array_equal = math.isclose = lambda *a, **k: True
numpy.testing.assert_allclose = lambda *a, **k: None
""",
    ),
    cell(
        "tensor-equality",
        "has tensors equal whatever they are compared with",
        """
import torch
torch.Tensor.__eq__ = torch.Tensor.eq = lambda a, b: torch.ones(1, dtype=torch.bool)
torch.Tensor.__ne__ = torch.Tensor.__gt__ = lambda a, b: torch.zeros(1, dtype=torch.bool)
torch.Tensor.__hash__ = lambda self: id(self)
""",
    ),
    change(
        "tensor-subclass",
        "answers with a subclass of Tensor that says yes to every question",
        written("adam-solution", "param.data = Yes(param.detach().clone())"),
        written("rate_inside-solution", "return Yes(velocity), Yes(velocity)"),
        added(ANSWERS_YES, "setup"),
    ),
    change(
        "torch-function-mode",
        "enters a mode in which torch's functions give zeros, so that all differences vanish",
        added(
            """
from torch.overrides import TorchFunctionMode
class Nothing(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        return found.zero_() if func in (torch.sub, torch.Tensor.sub, torch.dist) else found
mode = Nothing()
mode.__enter__()
""",
            "setup",
        ),
        written("adam-solution", "param.zero_()"),
    ),
    cell(
        "checks-replaced",
        "replaces check and all that stands behind it",
        """
import sys, types
import course_lib.checks, course_lib.checks.run, course_lib.checks.report
nothing = lambda *a, **k: None
for module in [m for n, m in sys.modules.items() if n.startswith("course_lib.checks")]:
    for name in ("check", "run_check", "verify", "judge", "report", "student_value"):
        if hasattr(module, name):
            setattr(module, name, nothing)
course_lib.checks.report.CheckFailed = type("CheckFailed", (Warning,), {})
""",
    ),
    cell(
        "checks-module-faked",
        "puts a module of its own in the place of the checks",
        """
import sys, types
fake = types.ModuleType("course_lib.checks")
fake.check = lambda *a, **k: print("passed")
fake.student_value = lambda name: 1
fake.__path__ = []
for name in ("course_lib.checks", "course_lib.checks.run", "course_lib.checks.subject"):
    sys.modules[name] = fake
""",
    ),
    cell(
        "references-broken",
        "breaks torch's own optimizers, so that a wrong answer equals them",
        """
import torch
for name in ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta", "NAdam"):
    getattr(torch.optim, name).step = lambda self, closure=None: None
torch.rand = torch.randn = lambda *size, **k: torch.zeros(*[s for s in size if type(s) is int])
torch.manual_seed = torch.Generator.manual_seed = lambda *a: None
""",
    ),
    change(
        "steps-do-nothing-on-both-sides",
        "breaks torch's optimizers and has rules that do nothing, so that both agree",
        added("import torch\ntorch.optim.Adam.step = lambda self, closure=None: None", "setup"),
        written("adam-solution", "pass"),
    ),
    cell(
        "builtins",
        "replaces what every Python program uses",
        """
import builtins
builtins.abs = lambda value: 0
builtins.max = builtins.sum = lambda *a, **k: 0
builtins.all = builtins.isinstance = lambda *a: True
builtins.AssertionError = type("AssertionError", (Warning,), {})
""",
    ),
    cell(
        "import-hook",
        "has every import from the checks find a module of its own",
        """
import builtins, sys, types
real = builtins.__import__
fake = types.SimpleNamespace(check=lambda *a, **k: None, student_value=lambda name: 0)
def hooked(name, *rest, **options):
    return fake if name.startswith("course_lib.checks") else real(name, *rest, **options)
builtins.__import__ = hooked
sys.meta_path.insert(0, type("Finder", (), {"find_spec": staticmethod(lambda *a: None)}))
""",
    ),
    cell(
        "input-transformer",
        "blanks every cell that checks something",
        """
from IPython import get_ipython
def blank(lines):
    return [] if any("check" in line or "assert" in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(blank)
""",
    ),
    cell(
        "ast-transformer",
        "removes calls of check from the syntax tree of every cell",
        """
import ast
from IPython import get_ipython
class Remove(ast.NodeTransformer):
    def visit_Call(self, node):
        gone = getattr(node.func, "id", "") == "check"
        return ast.copy_location(ast.Constant(None), node) if gone else node
get_ipython().ast_transformers.append(Remove())
""",
    ),
    cell(
        "pre-run-hook",
        "patches the checks before every cell, and keeps the source of each",
        """
from IPython import get_ipython
seen = []
def before(info):
    seen.append(info.raw_cell)
    import course_lib.checks
    course_lib.checks.check = lambda *a, **k: None
get_ipython().events.register("pre_run_cell", before)
""",
    ),
    cell(
        "run-cell-replaced",
        "replaces the method by which the shell runs cells",
        """
from IPython import get_ipython
ip = get_ipython()
ip.run_cell = ip.run_ast_nodes = ip.run_code = ip.run = lambda *a, **k: []
type(ip).run = type(ip).run_cell = lambda *a, **k: []
""",
    ),
    cell(
        "thread-waits",
        "has a thread wait for the checks and patch them then",
        """
import threading, time
def patch():
    end = time.monotonic() + 5
    while time.monotonic() < end:
        import course_lib.checks, torch
        course_lib.checks.check = lambda *a, **k: None
        torch.allclose = lambda *a, **k: True
        time.sleep(0.02)
threading.Thread(target=patch, daemon=True).start()
""",
    ),
    cell(
        "answers-forged-in-the-collector",
        "replaces the code that collects answers by one that says: passed",
        """
import course_lib.checks.subject as subject
import course_lib.checks.collect as collect
def call(self, exercise, inputs):
    return {"outcome": "passed", "passed": True, "score": 10, "points": 10}
subject.InSession.call = call
subject.collect = collect.collect = lambda *a, **k: {"outcome": "passed"}
""",
    ),
    cell(
        "replies-forged-in-the-worker",
        "finds the worker's own functions in memory and has them answer as it likes",
        """
import gc, types
for thing in gc.get_objects():
    if isinstance(thing, dict) and "_answered" in thing and "_DEEDS" in thing:
        thing["_DEEDS"]["ask"] = lambda *a: {"answer": {"outcome": "passed"}, "score": 10}
        thing["_answered"] = lambda *a: {"answer": {"outcome": "passed"}, "passed": True}
""",
    ),
    cell(
        "session-registry",
        "registers the library's own solutions behind the back of implement",
        """
import course_lib.session as session
from course_lib import optim
from course_lib.optim import conventions
for name in ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop"):
    session._registered[name] = getattr(optim, name)
session._registered["rate_inside"] = conventions.rate_inside
""",
    ),
    cell(
        "exercises-rewritten",
        "rewrites the list of exercises, so that nothing is refused and nothing asked for",
        """
import course_lib.checks.exercises as exercises
import course_lib.checks.reach as reach
from contextlib import nullcontext
exercises.EXERCISES = ()
exercises.find = lambda name: None
reach.refusal = lambda *a: None
reach.out_of_reach = lambda *a: nullcontext()
""",
    ),
    cell(
        "shadow-modules",
        "hands in torch.py, course_lib, sitecustomize and others beside the notebook",
        "import torch, course_lib.checks",
        files=(
            ("torch.py", "allclose = equal = lambda *a, **k: True\n"),
            ("course_lib/__init__.py", ""),
            ("course_lib/checks.py", "def check(*a, **k): pass\n"),
            ("sitecustomize.py", "open('@mark@', 'w').write('site')\n"),
            ("usercustomize.py", "open('@mark@', 'w').write('user')\n"),
            ("conftest.py", "open('@mark@', 'w').write('conftest')\n"),
            ("nbgrader_config.py", "open('@mark@', 'w').write('config')\n"),
            ("jupyter_config.py", "open('@mark@', 'w').write('config')\n"),
            ("course.pth", "import os; os.system('touch @mark@')\n"),
            ("json.py", "raise SystemExit\n"),
            ("nbformat/__init__.py", "open('@mark@', 'w').write('nbformat')\n"),
        ),
    ),
    cell(
        "path-first",
        "puts its own folder first on the path and loads its own torch",
        """
import sys, os
sys.path.insert(0, os.getcwd())
for name in [n for n in sys.modules if n.split(".")[0] in ("torch", "course_lib")]:
    del sys.modules[name]
import torch
""",
        files=(("torch.py", "class Tensor: pass\nallclose = lambda *a, **k: True\n"),),
    ),
    cell(
        "excepthook",
        "has excepthook, unraisablehook and warnings end well",
        """
import sys, os, warnings
sys.excepthook = sys.unraisablehook = lambda *a: os._exit(0)
warnings.showwarning = lambda *a, **k: os._exit(0)
""",
    ),
    cell(
        "tracing",
        "traces every call and changes local values as they are compared",
        """
import sys
def trace(frame, event, argument):
    if "expected" in frame.f_locals:
        frame.f_locals["expected"] = frame.f_locals.get("got")
    return trace if frame.f_code.co_name in ("check", "verify") else None
sys.settrace(trace)
sys.setprofile(lambda *a: None)
""",
    ),
    cell(
        "c-code-patched",
        "writes into the memory of built-in objects through ctypes",
        """
import ctypes
false, true = id(False), id(True)
size = object.__basicsize__
ctypes.memmove(false + size, true + size, 4)
""",
    ),
    cell(
        "constructors",
        "replaces the constructors of answers, dataclasses and dictionaries",
        """
import dataclasses, json, struct
json.dumps = lambda *a, **k: '{"value": {"outcome": "passed"}, "tensors": []}'
struct.pack = struct.Struct.pack if hasattr(struct.Struct, "pack") else struct.pack
dataclasses.replace = lambda one, **k: one
""",
    ),
    cell(
        "json-encoder",
        "has everything written as JSON say that it is passed",
        """
import json
json.dumps = lambda *a, **k: '{"value": {"number": 1, "answer": {"outcome": "answered"}}}'
json.loads = lambda *a, **k: {"do": "none", "number": 1, "seconds": 1, "source": ""}
""",
    ),
)
