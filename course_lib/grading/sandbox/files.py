"""Landlock: the files that may be read, and the few folders that may be written."""

from functools import cache
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


@cache
def to_read(paths: tuple[Path, ...]) -> tuple[tuple[Path, Any], ...]:
    """Files and folders with the rights to read them, and the null device with its own."""
    from landlockpy import AccessFS

    file, folder = AccessFS.READ_FILE, AccessFS.READ_FILE | AccessFS.READ_DIR
    null = file | AccessFS.WRITE_FILE | AccessFS.TRUNCATE
    return (*((path, folder if path.is_dir() else file) for path in paths), (NULL, null))


@cache
def to_write(sockets: bool) -> Any:
    """The rights to a folder that may be written; to make sockets there, if asked for."""
    from landlockpy import AccessFS

    read = AccessFS.READ_FILE | AccessFS.READ_DIR
    write = AccessFS.WRITE_FILE | AccessFS.TRUNCATE
    make = AccessFS.MAKE_REG | AccessFS.MAKE_DIR | AccessFS.REFER
    remove = AccessFS.REMOVE_FILE | AccessFS.REMOVE_DIR
    return read | write | make | remove | (AccessFS.MAKE_SOCK if sockets else AccessFS.NONE)


def landlock(policy: Policy) -> str:
    """Refuse every file outside the list, TCP, and signals to processes outside."""
    from landlockpy import AccessNet, Scope

    with nothing_allowed() as rules:
        for path, rights in to_read(policy.reads()):
            rules.allow_path(path, rights)
        rules.allow_path(policy.scratch, to_write(policy.sockets))
        for path in policy.writable:
            rules.allow_path(path, to_write(sockets=False))
        rules.restrict()
        covers = ["files"]
        covers += ["TCP"] if rules.handled_net & AccessNet.CONNECT_TCP else []
        covers += ["signals"] if rules.scoped & Scope.SIGNAL else []
        return f"ABI {rules.abi_version}: {', '.join(covers)}"
