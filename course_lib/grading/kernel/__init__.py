"""Kernels forked from a warm parent: stock nbgrader, for any course's notebooks, without the wait.

Tests run beside the student's code, as they do in nbgrader, so this engine is *not* sealed: whoever
means to can forge a mark. It is several times faster than stock, and shuts the kernel in.

``turn_on(c)`` in a course's ``nbgrader_config.py`` is all that course needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.grading.kernel.provisioner import ForkedKernelManager, ForkedProvisioner

_HOME = {"ForkedKernelManager": "provisioner", "ForkedProvisioner": "provisioner"}

__all__ = ["OWN", "PRELOAD", "ForkedKernelManager", "ForkedProvisioner", "turn_on"]

NOT_A_TAG = "no-cell-is-skipped"

PRELOAD = ["numpy", "pandas", "torch", "matplotlib.pyplot", "matplotlib.backends.backend_agg"]
"""What most notebooks import; what is not installed is passed over."""

OWN = ["course_lib.checks.run", "course_lib.checks.subject", "course_lib.optim"]
"""What this course's notebooks import besides."""


def turn_on(c: Any) -> None:
    """Have nbgrader run notebooks in forked kernels; called in ``nbgrader_config.py``.

    It also closes two holes of nbgrader: nbclient passes over cells with the tag
    ``skip-execution``, which then earn full points, and waits a second for each kernel to end.

    Args:
        c: The settings, as ``get_config()`` gives them.
    """
    c.Execute.kernel_manager_class = f"{__name__}.ForkedKernelManager"
    c.Execute.shutdown_kernel = "immediate"
    c.Execute.skip_cells_with_tag = NOT_A_TAG


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: settings are read before anything runs."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
