"""Other processes: killing, tracing, signals, things that go off when nobody looks."""

from course_lib.grading.attacks.model import cell, table

ATTACKS = table(
    "processes",
    cell(
        "kills-its-parent",
        "kills the process it came from",
        """
import os, signal
for pid in (os.getppid(), 1):
    if pid > 1 or os.path.exists("/proc/1/comm") and open("/proc/1/comm").read() == "bwrap\\n":
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError as error:
            print(error)
""",
    ),
    cell(
        "kills-its-group",
        "kills its whole process group, and its session",
        """
import os, signal
if os.getpgrp() == os.getpid():
    os.killpg(0, signal.SIGTERM)
""",
    ),
    cell(
        "kills-siblings",
        "kills every process that was forked from the same parent",
        """
import glob, os, signal
for path in glob.glob("/proc/[0-9]*/stat"):
    try:
        fields = open(path).read().rsplit(")", 1)[1].split()
        pid = int(path.split("/")[2])
        if int(fields[1]) == os.getppid() and pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    except (OSError, IndexError) as error:
        print(error)
""",
    ),
    cell(
        "stops-siblings",
        "stops its parent, so that nobody is buried",
        """
import os, signal
if os.getppid() > 1:
    try:
        os.kill(os.getppid(), signal.SIGSTOP)
        open("@mark@", "w").write("stopped")
    except OSError as error:
        print(error)
""",
    ),
    cell(
        "ptrace",
        "attaches to its parent as a debugger",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for request in (16, 0x4206):
    if libc.ptrace(request, os.getppid(), 0, 0) == 0:
        open("@mark@", "w").write("attached")
        libc.ptrace(17, os.getppid(), 0, 0)
    print(ctypes.get_errno())
""",
    ),
    cell(
        "pidfd",
        "takes descriptors out of other processes",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in (os.getppid(), 1):
    handle = libc.syscall(434, pid, 0)
    for number in range(3, 12):
        got = libc.syscall(438, handle, number, 0)
        if got >= 0:
            print("descriptor", pid, number, os.readlink(f"/proc/self/fd/{got}"))
""",
    ),
    cell(
        "privileges",
        "asks for more rights than it has",
        """
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
tried = {
    "setuid": lambda: os.setuid(0),
    "chroot": lambda: os.chroot("."),
    "nice": lambda: os.nice(-20),
    "limits": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1)),
    "mount": lambda: libc.mount(b"none", b".", b"tmpfs", 0, None),
    "unshare": lambda: libc.unshare(0x10000000),
    "keyctl": lambda: libc.syscall(250, 0, -3, 0, 0, 0),
    "bpf": lambda: libc.syscall(321, 0, 0, 0),
    "io_uring": lambda: libc.syscall(425, 1, 0),
    "userfaultfd": lambda: libc.syscall(323, 0),
    "perf": lambda: libc.syscall(298, 0, 0, -1, -1, 0),
    "module": lambda: libc.syscall(175, 0, 0, 0),
}
for name, call in tried.items():
    try:
        print(name, call(), ctypes.get_errno())
    except (OSError, ValueError) as error:
        print(name, error)
""",
        solved=True,
    ),
    cell(
        "time-bomb",
        "sets off work for when the reply is long gone",
        """
import threading
def late():
    open("@mark@", "w").write("late")
    open("/tmp/course-attack-late", "w").write("late")
for seconds in (0.5, 2, 5):
    threading.Timer(seconds, late).start()
""",
        solved=True,
    ),
    cell(
        "at-exit",
        "writes files and starts processes when its process ends",
        """
import atexit, os, signal, threading
def late(*_):
    open("@mark@", "w").write("late")
    os.fork()
atexit.register(late)
threading._register_atexit(late)
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
    signal.signal(number, late)
""",
        solved=True,
    ),
    cell(
        "destructors",
        "writes files when its objects are cleared away",
        """
import gc, weakref
class Late:
    def __del__(self):
        try:
            open("@mark@", "w").write("late")
        except Exception:
            pass
late = Late()
late.me = late
weakref.finalize(late, lambda: open("@mark@", "w"))
gc.callbacks.append(lambda *a: None)
""",
        solved=True,
    ),
    cell(
        "signals-the-alarm",
        "answers the alarm itself and carries on",
        """
import signal, time
signal.signal(signal.SIGALRM, lambda *a: None)
end = time.monotonic() + 12
while time.monotonic() < end:
    pass
""",
    ),
    cell(
        "after-fork",
        "registers work for every fork of the grader",
        """
import os
os.register_at_fork(before=lambda: open("@mark@", "w").write("fork"),
                    after_in_child=lambda: os._exit(0))
""",
        solved=True,
    ),
)
