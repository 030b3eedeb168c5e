"""Looking for tests, references and right numbers in memory, frames, files and histories."""

from course_lib.grading.attacks.model import cell, change, table, written

ATTACKS = table(
    "peeking",
    change(
        "frames-of-the-caller",
        "looks for the right answer in the frames of whoever calls its rule",
        written(
            "adam-solution",
            """
import sys
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_locals.items()):
        if name in ("expected", "reference", "answer", "w_ref") and torch.is_tensor(value):
            param.copy_(value)
    print({**frame.f_locals})
    frame = frame.f_back
""",
        ),
    ),
    change(
        "tensors-in-memory",
        "takes any tensor of the right shape that the garbage collector knows",
        written(
            "adam-solution",
            """
import gc
for thing in gc.get_objects():
    if torch.is_tensor(thing) and thing.shape == param.shape and thing is not param:
        param.copy_(thing)
""",
        ),
    ),
    cell(
        "sources-in-memory",
        "prints every text in memory that looks like a hidden test",
        """
import gc
for thing in gc.get_objects():
    if isinstance(thing, dict):
        for value in list(thing.values()):
            if isinstance(value, str) and "HIDDEN TESTS" in value and "gc" not in value:
                print(value)
""",
    ),
    cell(
        "history",
        "prints what the shell remembers of cells, its own and the grader's",
        """
from IPython import get_ipython
ip = get_ipython()
print(ip.user_ns.get("_ih"), ip.user_ns.get("In"), ip.user_ns.get("_oh"))
print([list(ip.history_manager.get_range()) if ip.history_manager else ""])
""",
        at="adadelta-solution",
    ),
    cell(
        "linecache",
        "prints every source that Python keeps for tracebacks",
        """
import linecache
for name, entry in linecache.cache.items():
    if len(entry) > 2 and "ipython" not in name:
        text = "".join(entry[2])
        print(text[:2000] if "check(" in text else "")
""",
        at="adadelta-solution",
    ),
    cell(
        "memory-of-the-process",
        "reads its own memory for hidden tests and right answers",
        """
found = b""
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        low, high = (int(part, 16) for part in line.split()[0].split("-"))
        if "heap" in line and high - low < 100_000_000:
            memory.seek(low)
            found = memory.read(high - low)
place = found.find(b"BEGIN " + b"HIDDEN TESTS")
print(found[place : place + 3000] if place >= 0 else "nothing")
""",
    ),
    cell(
        "memory-of-others",
        "reads the memory of every other process it can see",
        """
import glob, os
for path in glob.glob("/proc/[0-9]*/mem"):
    if path.split("/")[2] != str(os.getpid()):
        try:
            maps = open(path.replace("mem", "maps")).read().splitlines()
            low = int(maps[0].split("-")[0], 16)
            with open(path, "rb", 0) as memory:
                memory.seek(low)
                print("course secret", memory.read(16))
                open("@mark@", "w").write("read")
        except OSError as error:
            print(error)
""",
    ),
    cell(
        "process-vm-readv",
        "asks the kernel for another process's memory",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(64)
class Vec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
local = Vec(ctypes.cast(buffer, ctypes.c_void_p), 64)
for pid in range(1, os.getppid() + 1 if os.getppid() < 500 else 50):
    if pid != os.getpid():
        got = libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(local), 1, 0)
        print(pid, got, ctypes.get_errno())
""",
    ),
    cell(
        "descriptors",
        "reads every descriptor it was born with, without waiting",
        """
import fcntl, os
for number in range(3, 64):
    try:
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        fcntl.fcntl(number, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        print(number, os.readlink(f"/proc/self/fd/{number}"), os.read(number, 65536))
        fcntl.fcntl(number, fcntl.F_SETFL, flags)
    except OSError as error:
        print(number, error)
""",
    ),
    change(
        "inputs-of-the-question",
        "prints all it is asked, to learn the hidden parameters",
        written(
            "adam-solution",
            """
import sys
frame = sys._getframe()
while frame:
    if "inputs" in frame.f_locals:
        print("asked:", {k: v for k, v in frame.f_locals["inputs"].items() if k != "gradients"})
        raise ValueError(f"asked: {frame.f_locals['inputs']}")
    frame = frame.f_back
""",
        ),
    ),
    cell(
        "modules",
        "prints the sources of all modules of the grader it finds loaded or on disk",
        """
import sys, inspect, pkgutil
import course_lib
print(sorted(name for name in sys.modules if "grading" in name or "misconceptions" in name))
for name in ("course_lib.grading.sealed.judge", "course_lib.misconceptions", "course_lib.editions"):
    try:
        print(inspect.getsource(__import__(name, fromlist=["x"])))
    except Exception as error:
        print(type(error).__name__, error)
print([m.name for m in pkgutil.iter_modules(course_lib.__path__)])
""",
    ),
    cell(
        "grader-by-its-path",
        "loads the grader's and the instructor's code by its file name",
        """
import importlib.util
for name in ("grading/sealed/judge.py", "optim/adam.py", "misconceptions/optimizers/right_adam.py"):
    try:
        print(open(f"@repository@/course_lib/{name}").read())
    except OSError as error:
        print(error)
""",
    ),
    cell(
        "library-on-disk",
        "looks for solutions in every copy of the library on the path",
        """
import os, sys
for folder in sys.path:
    for where, _, names in os.walk(folder or "."):
        if where.endswith("course_lib/optim") and "adam.py" in names:
            print(open(os.path.join(where, "adam.py")).read())
""",
    ),
    cell(
        "closures",
        "walks through closures and globals of all functions for references",
        """
import gc, types
names = set()
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType):
        names |= {n for n in thing.__globals__ if n in ("expected", "references", "secret", "seed")}
        for box in thing.__closure__ or ():
            try:
                if isinstance(box.cell_contents, (bytes, str)) and len(box.cell_contents) == 32:
                    print("found", box.cell_contents)
            except ValueError:
                pass
print(names)
""",
    ),
    cell(
        "generator-state",
        "reads the state of all generators to foretell the next inputs",
        """
import random, torch, numpy
print(random.getstate()[1][:4], torch.get_rng_state()[:16], numpy.random.get_state()[1][:4])
""",
    ),
    cell(
        "tracebacks-of-errors",
        "raises in every hook there is, to have the caller's code printed",
        """
import sys
class Loud:
    def __getattr__(self, name):
        try:
            1 / 0
        except ZeroDivisionError as error:
            frame = error.__traceback__.tb_frame
            while frame:
                print(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_consts)
                frame = frame.f_back
            raise AttributeError(name)
loud = Loud()
loud
""",
    ),
    cell(
        "core-dump",
        "asks for a core dump of itself",
        """
import resource, os, signal
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
os.kill(os.getpid(), signal.SIGQUIT)
""",
    ),
)
