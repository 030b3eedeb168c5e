"""Things left for the next student, or for a second run: files, shared memory, state."""

from course_lib.grading.attacks.model import cell, table

ATTACKS = table(
    "leftovers",
    cell(
        "shared-memory",
        "leaves a block of shared memory with its solutions",
        """
from multiprocessing import shared_memory
block = shared_memory.SharedMemory("course-attack-block", create=True, size=1000)
block.buf[:5] = b"@name@"[:5]
""",
        solved=True,
    ),
    cell(
        "system-v-memory",
        "leaves System V shared memory",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.shmget(0x636F7572, 4096, 0o1666), ctypes.get_errno())
""",
        solved=True,
    ),
    cell(
        "message-queue",
        "leaves a message queue and semaphores",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.mq_open(b"/course-attack", 0o102, 0o666, None), ctypes.get_errno())
print(libc.msgget(0x636F7572, 0o1666), libc.semget(0x636F7572, 1, 0o1666))
""",
        solved=True,
    ),
    cell(
        "temporary-files",
        "leaves files in the folders for temporary ones",
        """
import os, tempfile
for folder in ("/tmp", "/var/tmp", "/dev/shm", tempfile.gettempdir(), "..", "../.."):
    try:
        os.makedirs(f"{folder}/course-attack-folder", exist_ok=True)
        open(f"{folder}/course-attack-file", "w").write("answers")
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "takes-what-was-left",
        "runs whatever an accomplice left for it",
        """
import glob
for path in glob.glob("/tmp/*course-attack*") + glob.glob("/dev/shm/*course-attack*") + glob.glob(
    "../**/*answers*", recursive=True
):
    try:
        exec(open(path).read())
    except Exception as error:
        print(error)
""",
    ),
    cell(
        "leaves-answers",
        "leaves its solutions beside its own folder for an accomplice",
        """
import os
for folder in ("..", "../..", os.path.expanduser("~/..")):
    try:
        open(f"{folder}/answers.py", "w").write("done = True")
        open("@mark@", "w").write(folder)
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "locks-files",
        "locks files that others share, for as long as it runs",
        """
import fcntl, course_lib
file = open(course_lib.__file__)
fcntl.flock(file, fcntl.LOCK_EX)
try:
    fcntl.lockf(open(course_lib.__file__, "r+"), fcntl.LOCK_EX)
except OSError as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "torch-state",
        "changes settings of torch that would outlive it in a shared process",
        """
import torch
torch.set_default_dtype(torch.float16)
torch.manual_seed(0)
torch.set_flush_denormal(True)
torch.use_deterministic_algorithms(True)
torch.set_grad_enabled(False)
torch.set_default_device("meta")
""",
    ),
    cell(
        "caches-poisoned",
        "writes compiled files where the next process would load them",
        """
import py_compile, course_lib.session as target
try:
    py_compile.compile(target.__file__, doraise=True)
    open(target.__cached__, "wb").write(b"course-attack")
    open("@mark@", "w").write("cache")
except OSError as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "clock",
        "sets the machine's clock",
        """
import time
try:
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    open("@mark@", "w").write("clock")
except OSError as error:
    print(error)
""",
        solved=True,
    ),
)
