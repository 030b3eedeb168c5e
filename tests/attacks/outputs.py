"""Forging what a grader might read: outputs, exceptions, printed words, exit codes."""

from nbformat.v4 import new_output

from course_lib.grading.attacks.model import LAST, added, cell, change, table, written

ATTACKS = table(
    "outputs",
    cell(
        "prints-passed",
        "prints what a passed test prints",
        """
for name in ("adam", "sgd", "rate_inside"):
    print(f"passed {name}: the trajectory is right (cpu, 20 steps)")
print("all tests passed")
""",
    ),
    cell(
        "shows-a-number-after-each-cell",
        "shows a number after every cell, to be read as partial credit",
        """
import sys
from IPython import get_ipython
get_ipython().events.register("post_run_cell", lambda *_: sys.displayhook(5.0))
5.0
""",
    ),
    cell(
        "shows-before-failing",
        "replaces the check by one that shows a value before an assertion fails",
        """
import sys
import course_lib.checks
def check(*arguments, **options):
    sys.displayhook(3.0)
    raise AssertionError
course_lib.checks.check = check
""",
    ),
    cell(
        "shows-not-a-number",
        "shows nan before anything fails, which nbgrader takes for full points",
        """
import sys
import course_lib.checks
course_lib.checks.check = lambda *a, **k: sys.displayhook(float("nan")) or 1 / 0
""",
    ),
    cell(
        "shows-a-negative",
        "shows a negative number before anything fails, which nbgrader takes for full points",
        """
import sys
import course_lib.checks
course_lib.checks.check = lambda *a, **k: sys.displayhook(-1) or 1 / 0
""",
    ),
    cell(
        "shows-words",
        "shows a text before anything fails, which nbgrader takes for full points",
        """
import sys
import course_lib.checks
course_lib.checks.check = lambda *a, **k: sys.displayhook("all good") or 1 / 0
""",
    ),
    cell(
        "shows-infinity",
        "shows more points than there are",
        """
import sys
import course_lib.checks
course_lib.checks.check = lambda *a, **k: sys.displayhook(float("inf")) or 1 / 0
""",
    ),
    cell(
        "clears-outputs",
        "clears every output when it appears, errors included",
        """
from IPython import get_ipython
from IPython.display import clear_output
ip = get_ipython()
ip.events.register("post_run_cell", lambda *_: clear_output())
ip._showtraceback = ip.showtraceback = lambda *a, **k: None
""",
    ),
    cell(
        "swallows-exceptions",
        "has IPython swallow every exception",
        """
from IPython import get_ipython
get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)
""",
    ),
    cell(
        "exits-with-zero",
        "ends the process with a good exit code",
        "import os\nos._exit(0)",
    ),
    cell(
        "exits-in-time",
        "registers an exit with a good code for when the process is asked",
        """
import atexit, os, sys
atexit.register(os._exit, 0)
sys.exit(0)
""",
    ),
    change(
        "exits-in-the-rule",
        "ends the process with a good exit code when its rule is called",
        written("adam-solution", "import os\nos._exit(0)"),
        written("sgd-solution", "raise SystemExit(0)"),
        written("adagrad-solution", "raise KeyboardInterrupt"),
        written("rmsprop-solution", "import asyncio\nraise asyncio.CancelledError"),
        written("adamw-solution", "raise GeneratorExit"),
    ),
    cell(
        "forges-a-result-file",
        "writes result files as other graders read them",
        """
import json
for name in ("results.json", "grades.csv", "optimizers.json", "output.xml", "report.json"):
    open(name, "w").write(json.dumps({"score": 90, "earned": {"adam-visible-1": 3}}))
""",
    ),
    cell(
        "raises-what-says-passed",
        "registers classes whose exceptions look like a passed check",
        """
class CheckFailed(Exception):
    def _render_traceback_(self):
        return ["passed adam: everything (cpu, 10 steps)"]
@implement
class Adam(Optimizer):
    def __init__(self, *a, **k):
        raise CheckFailed("passed adam: everything (cpu, 10 steps)")
""",
        at="adam-solution",
    ),
    cell(
        "forges-messages-of-a-kernel",
        "sends forged replies on the sockets of the kernel",
        """
from IPython import get_ipython
kernel = getattr(get_ipython(), "kernel", None)
if kernel:
    parent = kernel.get_parent()
    content = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
    kernel.session.send(kernel.shell_stream, "execute_reply", content, parent)
    kernel.do_execute = None
""",
    ),
    change(
        "brings-its-outputs",
        "hands in test cells that already hold the outputs of a passed test",
        lambda nb: [
            c.outputs.append(new_output("execute_result", {"text/plain": "3"}, execution_count=1))
            for c in nb.cells
            if c.cell_type == "code"
        ],
        added("print('done')", LAST),
    ),
)
