"""The few functions of libseccomp that a filter needs.

The C library is kept up to date with the kernel, unlike its bindings on PyPI; it knows the numbers
of all system calls on all processors, and it translates a filter into the kernel's language.
"""

import ctypes
import errno
import os
from collections.abc import Sequence

ALLOW = 0x7FFF0000
MASKED_EQUAL = 7
ALL_THREADS = 4
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
    """A filter under construction; a fork inherits it.

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
        number = self._library.seccomp_syscall_resolve_name(name.encode())
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

    def load(self) -> None:
        """Put the filter in force for all threads of this process, for good.

        Raises:
            OSError: If the kernel refuses it.
        """
        self._library.seccomp_attr_set(self._context, ALL_THREADS, ctypes.c_uint32(1))
        self._check(self._library.seccomp_load(self._context))

    @staticmethod
    def _check(result: int) -> None:
        if result < 0:
            raise OSError(-result, f"libseccomp: {os.strerror(-result)}")
