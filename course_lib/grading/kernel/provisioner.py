"""A provisioner whose kernels are forked, and a kernel manager that asks for it."""

import math
import os
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import CaselessStrEnum, Dict, List, Type, Unicode

from course_lib.grading.kernel import PRELOAD
from course_lib.grading.kernel.parent import Fork, KernelRefused, Parent, warm
from course_lib.grading.sandbox import clean_environment, documented, lacking

INLINE = "module://matplotlib_inline.backend_inline"
LIMITS = {"cpu_seconds": 3600, "memory": 4 * 2**30, "open_files": 256}
"""Most a notebook may use where its course says nothing else."""

_PATH_LIMIT = 90
"""Characters of a local socket's path, less what its number takes."""


class ForkedProvisioner(LocalProvisioner):
    """Starts Python kernels by a fork of a process that has imported everything.

    Its settings are read from ``nbgrader_config.py``, as ``c.ForkedProvisioner.sandbox``.
    """

    sandbox = CaselessStrEnum(
        ["strict", "available", "off"],
        default_value="strict",
        help="'strict': start no kernel with fewer walls than this kind of machine must have."
        " 'available': take those there are. 'off': none, for notebooks that need programs,"
        " processes, the network or a GPU.",
    ).tag(config=True)
    preload = List(Unicode(), PRELOAD, help="Modules imported before the fork.").tag(config=True)
    readable = List(
        Unicode(), help="Files and folders a notebook may read beside its own and Python's."
    ).tag(config=True)
    environment = List(
        Unicode(), help="Variables a notebook gets, by name; NBGRADER_… it gets anyway."
    ).tag(config=True)
    variables = Dict({}, help="Variables a notebook gets besides, with their values.").tag(
        config=True
    )
    limits = Dict({}, help="Most a notebook may use, as in `sandbox.Limits`.").tag(config=True)

    process: Any = None
    room: Path | None = None
    warm: Parent | None = None
    layers: list[dict[str, Any]]

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Have the kernel's sockets be files in a folder of its own; called by jupyter_client.

        Raises:
            KernelRefused: If this kernel cannot be forked, and ``sandbox`` is strict.
        """
        if why := _unfit(self.kernel_spec.argv):
            if self.sandbox == "strict":
                raise KernelRefused(f"{why}; ForkedProvisioner.sandbox = 'available' starts it")
            self.log.warning("%s; it is started as ever, outside the sandbox", why)
        else:
            environment = {**os.environ, **kwargs.get("env", {})}
            self.warm = warm(self._environment(environment), self.preload)
            self.room = self.room or self.warm.scratch()
            manager: Any = self.parent
            manager.transport, manager.ip = "ipc", str(self.room / "s")
            if len(manager.ip) > _PATH_LIMIT:
                raise KernelRefused(f"the path of temporary files is too long: {self.room}")
        return dict(await super().pre_launch(**kwargs))

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel; its sockets are open when this returns; called by jupyter_client."""
        if self.room is None or self.warm is None:
            return await super().launch_kernel(cmd, **kwargs)
        environment, folder = kwargs["env"], Path(kwargs.get("cwd") or Path.cwd()).resolve()
        off = self.sandbox == "off"
        inside = {**self.kernel_spec.env, **self._named(environment), "MPLBACKEND": INLINE}
        whole = {"MPLBACKEND": INLINE, **environment, **self.variables}
        request = {
            "arguments": cmd[cmd.index("ipykernel_launcher") + 1 :],
            "connection": _plain(self.connection_info),
            "environment": whole if off else inside,
            "folder": str(folder),
            "limits": LIMITS | self.limits,
            "readable": [*self.readable, *self._path(environment, folder)],
            "required": self._required(),
            "scratch": str(self.room),
        }
        try:
            self.process = self.warm.fork(request)
        except KernelRefused:
            await self.cleanup()
            raise
        self.pid, self.cwd, self.layers = self.process.pid, folder, self.process.layers
        self._report()
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:
        """End the kernel at once: its notebook is through, so nothing is waited for."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Clear its folder, and end what it has left running; called by jupyter_client."""
        if isinstance(self.process, Fork):
            self.process.kill()
        if self.room and not restart:
            shutil.rmtree(self.room, ignore_errors=True)
            self.room = None
        await super().cleanup(restart)

    def _required(self) -> list[str] | None:
        """Layers without which nothing is run; None for no sandbox."""
        if self.sandbox == "off":
            return None
        return sorted(documented()) if self.sandbox == "strict" else []

    def _environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Of the parent: what a kernel's imports ask for, and nothing else."""
        home = Path.home()
        own = {name: value for name, value in clean_environment(home).items() if name != "TMPDIR"}
        del own["MPLCONFIGDIR"]  # the user's own list of fonts spares making one
        path = {name: environment[name] for name in _IMPORTS if name in environment}
        return {**own, **path, **self._named(environment), "MPLBACKEND": INLINE}

    def _named(self, environment: Mapping[str, str]) -> dict[str, str]:
        named = {
            name: value
            for name, value in environment.items()
            if name in self.environment or name.startswith("NBGRADER_")
        }
        return {**named, **self.variables}

    def _path(self, environment: Mapping[str, str], folder: Path) -> list[str]:
        """Folders of the kernel's path, less those that hold the course itself."""
        given = environment.get("PYTHONPATH", "").split(os.pathsep)
        found = [Path(path).resolve() for path in given if path and Path(path).exists()]
        return [str(path) for path in found if not folder.is_relative_to(path)]

    def _report(self) -> None:
        standing = [str(layer["layer"]) for layer in self.layers if layer["active"]]
        self.log.info("Forked a kernel. Walls: %s", ", ".join(standing) or "none")
        if missing := lacking(self.layers):
            self.log.info("Missing walls: %s", missing)


class ForkedKernelClient(AsyncKernelClient):
    """A client that begins at once.

    jupyter_client's own waits until nothing was heard for a fifth of a second, lest messages of a
    kernel's start be taken for those of a cell. Here they are told apart by what they answer.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return once the kernel answers and is heard; called by nbclient.

        Args:
            timeout: Seconds; none by default.

        Raises:
            RuntimeError: If it does not answer in time, or has ended.
        """
        ends = time.monotonic() + (math.inf if timeout is None else timeout)
        while time.monotonic() < ends:
            self.kernel_info()
            with suppress(Empty):
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)
                return
            if not await self.is_alive():
                raise RuntimeError("the kernel ended before it answered")
        raise RuntimeError(f"the kernel did not answer within {timeout:g} s")


class ForkedKernelManager(AsyncKernelManager):
    """A kernel manager for ``Execute.kernel_manager_class``: its kernels are forked."""

    client_factory = Type(ForkedKernelClient, klass=AsyncKernelClient)

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
        if self.provisioner is None:
            self.provisioner = ForkedProvisioner(kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**kwargs)

    pre_start_kernel = _async_pre_start_kernel


_IMPORTS = ("PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHASHSEED", "PYTHONWARNINGS", "LD_LIBRARY_PATH")


def _unfit(command: list[str]) -> str:
    """Why a kernel's command cannot be answered by a fork; empty where it can."""
    if sys.platform != "linux":
        return "kernels are forked on Linux only"
    if "ipykernel_launcher" not in command:
        return f"only ipykernel's kernels are forked, not {' '.join(command[:3])}"
    if not Path(command[0]).name.startswith("python") or (
        os.path.dirname(command[0]) and not os.path.samefile(command[0], sys.executable)
    ):
        return f"only kernels of {sys.executable} are forked, not of {command[0]}"
    return ""


def _plain(info: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in info.items()}
