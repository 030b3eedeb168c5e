"""Going in: every layer in its order, tried in a child first, then before student code."""

import json
import os
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from course_lib.grading.sandbox import bubblewrap, files, filter, limits, namespaces
from course_lib.grading.sandbox.policy import Policy, clean_environment, readable_here
from course_lib.grading.sandbox.report import HOW, Layer, documented, require

ORDER: dict[str, Callable[[Policy], str]] = {
    "bubblewrap": bubblewrap.inside,
    "descriptors": limits.close_others,
    # Threads are counted in the user namespace, and the other namespaces need its rights.
    "user namespace": namespaces.user,
    "network namespace": namespaces.network,
    "ipc namespace": namespaces.ipc,
    "uts namespace": namespaces.uts,
    "mount namespace": namespaces.mounts,
    "limits": limits.limit_use,
    "memory": limits.limit_memory,
    "threads": limits.limit_threads,
    "no-new-privs": namespaces.no_new_privileges,
    "landlock": files.landlock,
    "capabilities": namespaces.capabilities,
    # Last: it refuses what the others need.
    "seccomp": filter.seccomp,
}
LAST = "seccomp"


def prepare(readable: tuple[Path, ...] = (), sockets: bool = False) -> None:
    """Load and find, in the warm parent, what each child would load and find again.

    The parent may import torch, but must not compute on several threads: a child forked after that
    waits for ever for threads it did not inherit. ``torch.set_num_threads(1)`` prevents it, and
    the child may still ask for more.

    Args:
        readable: As in the policies to come.
        sockets: As in the policies to come.
    """
    with suppress(OSError):
        bubblewrap.first_process()
    with suppress(ImportError, OSError):
        files.nothing_allowed().close()
        files.to_read(readable_here(readable))
        files.to_write(sockets)
    with suppress(OSError):
        filter.prepared(sockets)


def enter(
    policy: Policy,
    required: Collection[str] | None = None,
    before_last: Callable[[], object] = lambda: None,
) -> tuple[Layer, ...]:
    """Shut this process in, for good, before its first line of student code.

    Call it in a child just forked, before any thread starts: the layers bind the calling thread
    and what it starts afterwards.

    Args:
        policy: What may still be used; the working directory becomes its scratch folder.
        required: Layers without which to refuse; those of `documented` where ``None``.
        before_last: Done inside all layers but the filter of system calls, such as opening the
            sockets it refuses. It runs none of the student's code.

    Returns:
        Every layer, standing or missing.

    Raises:
        SandboxMissing: If a required layer does not stand. The process must end then.
        RuntimeError: If the process has more than one thread.
    """
    refuse_threads()
    move_to(policy.scratch)
    tried = {}
    for name in ORDER:
        if name == LAST:
            before_last()
        tried[name] = attempt(name, policy)
    layers = tuple(tried[name] for name in HOW)
    require(layers, documented() if required is None else required)
    return layers


def move_to(scratch: Path) -> None:
    """Work in the scratch folder, keep caches and temporary files there, forget the rest."""
    os.chdir(scratch)
    os.umask(0o077)
    clean = clean_environment(scratch)
    for name in os.environ.keys() - clean.keys():
        del os.environ[name]
    os.environ.update(clean)
    tempfile.tempdir = None


def refuse_threads() -> None:
    """Refuse a process of several threads, since the others would stay outside.

    Raises:
        RuntimeError: If there is more than one thread.
    """
    if (running := limits.running()) > 1:
        raise RuntimeError(f"enter the sandbox with 1 thread, got {running}")


def attempt(name: str, policy: Policy) -> Layer:
    """Put up one layer, and tell why where the machine does not have it."""
    try:
        return Layer(name, True, ORDER[name](policy))
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        return Layer(name, False, str(error) or type(error).__name__)


def probe(policy: Policy) -> tuple[Layer, ...]:
    """Which layers stand here, found by going in with a child that does nothing else.

    Raises:
        RuntimeError: If the child ends without a report.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _report(replace(policy, keep=(writer,)), writer)
    os.close(writer)
    with open(reader, "rb") as answer:
        text = answer.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status or not text:
        raise RuntimeError(f"the child that tried the sandbox ended with {status}")
    return tuple(Layer(*fields) for fields in json.loads(text))


def _report(policy: Policy, writer: int) -> None:
    """In the child: go in, write the report, end without the parent's clean-up."""
    status = 1
    try:
        layers = enter(policy, required=())
        os.write(writer, json.dumps([[x.name, x.active, x.detail] for x in layers]).encode())
        status = 0
    finally:
        os._exit(status)
