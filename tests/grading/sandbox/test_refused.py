"""Forbidden deeds: each is refused in the sandbox, and each works outside it."""

import ctypes
import errno
import fcntl
import mmap
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from course_lib.grading.sandbox import Limits, Policy, probe
from tests.grading.sandbox.child import run

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these layers"),
]

GIB = 2**30
LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
X86_FORK = 57


def bind_tcp() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))


def send_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", 9))


def abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
        local.bind(f"\0course-{os.getpid()}")


def datagram_pair() -> None:
    for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM):
        end.close()


def execute() -> None:
    if os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {}) < 1:
        raise AssertionError("no process")
    os.wait()


def replace_itself() -> None:
    os.execv(sys.executable, [sys.executable, "-c", ""])


def shell() -> None:
    subprocess.run(["true"], check=True)


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)
    os.wait()


def pool() -> None:
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()


def read_user_table() -> str:
    return Path("/etc/passwd").read_text()


def list_root() -> list[str]:
    return os.listdir("/")


def parent_environment() -> bytes:
    return Path(f"/proc/{os.getppid()}/environ").read_bytes()


def own_status() -> str:
    return Path("/proc/self/status").read_text()


def probe_parent() -> None:
    os.kill(os.getppid(), 0)


def probe_group() -> None:
    os.kill(0, 0)


def probe_thread() -> None:
    if LIBC.syscall(234, os.getppid(), os.getppid(), 0):
        raise OSError(ctypes.get_errno(), "tgkill")


def parent_descriptor() -> None:
    os.close(os.pidfd_open(os.getppid()))


def slow_parent_down() -> None:
    os.setpriority(os.PRIO_PROCESS, os.getppid(), 0)


def pin_parent() -> None:
    os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))


def limit_parent() -> None:
    parent = os.getppid()
    resource.prlimit(parent, resource.RLIMIT_CORE, resource.prlimit(parent, resource.RLIMIT_CORE))


def symbolic_link() -> None:
    link = Path(f"link-{os.getpid()}")
    link.symlink_to("/etc/passwd")
    link.unlink()


def ask_a_device() -> None:
    """Any request outside the list, here a harmless one; typing into a terminal is another."""
    with open(sys.executable, "rb") as file:
        fcntl.ioctl(file, 0x2, bytearray(8))  # FIGETBSZ, the size of a block


def new_namespace() -> None:
    if LIBC.unshare(0x04000000):
        raise OSError(ctypes.get_errno(), "unshare")


DEEDS: list[Callable[[], Any]] = [
    bind_tcp,
    send_udp,
    abstract_socket,
    datagram_pair,
    execute,
    shell,
    fork,
    pool,
    read_user_table,
    list_root,
    parent_environment,
    own_status,
    probe_parent,
    probe_group,
    probe_thread,
    parent_descriptor,
    slow_parent_down,
    pin_parent,
    limit_parent,
    symbolic_link,
    ask_a_device,
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_it_works_outside_and_is_refused_inside(
    deed: Callable[[], Any], policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(deed, None).error is None
    refused = run(deed, policy).error
    assert isinstance(refused, OSError)
    assert refused.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS)


def test_a_program_cannot_take_the_place_of_the_child(policy: Policy) -> None:
    free = run(replace_itself, None)
    assert (free.error, free.status) == (None, 0)
    assert isinstance(run(replace_itself, policy).error, PermissionError)


def test_no_namespace_can_be_entered(policy: Policy) -> None:
    refused = run(new_namespace, policy).error
    assert isinstance(refused, OSError) and refused.errno == errno.EPERM


def test_the_bare_call_for_a_new_process_is_refused(policy: Policy) -> None:
    def bare() -> tuple[int, int]:
        pid = LIBC.syscall(X86_FORK)
        if pid == 0:
            os._exit(0)
        return pid, ctypes.get_errno()

    if os.uname().machine != "x86_64":
        pytest.skip("other processors have no such call")
    assert run(bare, None).value[0] > 0
    assert run(bare, policy).value == (-1, errno.EPERM)


@pytest.fixture
def gradebook(tmp_path: Path) -> Path:
    path = tmp_path / "gradebook.db"
    path.write_text("hidden")
    return path


TOUCH: dict[str, Callable[[Path], Any]] = {
    "read": lambda path: path.read_text(),
    "write": lambda path: path.write_text("forged"),
    "append": lambda path: path.open("a").close(),
    "empty": lambda path: os.truncate(path, 0),
    "remove": lambda path: path.unlink(),
    "rename": lambda path: path.rename(path.with_suffix(".old")),
    "make unreadable": lambda path: path.chmod(0),
    "change times": lambda path: os.utime(path, (0, 0)),
    "link": lambda path: os.link(path, path.with_suffix(".link")),
    "new file beside": lambda path: path.with_name("new").write_text(""),
    "new folder beside": lambda path: path.with_name("folder").mkdir(),
    "list beside": lambda path: os.listdir(path.parent),
}


@pytest.mark.parametrize("touch", TOUCH)
def test_the_gradebook_is_out_of_reach(touch: str, gradebook: Path, policy: Policy) -> None:
    before = sorted(gradebook.parent.iterdir())
    assert isinstance(run(lambda: TOUCH[touch](gradebook), policy).error, OSError)
    assert sorted(gradebook.parent.iterdir()) == before
    assert gradebook.read_text() == "hidden"
    assert run(lambda: TOUCH[touch](gradebook), None).error is None


def test_a_file_that_may_be_read_can_neither_be_written_nor_emptied(
    gradebook: Path, policy: Policy
) -> None:
    reading = replace(policy, readable=(gradebook,))
    assert run(gradebook.read_text, reading).value == "hidden"
    assert isinstance(run(lambda: gradebook.write_text("x"), reading).error, OSError)
    empty = run(lambda: os.open(gradebook, os.O_RDONLY | os.O_TRUNC), reading)
    assert isinstance(empty.error, OSError)
    assert gradebook.read_text() == "hidden"


def test_an_inherited_descriptor_is_closed_unless_kept(gradebook: Path, policy: Policy) -> None:
    with gradebook.open() as held:
        number = held.fileno()

        def read() -> bytes:
            return os.pread(number, 100, 0)

        assert run(read, None).value == b"hidden"
        assert run(read, replace(policy, keep=(number,))).value == b"hidden"
        refused = run(read, policy).error
    assert isinstance(refused, OSError) and refused.errno == errno.EBADF


def test_the_parent_cannot_be_traced(policy: Policy) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    def trace() -> int:
        if LIBC.ptrace(PTRACE_ATTACH, victim.pid, None, None):
            return ctypes.get_errno()
        os.waitpid(victim.pid, 0x40000000)
        return int(LIBC.ptrace(PTRACE_DETACH, victim.pid, None, None))

    try:
        if os.getuid() == 0:  # an ordinary user's kernel may forbid tracing of strangers anyway
            assert run(trace, None).value == 0
        assert run(trace, policy).value == errno.EPERM
    finally:
        victim.kill()
        victim.wait()


def test_another_process_cannot_be_killed(policy: Policy) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert isinstance(run(lambda: os.kill(victim.pid, signal.SIGKILL), policy).error, OSError)
        assert victim.poll() is None
        assert run(lambda: os.kill(victim.pid, signal.SIGKILL), None).error is None
        assert victim.wait(10) == -signal.SIGKILL
    finally:
        victim.kill()


def test_memory_of_another_process_cannot_be_read(policy: Policy) -> None:
    secret = ctypes.create_string_buffer(b"secret")
    here = os.getpid()

    class Part(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    def read() -> bytes:
        found = ctypes.create_string_buffer(7)
        to, at = Part(ctypes.addressof(found), 7), Part(ctypes.addressof(secret), 7)
        if LIBC.process_vm_readv(here, ctypes.byref(to), 1, ctypes.byref(at), 1, 0) < 0:
            raise OSError(ctypes.get_errno(), "process_vm_readv")
        return found.value

    if os.getuid() == 0:
        assert run(read, None).value == b"secret"
    assert isinstance(run(read, policy).error, PermissionError)


def bomb() -> int:
    """Start processes until refused, at most 20."""
    for born in range(20):
        try:
            if os.fork() == 0:
                time.sleep(0.5)
                os._exit(0)
        except OSError:
            return born
    return 20


def test_a_fork_bomb_ends_before_its_first_child(policy: Policy) -> None:
    assert run(bomb, None).value == 20
    assert run(bomb, policy).value == 0


def crowd() -> int:
    """Start threads until refused, at most 200."""
    done = threading.Event()
    for born in range(200):
        try:
            threading.Thread(target=done.wait, daemon=True).start()
        except RuntimeError:
            return born
    return 200


def test_threads_are_allowed_up_to_a_limit(policy: Policy) -> None:
    assert run(crowd, None).value == 200
    limits = Limits(threads=8)
    if not {layer.name: layer.active for layer in probe(policy)}["threads"]:
        # The kernel does not count root's threads, but their stacks count as memory.
        limits = Limits(memory=GIB)
    most = 7 if limits.threads == 8 else 128
    assert 1 <= run(crowd, replace(policy, limits=limits)).value <= most


def test_ten_gigabytes_are_refused(policy: Policy) -> None:
    def reserve() -> int:
        """Address space only: nothing is written, so no memory is used where it succeeds."""
        with mmap.mmap(-1, 10 * GIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as space:
            return len(space)

    assert run(reserve, None).value == 10 * GIB
    refused = run(reserve, policy).error
    assert isinstance(refused, OSError) and refused.errno == errno.ENOMEM


def test_memory_below_the_limit_is_given(policy: Policy) -> None:
    def take(size: int) -> int:
        """A fresh piece: what ``malloc`` gives may have been this process's before."""
        with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as piece:
            return len(piece)

    limited = replace(policy, limits=Limits(memory=200 * 2**20))
    assert run(lambda: take(100 * 2**20), limited).value == 100 * 2**20
    refused = run(lambda: take(300 * 2**20), limited).error
    assert isinstance(refused, OSError) and refused.errno == errno.ENOMEM


def test_a_huge_file_is_refused(policy: Policy) -> None:
    def grow(folder: Path) -> int:
        path = folder / "huge"
        with path.open("wb") as file:
            file.truncate(GIB)
        return path.stat().st_size

    assert run(lambda: grow(policy.scratch), None).value == GIB
    refused = run(lambda: grow(policy.scratch), policy).error
    assert isinstance(refused, OSError) and refused.errno == errno.EFBIG


def test_open_files_are_limited(policy: Policy) -> None:
    def hoard() -> int:
        return len([open(os.devnull) for _ in range(200)])

    assert run(hoard, None).value == 200
    refused = run(hoard, policy).error
    assert isinstance(refused, OSError) and refused.errno == errno.EMFILE


def burn() -> None:
    end = time.process_time() + 3
    while time.process_time() < end:
        pass


def test_an_endless_loop_ends_at_its_seconds_of_cpu(policy: Policy) -> None:
    assert run(burn, None).status == 0
    limited = replace(policy, limits=Limits(cpu_seconds=1))
    assert run(burn, limited).status in (-signal.SIGXCPU, -signal.SIGKILL)


def test_limits_cannot_be_raised_again(policy: Policy) -> None:
    def lift() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (3600, 3600))

    assert isinstance(run(lift, policy).error, (OSError, ValueError))
