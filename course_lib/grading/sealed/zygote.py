"""The clean parent of all workers: it has imported everything once and has never seen a test.

Run as a program of its own, with nothing of the instructor's on its path: ``course_lib`` comes
from the student edition. Of the grader it loads the sandbox, the border and the worker, and then
forgets their names, so that no import finds them.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

GRADING = Path(__file__).resolve().parent.parent

Start = Callable[[dict[str, Any], int], None]
"""In a forked child: do what a request asks, talking through a descriptor."""


def main() -> None:
    """Load, say so, and fork a worker for every request until nobody is left who could ask."""
    options = json.loads(sys.argv[1])
    sys.path[:0] = options["path"]
    start = _loaded()
    controls = [socket.socket(fileno=number) for number in options["controls"]]
    controls[0].send(b'{"ready": true}')
    Zygote(controls, start).serve()
    os._exit(0)  # taking everything down that was imported takes long


class Zygote:
    """Forks workers and buries them.

    Args:
        controls: One socket for each judge; requests come by it, and deaths are told by it.
        start: What a forked child does.
    """

    def __init__(self, controls: list[socket.socket], start: Start) -> None:
        self.controls, self.start = controls, start
        self.living: dict[int, tuple[socket.socket, int]] = {}

    def serve(self) -> None:
        """Answer until every judge has hung up."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as waiting:
            for control in self.controls:
                waiting.register(control, selectors.EVENT_READ)
            waiting.register(ours, selectors.EVENT_READ)
            while self.controls:
                for key, _ in waiting.select():
                    if key.fileobj is ours:
                        ours.recv(4096)
                        self.bury()
                    elif isinstance(key.fileobj, socket.socket) and not self.heed(key.fileobj):
                        waiting.unregister(key.fileobj)

    def heed(self, control: socket.socket) -> bool:
        """Take one request; False if that judge is gone."""
        with suppress(OSError):
            data, descriptors, _, _ = socket.recv_fds(control, 65536, 1)
            if data:
                request = json.loads(data)
                if "kill" in request:
                    self.kill(control, request["kill"])
                else:
                    self.fork(control, request, descriptors[0])
                return True
        self.kill(control)
        self.controls.remove(control)
        control.close()
        return False

    def fork(self, control: socket.socket, request: dict[str, Any], descriptor: int) -> None:
        """Start a worker that talks through ``descriptor``."""
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                self.start(request, descriptor)
            finally:
                os._exit(0)
        os.close(descriptor)
        self.living[pid] = (control, request["worker"])

    def kill(self, control: socket.socket, worker: int | None = None) -> None:
        """End one worker of a judge, or all of them."""
        for pid, (owner, number) in self.living.items():
            if owner is control and worker in (None, number):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def bury(self) -> None:
        """Tell the judges which of their workers have ended, and how."""
        for pid in list(self.living):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                control, worker = self.living.pop(pid)
                message = {"ended": worker, "status": os.waitstatus_to_exitcode(status)}
                with suppress(OSError):
                    control.send(json.dumps(message).encode())


def _loaded() -> Start:
    """Import all that workers need, then leave no trace of the grader in the import system."""
    import types

    package = types.ModuleType("course_lib.grading")
    package.__path__ = [str(GRADING)]
    sys.modules[package.__name__] = package

    import torch

    torch.set_num_threads(1)  # a fork does not inherit threads, and would wait for them
    _warm_up(torch)
    from course_lib.grading import sandbox
    from course_lib.grading.sealed import border, shell, worker

    session = shell.started()
    readable = tuple(map(Path, sys.path[:2]))
    sandbox.prepare(readable)
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{package.__name__}.")]:
        del sys.modules[name]
    vars(sys.modules["course_lib"]).pop("grading", None)
    sys.argv = [""]
    # What is loaded stays: no worker looks through it for garbage, and so copies its pages.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # a submission is short

    def start(request: dict[str, Any], descriptor: int) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        policy = sandbox.Policy(
            Path(request["scratch"]),
            readable,
            sandbox.Limits(**request["limits"]),
            (descriptor,),
        )
        channel = border.Channel(descriptor, descriptor)
        worker.serve(channel, policy, request["required"], session)

    return start


def _warm_up(torch: Any) -> None:
    """Do once what torch puts off until it is first asked, such as an optimizer's first step."""
    import importlib

    from course_lib.grading.sealed.warm import warm_torch

    warm_torch()
    for name in ("course_lib.checks.subject", "course_lib.optim"):
        importlib.import_module(name)
    from course_lib import session
    from course_lib.checks.collect import collect
    from course_lib.checks.exercises import EXERCISES
    from course_lib.checks.reach import out_of_reach
    from course_lib.checks.spec import FAKE

    for exercise in EXERCISES:
        session.implement(session.library(exercise.name))
        with out_of_reach(exercise, traced=True):
            torch.ones(1).add(1)
    session.reset()

    tensors = [torch.ones(shape, dtype=torch.float64) for shape in ((3, 2), (4,))]
    case: dict[str, Any] = {
        "kind": "optimizer",
        "parameters": tensors,
        "groups": None,
        "changes": {},
    }
    for name, options in STEPS * ROUNDS:
        for device in ("cpu", FAKE):
            given = {"options": {**options, "foreach": False}, "gradients": [tensors] * 2}
            collect(getattr(torch.optim, name), {**case, **given, "device": device})


ROUNDS = 10
"""How often: after eight times Python knows how to run a function faster, and all workers with it.
"""

STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("SGD", {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "maximize": True}),
    ("Adagrad", {"lr_decay": 0.1, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("Adadelta", {}),
    ("NAdam", {}),
)
"""Steps of torch's own optimizers, whose operators the pretended device meets here first."""


if __name__ == "__main__":
    main()
