"""What IPython adds to Python: shell commands, magics, input, hooks of display."""

from course_lib.grading.attacks.model import cell, change, table, written

ATTACKS = table(
    "magics",
    cell("shell-command", "runs a shell command", "!touch @mark@; cat @root@/gradebook.db"),
    cell("script-magic", "runs a cell in another program", "%%bash\ntouch @mark@\nid", solved=True),
    cell(
        "python-elsewhere",
        "runs a cell in another Python",
        "%%script python3\nopen('@mark@', 'w').write('x')",
        solved=True,
    ),
    cell(
        "sx-and-system",
        "runs commands by the shell's own functions",
        """
ip = get_ipython()
for run in (ip.system, ip.getoutput, ip.system_raw, ip.system_piped):
    try:
        print(run("touch @mark@"))
    except Exception as error:
        print(type(error).__name__)
""",
        solved=True,
    ),
    cell(
        "run-magic",
        "runs a file of the instructor's",
        "%run @repository@/course_lib/optim/adam.py\n%load @root@/source/optimizers",
    ),
    cell("writefile-magic", "writes files by a magic", "%%writefile @mark@\nx", solved=True),
    cell(
        "load-ext",
        "loads extensions that change how cells run",
        "%load_ext autoreload\n%autoreload 2\n%load_ext storemagic\n%store -r",
        solved=True,
    ),
    cell("input", "asks a question nobody answers", "answer = input('Full points? ')", solved=True),
    cell("getpass", "asks for a password", "import getpass\ngetpass.getpass()", solved=True),
    cell("debugger", "stops in a debugger", "breakpoint()\n%debug\n%pdb on", solved=True),
    cell("exit", "leaves the session", "exit()", solved=True),
    cell(
        "quit-kernel",
        "asks the shell to end, and ends Python",
        """
get_ipython().ask_exit()
import sys
sys.exit(0)
""",
        solved=True,
    ),
    cell("reset", "clears the session and redefines its names", "%reset -f\nget_ipython().reset()"),
    cell(
        "interactivity",
        "shows every value of every cell",
        """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = "all"
get_ipython().ast_node_interactivity = "all"
2
3
""",
        solved=True,
    ),
    cell(
        "formatters",
        "has every object shown as a script",
        """
ip = get_ipython()
for formatter in ip.display_formatter.formatters.values():
    formatter.for_type(object, lambda *a: "<script>course-attack</script>")
5
""",
    ),
    cell(
        "display-publisher",
        "replaces what passes outputs on",
        """
ip = get_ipython()
ip.display_pub.publish = lambda *a, **k: None
ip.displayhook.write_format_data = lambda *a, **k: None
import sys, builtins
sys.displayhook = lambda value: None
builtins.print = lambda *a, **k: None
""",
    ),
    cell(
        "stdout-replaced",
        "replaces stdout by something that is none",
        """
import sys
sys.stdout = sys.stderr = sys.stdin = None
""",
    ),
    cell(
        "stdout-odd",
        "replaces stdout by something that raises",
        """
import sys
class Odd:
    def __getattr__(self, name):
        raise MemoryError
sys.stdout = Odd()
sys.stderr = Odd()
""",
    ),
    cell(
        "outputs-of-the-shell",
        "reaches into the shell's kept outputs",
        """
ip = get_ipython()
outputs = getattr(ip, "outputs", None)
if outputs is not None:
    kept = outputs._kept
    kept.append({"output_type": "x", "score": 10})
    kept.append(7)
    outputs._text = outputs._shown = float("inf")
    outputs.taken = lambda: [{"output_type": "execute_result", "data": {"text/plain": "10"}}]
""",
    ),
    cell(
        "figure-callbacks",
        "hangs code on pictures that are drawn later",
        """
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
figure.canvas.mpl_connect("draw_event", lambda event: open("@mark@", "w"))
axes.figure.savefig = lambda *a, **k: open("@mark@", "w")
plt.Figure.savefig = plt.Figure.draw = lambda *a, **k: None
axes.set_title(r"$\\input{/etc/passwd}$")
plt.show()
""",
    ),
    cell(
        "figures-many",
        "draws 60 pictures and shows them",
        """
import warnings
warnings.simplefilter("ignore")
import matplotlib.pyplot as plt
for _ in range(60):
    plt.figure(figsize=(1, 1))
plt.close("all")
""",
        solved=True,
    ),
    change(
        "tensor-hooks",
        "hangs code on tensors and on the backward pass",
        written(
            "adam-solution",
            """
param.register_hook(lambda g: g * 0)
grad.register_hook(lambda g: g) if grad.requires_grad else None
torch.utils.hooks = None
raise StopIteration
""",
        ),
    ),
    cell(
        "optimizer-hooks",
        "hangs code on every step of every optimizer, the judge's too",
        """
import torch.optim.optimizer as o
def nothing(optimizer, arguments, options):
    for group in optimizer.param_groups:
        group["lr"] = 0.0
o.register_optimizer_step_pre_hook(nothing)
torch.nn.modules.module.register_module_forward_hook(lambda *a: torch.zeros(1))
""",
        at="setup",
    ),
    cell(
        "asyncio",
        "leaves tasks running in an event loop",
        """
import asyncio
async def late():
    await asyncio.sleep(1)
    open("@mark@", "w").write("late")
try:
    asyncio.get_running_loop().create_task(late())
except RuntimeError:
    await asyncio.sleep(0)
    task = asyncio.create_task(late())
""",
        solved=True,
    ),
    cell(
        "generators-of-names",
        "fills the session with names the grader might use",
        """
check = student_value = CheckFailed = lambda *a, **k: None
expected = actual = result = points = score = 10
__name__ = "tests"
__builtins__ = {}
""",
    ),
    cell(
        "future-imports",
        "has cells compiled in another mode",
        """
from __future__ import annotations, generator_stop
""",
        solved=True,
    ),
)
