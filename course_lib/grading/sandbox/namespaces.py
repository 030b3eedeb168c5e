"""Namespaces and privileges: an empty network, own mounts, and no power over anything else."""

import os

from course_lib.grading.sandbox import libc, proc
from course_lib.grading.sandbox.policy import Policy


def user(policy: Policy) -> str:
    """Enter an own user namespace, in which the process keeps its name and nothing else."""
    uid, gid = os.getuid(), os.getgid()
    libc.unshare(libc.CLONE_NEWUSER)
    proc.write("/proc/self/setgroups", "deny")
    proc.write("/proc/self/uid_map", f"{uid} {uid} 1")
    proc.write("/proc/self/gid_map", f"{gid} {gid} 1")
    return "own users"


def network(policy: Policy) -> str:
    """Enter a network that holds nothing, not even a loopback device that is up."""
    libc.unshare(libc.CLONE_NEWNET)
    return "empty network"


def ipc(policy: Policy) -> str:
    """Enter an own space of shared memory and message queues."""
    libc.unshare(libc.CLONE_NEWIPC)
    return "own shared memory and queues"


def uts(policy: Policy) -> str:
    """Enter an own space of host names."""
    libc.unshare(libc.CLONE_NEWUTS)
    return "own host name"


def mounts(policy: Policy) -> str:
    """Enter an own mount table in which all but the folders to write to is read-only."""
    folders = [str(folder.resolve()) for folder in (policy.scratch, *policy.writable)]
    libc.unshare(libc.CLONE_NEWNS)
    libc.mount("none", "/", libc.MS_REC | libc.MS_PRIVATE)
    for folder in folders:
        libc.mount(folder, folder, libc.MS_BIND)
    libc.set_read_only("/", True, recursive=True)
    for folder in folders:
        libc.set_read_only(folder, False)
    # The working directory still stands on the mount below.
    os.chdir(folders[0])
    return "all but scratch read-only"


def no_new_privileges(policy: Policy) -> str:
    """Let no program give this process more rights than it has."""
    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
    return "no rights through set-user-id programs"


def capabilities(policy: Policy) -> str:
    """Give up every capability, root's and those of the own user namespace."""
    libc.drop_capabilities()
    # Other processes of the same user may then neither trace it nor read its /proc entry.
    libc.prctl(libc.PR_SET_DUMPABLE, 0)
    return "none held"
