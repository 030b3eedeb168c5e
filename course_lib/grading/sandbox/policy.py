"""What a sandboxed process may use: plain data."""

import site
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

MIB = 2**20

# Beside Python itself: shared libraries, time zones, fonts, and what torch asks of a processor.
SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/fonts",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)


@dataclass(frozen=True)
class Limits:
    """Most a submission may use; the parent watches the clock.

    Args:
        cpu_seconds: Seconds of processor time, all threads together.
        memory: Bytes of address space beyond what the process holds when it enters; ``None`` for
            no limit, which CUDA needs, since it reserves far more than it uses.
        threads: Threads at once; further processes are never allowed.
        open_files: Files open at once.
        file_size: Bytes of the largest file it may write.
    """

    cpu_seconds: int = 60
    memory: int | None = 2048 * MIB
    threads: int = 64
    open_files: int = 128
    file_size: int = 50 * MIB

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")


@dataclass(frozen=True)
class Policy:
    """All a sandboxed process may touch.

    Args:
        scratch: Private folder of this submission, for caches and temporary files too; with
            ``writable``, the only place it may write. It must exist.
        readable: Files and folders it may read beside Python and the system's libraries, such as
            the folder that holds the student edition.
        limits: Most it may use.
        keep: File descriptors that stay open beside 0, 1 and 2, such as the way to the judge.
        writable: Further folders it may write, such as the one a notebook works in.
        sockets: Whether local sockets, opened in ``scratch`` before the filter closes, may be
            spoken through, as a kernel's are.
    """

    scratch: Path
    readable: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    keep: tuple[int, ...] = ()
    writable: tuple[Path, ...] = ()
    sockets: bool = False

    def __post_init__(self) -> None:
        if not self.scratch.is_dir():
            raise ValueError(f"scratch must be a folder that exists, got {self.scratch}")

    def reads(self) -> tuple[Path, ...]:
        """All it may read, without what this machine lacks."""
        return readable_here(self.readable)


@cache
def readable_here(extra: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """Python, the system's libraries and ``extra``: existing paths, each once.

    They are looked for once in a process and its children.

    Raises:
        FileNotFoundError: If a path of ``extra`` does not exist.
    """
    python = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    packages = (
        *site.getsitepackages(),
        *([site.getusersitepackages()] * bool(site.ENABLE_USER_SITE)),
    )
    found = [
        *map(Path, (*python, *packages, *SYSTEM)),
        *(path.resolve(strict=True) for path in extra),
    ]
    return tuple(dict.fromkeys(path for path in found if path.exists()))


def clean_environment(home: Path) -> dict[str, str]:
    """The whole environment to start the warm parent with: nothing of the instructor's.

    A fork inherits its parent's memory, so what is deleted later can still be read.

    Args:
        home: Writable folder for caches, such as matplotlib's.
    """
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(home),
        "OMP_NUM_THREADS": "1",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(home),
    }
