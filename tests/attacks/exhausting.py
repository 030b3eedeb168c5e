"""Using things up, within bounds of its own: time, memory, processes, disk, output."""

from course_lib.grading.attacks.model import added, cell, change, table, written

ATTACKS = table(
    "exhausting",
    cell("loop", "never ends", "while True:\n    pass", solved=True),
    cell("loop-in-c", "never ends within one call of C", "sum(iter(int, 1))", solved=True),
    cell(
        "loop-ignoring-interrupts",
        "never ends, whatever interrupts it",
        """
import time
end = time.monotonic() + 15
while time.monotonic() < end:
    try:
        while time.monotonic() < end:
            time.sleep(0.01)
    except BaseException:
        pass
""",
        at="the end",
    ),
    cell(
        "loop-without-alarm",
        "switches off the alarm and the signals, then sleeps",
        """
import signal, time
signal.setitimer(signal.ITIMER_REAL, 0)
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
time.sleep(15)
""",
    ),
    cell(
        "gil-held",
        "holds the interpreter's lock in C",
        "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
    ),
    cell(
        "regex-later",
        "sets off endless work from a destructor",
        """
import re
class Late:
    def __del__(self):
        re.match('(a+)+$', 'a' * 40 + 'b')
late = Late()
del late
""",
    ),
    change(
        "many-slow-cells",
        "has many cells that stay just under the limit of one",
        *[added("import time\ntime.sleep(4)") for _ in range(10)],
    ),
    change(
        "slow-rule",
        "has rules that never end, one for each exercise",
        *[
            written(f"{name}-solution", "while True:\n    pass")
            for name in ("sgd", "adagrad", "rmsprop", "adam", "adamw")
        ],
    ),
    change(
        "hang-in-one-rule",
        "hangs in one rule; all others are right and keep their points",
        added(
            """
@implement
class Adam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
                 amsgrad=False, *, maximize=False):
        while True:
            pass
""",
            "adamw-solution",
        ),
        solved=True,
        broken=("adam-*",),
    ),
    cell(
        "fork-bomb",
        "starts processes that start processes, at most 31",
        """
import os, time
for _ in range(5):
    os.fork()
time.sleep(1)
""",
        solved=True,
    ),
    cell(
        "processes-in-sessions",
        "starts 40 processes in sessions of their own that outlive it",
        """
import os, time
for _ in range(40):
    if os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)
""",
        solved=True,
    ),
    cell(
        "programs",
        "starts programs in many ways",
        """
import os, subprocess, multiprocessing
for start in (
    lambda: subprocess.run(["sleep", "10"], timeout=5),
    lambda: os.system("touch @mark@; sleep 1 &"),
    lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "sleep 5"], {}),
    lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
    lambda: os.popen("id > @mark@").read(),
):
    try:
        start()
    except (OSError, subprocess.SubprocessError) as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "execs",
        "becomes another program",
        "import os\nos.execv('/bin/sh', ['sh', '-c', 'sleep 20'])",
    ),
    cell(
        "threads-400",
        "starts 400 threads",
        """
import threading, time
try:
    for _ in range(400):
        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
except RuntimeError as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "threads-busy",
        "has 30 threads work without end, long after the reply",
        """
import threading, time
def busy():
    end = time.monotonic() + 8
    while time.monotonic() < end:
        pass
for _ in range(30):
    threading.Thread(target=busy, daemon=True).start()
""",
    ),
    cell(
        "memory-at-once",
        "asks for 40 gigabytes at once, and touches none of it",
        "block = bytearray(40_000_000_000)",
        solved=True,
    ),
    cell(
        "memory-bit-by-bit",
        "takes memory until there is no more, at most 3 gigabytes",
        """
held = []
for _ in range(60):
    held.append(bytearray(50_000_000))
""",
        solved=True,
    ),
    cell(
        "memory-tensor",
        "asks torch for 100 gigabytes",
        "torch.zeros(25_000_000_000)",
        at="setup",
        solved=True,
    ),
    cell(
        "memory-in-rule",
        "takes memory in a rule, at most 3 gigabytes",
        """
@implement
def rate_inside(velocity, grad, lr, momentum):
    held = [bytearray(50_000_000) for _ in range(60)]
    return held
""",
        at="rate_inside-solution",
    ),
    cell(
        "recursion",
        "goes deeper than the stack",
        "import sys\nsys.setrecursionlimit(10**7)\ndef f(n):\n    return f(n + 1) + 1\nf(0)",
    ),
    cell("segfault", "reads memory that is not there", "import ctypes\nctypes.string_at(0)"),
    cell("abort", "aborts", "import os\nos.abort()"),
    cell(
        "disk-one-file",
        "writes a file of 300 megabytes",
        """
try:
    with open("big", "wb") as file:
        for _ in range(300):
            file.write(b"x" * 1_000_000)
except OSError as error:
    print(error)
""",
    ),
    cell(
        "disk-many-files",
        "writes 100 megabytes in files of two each, and more in names",
        """
try:
    for number in range(60):
        with open(f"part-{number}", "wb") as file:
            file.write(b"x" * 2_000_000)
except OSError as error:
    print(error)
""",
    ),
    cell(
        "disk-empty-files",
        "writes 5,000 empty files in 500 folders",
        """
import os
try:
    for number in range(500):
        os.makedirs(f"d/{number}")
        for other in range(10):
            open(f"d/{number}/{other}", "w").close()
except OSError as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "disk-elsewhere",
        "writes wherever it may besides its own folder",
        """
import os
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", "@root@", "@canary@"):
    try:
        with open(f"{folder}/course-attack-@name@", "wb") as file:
            file.write(b"x" * 1_000_000)
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "output-one-line",
        "prints 100 megabytes on one line",
        "print('x' * 100_000_000)",
        solved=True,
    ),
    cell(
        "output-many-lines",
        "prints a million lines",
        "for number in range(1_000_000):\n    print(number)",
        solved=True,
    ),
    cell(
        "output-to-the-end",
        "prints without end",
        "while True:\n    print('x' * 10_000)",
    ),
    cell(
        "output-many-values",
        "shows 100,000 values",
        "for number in range(100_000):\n    display(number)",
        solved=True,
    ),
    cell(
        "output-big-pictures",
        "shows pictures of many megabytes",
        """
from IPython.display import Image, display
for _ in range(20):
    display(Image(data=b"\\x89PNG\\r\\n\\x1a\\n" + b"x" * 5_000_000, format="png"))
""",
        solved=True,
    ),
    cell(
        "output-around-the-shell",
        "writes 50 megabytes to the descriptors of stdout and stderr",
        """
import os
for number in (1, 2):
    for _ in range(25):
        try:
            os.write(number, b"x" * 1_000_000)
        except OSError as error:
            break
""",
        solved=True,
    ),
    cell(
        "descriptors-used-up",
        "opens all the files it may",
        """
held = []
try:
    while len(held) < 5000:
        held.append(open("/dev/null"))
except OSError as error:
    print(error)
held.clear()
""",
        solved=True,
    ),
    change(
        "crashes-again-and-again",
        "ends its process in every rule, to have it started again and again",
        *[
            written(f"{name}-solution", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
            for name in ("sgd", "adagrad", "rmsprop", "adam", "adamw", "nadam", "adadelta")
        ],
    ),
)
