"""seccomp: the system calls that may be made, translated once and loaded in each child."""

import errno
import os
from functools import cache

from course_lib.grading.sandbox import calls
from course_lib.grading.sandbox.libseccomp import ALLOW, Filter, Program, refuse
from course_lib.grading.sandbox.policy import Policy

ANYONE = 0x7FEDCBA9
"""Stands for the process, in a filter that is translated before there is one; no process has so
large a number."""


@cache
def prepared(sockets: bool) -> Program:
    """The filter for process `ANYONE`; a fork inherits it.

    Args:
        sockets: As in the policy.

    Raises:
        OSError: If libseccomp is not installed.
    """
    built = Filter(refuse(errno.ENOSYS))
    for name in calls.ALLOWED:
        built.add(ALLOW, name)
    for name in calls.REFUSED:
        built.add(refuse(errno.EPERM), name)
    allow_where(built, calls.conditional())
    allow_where(built, calls.to_itself(ANYONE))
    if sockets:
        allow_where(built, calls.speaking())
    else:
        for name in calls.speaking():
            built.add(refuse(errno.EPERM), name)
    return built.translated()


def allow_where(built: Filter, rules: calls.Rules) -> None:
    """Allow calls under conditions on their arguments."""
    for name, rows in rules.items():
        for row in rows:
            built.add(ALLOW, name, row)


def seccomp(policy: Policy) -> str:
    """Refuse every system call outside the list: sockets, programs, processes, tracing.

    It binds every thread there is, also those that serve sockets opened before.
    """
    prepared(policy.sockets).where(ANYONE, os.getpid()).load()
    return f"{len(calls.ALLOWED)} system calls, some more by their arguments"
