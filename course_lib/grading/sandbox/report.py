"""What holds and what does not, as plain data, and the refusal to go on with too little."""

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER_NAMESPACES = (
    "allow user namespaces: `sysctl user.max_user_namespaces=10000`; on Ubuntu 24.04 also "
    "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`; containers seldom allow them"
)
HOW = {
    "limits": "use Linux or macOS; on Windows use WSL2",
    "memory": "use Linux",
    "threads": "grade as an ordinary user (the kernel never counts root's threads) where user "
    "namespaces are allowed",
    "no-new-privs": "use Linux",
    "capabilities": "use Linux",
    "user namespace": USER_NAMESPACES,
    "network namespace": USER_NAMESPACES,
    "ipc namespace": USER_NAMESPACES,
    "uts namespace": USER_NAMESPACES,
    "mount namespace": USER_NAMESPACES,
    "landlock": "use Linux 5.13 or newer with `landlock` among the `lsm=` boot options, and "
    "`pip install landlockpy`",
    "descriptors": "use Linux or macOS; on Windows use WSL2",
    "seccomp": "use Linux, and install libseccomp: `apt install libseccomp2`",
    "bubblewrap": "`apt install bubblewrap`; in most containers it cannot run",
}
"""How to get each layer, in the order in which they are reported."""

PORTABLE = frozenset({"limits", "descriptors"})
CONTAINER = PORTABLE | {"memory", "no-new-privs", "capabilities", "landlock", "seccomp"}
LINUX = CONTAINER | {name for name in HOW if name.endswith("namespace")}

CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io")


@dataclass(frozen=True)
class Layer:
    """One wall: does it stand?

    Args:
        name: One of the names in `HOW`.
        active: Whether the kernel accepted it.
        detail: What it covers, or why it is missing.
    """

    name: str
    active: bool
    detail: str

    @property
    def how(self) -> str:
        """How to get it; empty where it stands."""
        return "" if self.active else HOW[self.name]

    def as_data(self) -> dict[str, str | bool]:
        """For the record of a submission, ready for JSON."""
        return {"layer": self.name, "active": self.active, "detail": self.detail, "how": self.how}


class SandboxMissing(RuntimeError):
    """A required layer does not stand, so nothing is run."""


def in_container() -> bool:
    """Whether a container's own marks stand on this machine."""
    return any(Path(mark).exists() for mark in CONTAINER_MARKS)


def documented() -> frozenset[str]:
    """Layers that this kind of machine must have.

    On Linux every layer but two, without namespaces in a container or pod, and on macOS what POSIX
    offers. The two are bubblewrap, a second wall where it is installed, and the count of threads,
    which the kernel does not keep for root; the memory they take is limited in any case.
    """
    if sys.platform != "linux":
        return PORTABLE
    return CONTAINER if in_container() else LINUX


def lacking(layers: Iterable[Mapping[str, Any]]) -> str:
    """Names of the layers that do not stand; empty if all do.

    Args:
        layers: As a record has them.

    Example:
        >>> lacking([{"layer": "limits", "active": True}, {"layer": "seccomp", "active": False}])
        'seccomp'
    """
    return ", ".join(str(layer["layer"]) for layer in layers if not layer["active"])


def explain(layers: Iterable[Layer]) -> str:
    """A line for each layer: what it covers, or why it is missing and how to get it."""
    return "\n".join(
        f"{layer.name}: {'active' if layer.active else 'missing'}, {layer.detail}"
        + (f"; to get it: {layer.how}" if layer.how else "")
        for layer in layers
    )


def require(layers: Collection[Layer], required: Collection[str]) -> None:
    """Refuse to go on when a required layer is missing.

    Raises:
        SandboxMissing: Naming each missing layer, why, and how to get it.
        ValueError: If ``required`` names an unknown layer.

    Example:
        >>> require([Layer("seccomp", True, "system calls")], {"seccomp"})
    """
    if unknown := set(required) - HOW.keys():
        raise ValueError(f"required must name layers of {sorted(HOW)}, got {sorted(unknown)}")
    standing = {layer.name for layer in layers if layer.active}
    known = {layer.name: layer for layer in layers}
    missing = [
        known.get(name, Layer(name, False, "not tried"))
        for name in HOW
        if name in required and name not in standing
    ]
    if missing:
        raise SandboxMissing(f"The sandbox is not complete, so nothing runs.\n{explain(missing)}")
