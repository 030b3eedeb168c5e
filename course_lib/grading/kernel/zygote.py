"""The warm parent of kernels: it has imported what notebooks need, and forks a kernel on request.

Run as a program, with the path a kernel would have. Of the grader it loads the sandbox and the
part that forks and buries, and forgets their names: a notebook finds none of it in its way.
"""

import atexit
import gc
import importlib.util
import json
import os
import socket
import sys
import time
import types
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

GRADING = Path(__file__).resolve().parent.parent

KERNEL = (
    *("ipykernel.kernelapp", "ipykernel.debugger", "sqlite3", "tornado.platform.asyncio"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect"),
    *("IPython.core.pylabtools", "IPython.extensions.storemagic", "tornado.queues"),
)
"""What every kernel imports, some of it only when it starts."""


def main() -> None:
    """Import everything, say so, and fork a kernel for every request."""
    options = json.loads(sys.argv[1])
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's folder
    sandbox, zygote, lines = grader()
    preload(options["preload"])
    start = starter(sandbox)
    # What is loaded stays: no kernel looks through it for garbage, and so copies its pages.
    gc.collect()
    gc.freeze()
    control = lines.Lines(socket.socket(fileno=options["control"]))
    control.send({"ready": True})
    zygote.Zygote([control], partial(zygote.forked, start)).serve()


def grader() -> tuple[Any, ...]:
    """The sandbox, what forks and what it hears, loaded without the rest, then out of the way."""
    for name, folder in (("course_lib", GRADING.parent), ("course_lib.grading", GRADING)):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]
    loaded = tuple(
        importlib.import_module(f"course_lib.grading.{name}")
        for name in ("sandbox", "sealed.zygote", "sealed.lines")
    )
    loaded[0].prepare(sockets=True)
    for name in [name for name in sys.modules if f"{name}.".startswith("course_lib.")]:
        del sys.modules[name]
    return loaded


def preload(names: Iterable[str]) -> None:
    """Import what is there of the modules a notebook may ask for; what fails, fails there."""
    for name in (*KERNEL, *names):
        try:
            importlib.import_module(name)
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # a fork does not inherit threads, and would wait for them
        warm_up(torch)


def warm_up(torch: Any) -> None:
    """Take the first step of an optimizer, on which torch imports its compiler."""
    weight = torch.zeros(2, requires_grad=True)
    (weight * weight).sum().backward()
    torch.optim.SGD([weight], lr=0.1).step()


def starter(sandbox: Any) -> Callable[[dict[str, Any], int], None]:
    """What a forked child does: become the kernel a request describes."""
    from ipykernel.kernelapp import IPKernelApp
    from zmq.utils import garbage

    launcher = str(importlib.util.find_spec("ipykernel_launcher").origin)  # type: ignore[union-attr]

    class Kernel(IPKernelApp):
        """A kernel that is told its sockets, and needs no file for it."""

        connection: Any

        def init_connection_file(self) -> None:
            self.load_connection_info(self.connection)

        def write_connection_file(self, **_: Any) -> None:
            pass

        def init_heartbeat(self) -> None:
            super().init_heartbeat()  # type: ignore[no-untyped-call]
            await_listener(f"{self.ip}-{self.hb_port}")  # a thread opens it, which may come late

    def start(request: dict[str, Any], descriptor: int) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        kernel: Any = Kernel.instance()

        def initialize() -> None:
            os.environ.update(request["environment"])
            os.chdir(request["folder"])
            kernel.connection = request["connection"]
            sys.argv = [launcher, *request["arguments"]]
            kernel.initialize(request["arguments"])
            garbage.gc.start()  # or the first long message would, and find its calls refused

        with socket.socket(fileno=descriptor) as answer:
            try:
                fresh_randomness()
                layers = enter(sandbox, request, descriptor, initialize)
                said = {"pid": os.getpid(), "layers": layers}
            except BaseException as error:
                answer.send(json.dumps({"refused": f"{type(error).__name__}: {error}"}).encode())
                return
            answer.send(json.dumps(said).encode())
        kernel.start()
        atexit._run_exitfuncs()  # the notebook's, and the kernel's, which sends its last messages

    return start


def enter(
    sandbox: Any, request: dict[str, Any], descriptor: int, initialize: Callable[[], None]
) -> list[dict[str, Any]]:
    """Open the kernel's sockets, inside the sandbox where one is asked for; what holds there."""
    if request["required"] is None:
        os.environ.clear()
        initialize()
        return []
    policy = sandbox.Policy(
        Path(request["scratch"]),
        tuple(map(Path, request["readable"])),
        sandbox.Limits(**request["limits"]),
        keep=(descriptor,),
        writable=(Path(request["folder"]),),
        sockets=True,
    )
    layers = sandbox.enter(policy, request["required"], initialize)
    return [layer.as_data() for layer in layers]


def await_listener(path: str) -> None:
    """Wait until somebody answers at a local socket; whoever started us limits the time."""
    while True:
        with socket.socket(socket.AF_UNIX) as caller, suppress(OSError):
            caller.connect(path)
            return
        time.sleep(0.001)


def fresh_randomness() -> None:
    """Seed anew what a kernel of its own would have seeded at its start."""
    for name in ("numpy.random", "torch"):
        if module := sys.modules.get(name):
            module.seed()


if __name__ == "__main__":
    main()
