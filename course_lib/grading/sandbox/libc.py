"""System calls that Python 3.11 does not offer, by their C names."""

import ctypes
import errno
import os
import sys
from functools import cache
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

PR_SET_DUMPABLE = 4
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MOUNT_ATTR_RDONLY = 1
AT_RECURSIVE = 0x8000
# The one call without a name in the C libraries in use; its number is the same on every processor.
SYS_MOUNT_SETATTR = 442

SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_TSYNC = 1

CAPABILITY_VERSION_3 = 0x20080522


@cache
def _libc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise OSError("needs Linux")
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> int:
    result = int(getattr(_libc(), name)(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int) -> int:
    """Ask for or set a property of this process, as ``prctl(2)``."""
    zero = ctypes.c_ulong(0)
    return _call("prctl", ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero)


def unshare(flags: int) -> None:
    """Leave the namespaces shared with the parent, as ``unshare(2)``."""
    _call("unshare", ctypes.c_int(flags))


def mount(source: str, target: str, flags: int) -> None:
    """Change the mount table, as ``mount(2)`` without file system and data."""
    _call("mount", os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None)


class _MountAttr(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")
    )


def set_read_only(path: str, read_only: bool, recursive: bool = False) -> None:
    """Make the mount at ``path`` read-only or writable, as ``mount_setattr(2)``."""
    attr = _MountAttr(MOUNT_ATTR_RDONLY, 0) if read_only else _MountAttr(0, MOUNT_ATTR_RDONLY)
    _call(
        "syscall",
        ctypes.c_long(SYS_MOUNT_SETATTR),
        ctypes.c_int(-1),
        os.fsencode(path),
        ctypes.c_uint(AT_RECURSIVE if recursive else 0),
        ctypes.byref(attr),
        ctypes.c_size_t(ctypes.sizeof(attr)),
    )


class _Instructions(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("first", ctypes.c_char_p))


def filter_calls(seccomp: int, code: bytes) -> None:
    """Filter the system calls of every thread for good, as ``seccomp(2)``.

    Args:
        seccomp: Number of that system call, which has no name in the C library.
        code: Instructions of eight bytes.

    Raises:
        OSError: If the kernel refuses it, for one thread or for all.
    """
    thread = _call(
        "syscall",
        ctypes.c_long(seccomp),
        ctypes.c_uint(SECCOMP_SET_MODE_FILTER),
        ctypes.c_uint(SECCOMP_FILTER_FLAG_TSYNC),
        ctypes.byref(_Instructions(len(code) // 8, code)),
    )
    if thread:
        raise OSError(errno.ESRCH, f"seccomp: thread {thread} stays without the filter")


def drop_capabilities() -> None:
    """Give up every capability, as ``capset(2)`` with empty sets."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
