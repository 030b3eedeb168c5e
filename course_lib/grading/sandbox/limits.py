"""Limits that the kernel keeps for one process, and the descriptors it was born with."""

import _thread
import os
import resource
import sys
import time
from contextlib import suppress

from course_lib.grading.sandbox import proc
from course_lib.grading.sandbox.policy import Policy


def lower(kind: int, value: int) -> None:
    """Set a limit for good, or keep the lower one already in force."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def limit_use(policy: Policy) -> str:
    """Limit processor time, open files and the size of files; no core dumps."""
    limits = policy.limits
    lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    lower(resource.RLIMIT_NOFILE, limits.open_files)
    lower(resource.RLIMIT_FSIZE, limits.file_size)
    lower(resource.RLIMIT_CORE, 0)
    return f"{limits.cpu_seconds} s of CPU, {limits.open_files} files of {limits.file_size} bytes"


def limit_memory(policy: Policy) -> str:
    """Limit memory, beyond what the process holds by now."""
    most = policy.limits.memory
    if most is None:
        return "without limit, as asked"
    if sys.platform != "linux":
        raise OSError("only Linux enforces a limit")
    lower(resource.RLIMIT_AS, mapped() + most)
    return f"{most} bytes"


def mapped() -> int:
    """Bytes of address space this process holds now."""
    return int(proc.read("/proc/self/statm").split()[0]) * resource.getpagesize()


def limit_threads(policy: Policy) -> str:
    """Limit threads where the kernel counts this process's own and no others.

    It does so in a user namespace entered before. Without one, the processes of the same user
    elsewhere would count as well, and honest threads would be refused.
    """
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    try:
        if not may_start_one(1, hard) and may_start_one(2, hard):
            lower(resource.RLIMIT_NPROC, policy.limits.threads)
            return f"{policy.limits.threads} threads"
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, resource.getrlimit(resource.RLIMIT_NPROC)[1:] * 2)
    raise OSError("the kernel does not count this process's threads by themselves")


def may_start_one(limit: int, hard: int) -> bool:
    """Whether a further thread starts under a limit: what the kernel does, not what it says."""
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, hard))
    done = _thread.allocate_lock()
    done.acquire()
    try:
        _thread.start_new_thread(done.release, ())
    except RuntimeError:
        return False
    done.acquire()
    while running() > 1:  # it has done its work, and is about to end
        time.sleep(0)
    return True


def running() -> int:
    """Threads of this process; one where the system does not tell."""
    return len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1


def close_others(policy: Policy) -> str:
    """Close every descriptor but 0, 1, 2 and those to keep."""
    kept = {0, 1, 2, *policy.keep}
    for descriptor in {int(name) for name in os.listdir("/dev/fd")} - kept:
        # The listing held one of its own, closed by now.
        with suppress(OSError):
            os.close(descriptor)
    return f"open: {sorted(kept)}"
