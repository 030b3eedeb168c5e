"""Landlock: the files that may be read, and the few folders that may be written."""

from pathlib import Path
from typing import Any

from course_lib.grading.sandbox.policy import Policy

# Reading a null device tells nothing, and libraries write to it.
NULL = Path("/dev/null")


def nothing_allowed() -> Any:
    """A set of rules that allows nothing yet; the first one loads and finds what all need.

    Raises:
        ImportError: If ``landlockpy`` is not installed.
        OSError: If the kernel does not have Landlock.
    """
    from landlockpy import Ruleset, Scope

    return Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET)


def landlock(policy: Policy) -> str:
    """Refuse every file outside the list, TCP, and signals to processes outside."""
    from landlockpy import AccessFS, AccessNet, Scope

    read = AccessFS.READ_FILE | AccessFS.READ_DIR
    write = AccessFS.WRITE_FILE | AccessFS.TRUNCATE
    make = AccessFS.MAKE_REG | AccessFS.MAKE_DIR | AccessFS.REFER
    remove = AccessFS.REMOVE_FILE | AccessFS.REMOVE_DIR
    with nothing_allowed() as rules:
        for path in policy.reads():
            rules.allow_path(path, read if path.is_dir() else AccessFS.READ_FILE)
        rules.allow_path(NULL, AccessFS.READ_FILE | write)
        for path in (policy.scratch, *policy.writable):
            rules.allow_path(path, read | write | make | remove)
        if policy.sockets:
            rules.allow_path(policy.scratch, AccessFS.MAKE_SOCK)
        rules.restrict()
        covers = ["files"]
        covers += ["TCP"] if rules.handled_net & AccessNet.CONNECT_TCP else []
        covers += ["signals"] if rules.scoped & Scope.SIGNAL else []
        return f"ABI {rules.abi_version}: {', '.join(covers)}"
