"""The few functions of libseccomp that a filter needs.

The C library is kept up to date with the kernel, unlike its bindings on PyPI; it knows the numbers
of all system calls on all processors, and it translates a filter into the kernel's language.
"""

import ctypes
import errno
import os
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.grading.sandbox import libc

ALLOW = 0x7FFF0000
MASKED_EQUAL = 7
OPTIMIZE = 8
BINARY_TREE = 2

Test = tuple[int, int, int]
"""Position of an argument, mask, and the value it must have under the mask."""


def refuse(number: int) -> int:
    """The action that answers a call with an error number."""
    return 0x00050000 | number


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("position", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


class Filter:
    """A filter under construction.

    Args:
        default: Action for every call without a rule.

    Raises:
        OSError: If libseccomp is not installed.
    """

    def __init__(self, default: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(default)))
        if not self._context:
            raise OSError(errno.ENOMEM, "libseccomp could not make a filter")
        # Older versions test one call after the other, which is slower and no less strict.
        self._library.seccomp_attr_set(self._context, OPTIMIZE, ctypes.c_uint32(BINARY_TREE))

    def add(self, action: int, name: str, tests: Sequence[Test] = ()) -> None:
        """Add a rule, where this processor and this libseccomp know the call.

        Raises:
            OSError: If libseccomp refuses the rule.
        """
        number = self.number(name)
        if number < 0:
            return
        compared = (_Comparison * len(tests))(
            *(_Comparison(at, MASKED_EQUAL, mask, value) for at, mask, value in tests)
        )
        self._check(
            self._library.seccomp_rule_add_array(
                self._context, ctypes.c_uint32(action), number, len(tests), compared
            )
        )

    def number(self, name: str) -> int:
        """A system call's number on this processor; negative where it has none."""
        return int(self._library.seccomp_syscall_resolve_name(name.encode()))

    def translated(self) -> "Program":
        """The filter in the kernel's language.

        Raises:
            OSError: If libseccomp cannot write it.
        """
        with tempfile.TemporaryFile() as file:
            self._check(self._library.seccomp_export_bpf(self._context, file.fileno()))
            file.seek(0)
            return Program(self.number("seccomp"), file.read())

    @staticmethod
    def _check(result: int) -> None:
        if result < 0:
            raise OSError(-result, f"libseccomp: {os.strerror(-result)}")


@dataclass(frozen=True)
class Program:
    """A filter in the kernel's language: instructions of eight bytes, the last four a constant.

    Args:
        seccomp: Number of the system call that loads it.
        code: Its instructions.
    """

    seccomp: int
    code: bytes

    def where(self, stood: int, stands: int) -> "Program":
        """The same filter with another constant.

        Args:
            stood: The constant as it was, which must not occur as anything else.
            stands: The constant as it is to be.
        """
        old, new = (struct.pack("=I", constant) for constant in (stood, stands))
        return Program(self.seccomp, self.code.replace(old, new))

    def load(self) -> None:
        """Put the filter in force for all threads of this process, for good.

        Raises:
            OSError: If the kernel refuses it, for one thread or for all.
        """
        libc.filter_calls(self.seccomp, self.code)
