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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.grading.sealed.lines import Lines

GRADING = Path(__file__).resolve().parent.parent

Start = Callable[[dict[str, Any], int], None]
"""In a child: do what a request asks, talking through a descriptor."""

Begin = Callable[[dict[str, Any], int], int]
"""Begin a child that does what a request asks; its number."""

ROUNDS = 10
"""How often steps are taken ahead: after eight times Python knows how to run a function faster, and
all workers with it."""


def main() -> None:
    """Load, say so, and begin a worker for every request until nobody is left who could ask."""
    options = json.loads(sys.argv[1])
    sys.path[:0] = options["path"]
    _find_grader()
    from course_lib.grading.sealed.lines import Lines

    if "request" in options:
        os.setsid()
        _loaded(rounds=1)(options["request"], options["descriptor"])
        os._exit(0)
    forks = options["method"] == "fork"
    begin = partial(forked, _loaded()) if forks else partial(spawned, options["path"])
    controls = [Lines(socket.socket(fileno=number)) for number in options["controls"]]
    controls[0].send({"ready": True})
    Zygote(controls, begin).serve()
    os._exit(0)  # taking everything down that was imported takes long


def forked(start: Start, request: dict[str, Any], descriptor: int) -> int:
    """Begin a worker that has everything loaded."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            start(request, descriptor)
        finally:
            os._exit(0)
    return pid


def spawned(path: list[str], request: dict[str, Any], descriptor: int) -> int:
    """Begin a worker that loads everything anew, which takes seconds."""
    os.set_inheritable(descriptor, True)
    options = json.dumps({"path": path, "request": request, "descriptor": descriptor})
    words = [sys.executable, "-I", "-S", __file__, options]
    return os.posix_spawn(sys.executable, words, os.environ)


class Zygote:
    """Begins workers and buries them.

    Args:
        controls: The way to each judge; requests come by it, and deaths are told by it.
        begin: How a worker begins.
    """

    def __init__(self, controls: list["Lines"], begin: Begin) -> None:
        self.controls, self.begin = controls, begin
        self.living: dict[int, tuple[Lines, int]] = {}

    def serve(self) -> None:
        """Answer until every judge has hung up."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as waiting:
            for control in self.controls:
                waiting.register(control.end, selectors.EVENT_READ, control)
            waiting.register(ours, selectors.EVENT_READ)
            while self.controls:
                for key, _ in waiting.select():
                    if key.fileobj is ours:
                        ours.recv(4096)
                        self.bury()
                    elif not self.heed(key.data):
                        waiting.unregister(key.fileobj)
                        key.data.end.close()

    def heed(self, control: "Lines") -> bool:
        """Take what has come; False if that judge is gone."""
        try:
            for request in control.receive():
                if "kill" in request:
                    self.kill(control, request["kill"])
                else:
                    descriptor = control.descriptor()
                    pid = self.begin(request, descriptor)
                    os.close(descriptor)
                    self.living[pid] = (control, request["worker"])
            return True
        except (EOFError, OSError):
            self.kill(control)
            self.controls.remove(control)
            return False

    def kill(self, control: "Lines", worker: int | None = None) -> None:
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
                with suppress(OSError):
                    status = os.waitstatus_to_exitcode(status)
                    control.send({"ended": worker, "status": status})


def _find_grader() -> None:
    """Have modules of the grader found, which the student edition lacks."""
    import types

    package = types.ModuleType("course_lib.grading")
    package.__path__ = [str(GRADING)]
    sys.modules[package.__name__] = package


def _loaded(rounds: int = ROUNDS) -> Start:
    """Import all that workers need, then leave no trace of the grader in the import system."""
    import torch

    torch.set_num_threads(1)  # a fork does not inherit threads, and would wait for them
    _warm_up(torch, rounds)
    from course_lib.grading import sandbox
    from course_lib.grading.sealed import border, shell, worker

    session = shell.started()
    readable = tuple(map(Path, sys.path[:2]))
    sandbox.prepare(readable)
    for name in [name for name in sys.modules if f"{name}.".startswith("course_lib.grading.")]:
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


def _warm_up(torch: Any, rounds: int) -> None:
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
    for name, options in STEPS * rounds:
        for device in ("cpu", FAKE):
            given = {"options": {**options, "foreach": False}, "gradients": [tensors] * 2}
            collect(getattr(torch.optim, name), {**case, **given, "device": device})


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
