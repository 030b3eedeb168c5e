"""The same work on the workers of a Dask cluster, of any kind: Slurm, PBS, Kubernetes, one machine.

To a worker goes a submission with its tests and its seed; back come the executed notebook and what
the record says of the run. The course's secret, the gradebook and all files stay with whoever gave
the command. On a worker, too, students' code runs shut in, without any network.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import torch
from distributed import Client, Future, as_completed

from course_lib.checks.devices import REQUIRE, devices
from course_lib.editions.student import derive
from course_lib.editions.student import stamp as library_stamp
from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import MasterCell
from course_lib.grading.sandbox import Limits, documented
from course_lib.grading.sealed import record
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.executed import Terms
from course_lib.grading.sealed.gpus import reached
from course_lib.grading.sealed.intake import Intake, take_in
from course_lib.grading.sealed.judges import Done, warm_up
from course_lib.grading.sealed.keys import Key
from course_lib.grading.sealed.launch import Zygote, required
from course_lib.grading.sealed.one import judged, kept, seed, settle
from course_lib.grading.sealed.room import Room, room_of
from course_lib.grading.sealed.rooms import Room as Folder
from course_lib.grading.sealed.student import Bounds

Bundle = dict[str, Any]
"""All that a worker needs to judge a submission: plain values and bytes."""

AHEAD = 3
"""Submissions sent for each thread of the cluster, so that no worker waits for the next."""

_judge = ThreadPoolExecutor(1, "judge")
"""One submission at a time, and one thread that lives as long as a worker's zygote."""


class OtherWorker(RuntimeError):
    """A worker has other code, packages or devices than the submission is to be judged with."""


class Cluster:
    """A Dask cluster as a crew of judges.

    Args:
        client: Connected to its scheduler.
        room: What all submissions have in common.
        level: Of the sandbox, ``"strict"`` or ``"available"``.
        needed: What a worker must have, by the name of the resource.
        feedback: Writes the page of a student; done here, as marks are known here alone.
    """

    def __init__(
        self,
        client: Client,
        room: Room,
        level: str,
        needed: Mapping[str, float],
        feedback: Callable[..., None],
    ) -> None:
        self._client, self._room, self._level, self._needed = client, room, level, needed
        self._feedback = feedback
        self._away: dict[Future[Any], tuple[str, Intake]] = {}
        self._coming: Any = as_completed(loop=client.loop)
        self._ready: deque[Done] = deque()

    @property
    def free(self) -> bool:
        """Whether the cluster should have one more submission: it may grow at any time."""
        threads = sum(self._client.nthreads().values())
        return not self._ready and len(self._away) < AHEAD * max(threads, 1)

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return bool(self._away or self._ready)

    def give(self, *task: Any) -> None:
        """Send a submission away, or write the page of one that is back."""
        what, student, *more = task
        if what == "feedback":
            self._feedback(self._room, student, *more)
            self._ready.append(Done(what, student))
            return
        folder = self._room.course.submission(student, self._room.assignment)
        intake = take_in(folder, self._room.assignment)
        if known := kept(self._room, student, intake):
            self._ready.append(Done(what, student, known))
            return
        future = self._client.submit(
            grade_bundle, self._bundle(student, intake), resources=dict(self._needed), pure=False
        )
        self._away[future] = student, intake
        self._coming.add(future)

    def done(self) -> list[Done]:
        """What came back; waits for one."""
        if self._ready:
            found, self._ready = list(self._ready), deque()
            return found
        return [self._back(future) for future in self._coming.next_batch()]

    def _back(self, future: "Future[Any]") -> Done:
        """Write what came of a submission: nobody else writes."""
        student, intake = self._away.pop(future)
        try:
            content, body = future.result()
            made = settle(self._room, student, intake, content, body)
        except Exception as error:  # whatever one submission brings about, the class goes on
            return Done("grade", student, fault=f"{type(error).__name__}: {error}")
        return Done("grade", student, made, True)

    def _bundle(self, student: str, intake: Intake) -> Bundle:
        room = self._room
        folder = room.course.submission(student, room.assignment)
        files = () if intake.problem else (path for path in folder.rglob("*") if path.is_file())
        return {
            "student": student,
            "assignment": room.assignment,
            "files": {str(path.relative_to(folder)): path.read_bytes() for path in files},
            "problem": intake.problem,
            "seed": seed(room, student, intake),
            "masters": [asdict(master) for master in room.masters],
            "metadata": dict(room.metadata),
            "bounds": asdict(room.terms.bounds),
            "level": self._level,
            "worker": self._client_side(),
        }

    def _client_side(self) -> dict[str, Any]:
        return {"code": library_stamp(), "environment": record.environment()}


@contextmanager
def crew(
    course: Course,
    assignment: str,
    sandbox: str,
    address: str,
    resources: str,
    feedback: Callable[..., None],
) -> Iterator[tuple[Room, Cluster]]:
    """The workers of a cluster, once one of them has shown what it has.

    Args:
        course: Whose submissions are to be graded.
        assignment: Which of its assignments.
        sandbox: ``"strict"`` or ``"available"``.
        address: Of the scheduler; TLS is set up in Dask's own settings.
        resources: What a worker must have, as ``"GPU=1"``; empty for any.
        feedback: Writes the page of a student.

    Raises:
        GradingError: If nobody answers there, or a worker cannot do the work.
    """
    needed = parsed(resources)
    try:
        client = Client(address, set_as_default=False, timeout=10)
    except (OSError, ValueError) as error:
        raise GradingError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        try:
            asked = client.submit(describe, sandbox, resources=needed, pure=False)
            found = asked.result()
        except Exception as error:  # whatever is wrong there
            raise GradingError(f"a worker of {address} cannot grade: {error}") from error
        if os.environ.get(REQUIRE) == "1" and not any(d.startswith("cuda") for d in found):
            raise GradingError(f"needed a GPU, the workers have {', '.join(found)}")
        room = room_of(course, assignment, sandbox, found)
        yield room, Cluster(client, room, sandbox, needed, feedback)


def parsed(resources: str) -> dict[str, float]:
    """Resources as Dask has them.

    Raises:
        GradingError: If the text has another form.

    Example:
        >>> parsed("GPU=1, memory=4e9"), parsed("")
        ({'GPU': 1.0, 'memory': 4000000000.0}, {})
    """
    try:
        pairs = [part.split("=") for part in resources.split(",") if part.strip()]
        return {name.strip(): float(amount) for name, amount in pairs}
    except ValueError as error:
        raise GradingError(f'resources must look like "GPU=1", got {resources!r}') from error


def describe(level: str) -> list[str]:
    """On a worker: the devices that checks run on, once its sandbox has been tried.

    Raises:
        Refused: If the sandbox is not complete.
    """

    def tried() -> list[str]:
        _desk().hire((), Limits(), required(level, documented())).close()
        return devices()

    return _judge.submit(tried).result()


def grade_bundle(bundle: Bundle) -> tuple[bytes, record.Record]:
    """On a worker: judge a submission.

    Raises:
        OtherWorker: If the worker runs other code than the command.
        Refused: If its sandbox is not complete.
    """
    return _judge.submit(_judged, bundle).result()


def _judged(bundle: Bundle) -> tuple[bytes, record.Record]:
    here = {"code": _code(), "environment": record.environment()}
    if here != bundle["worker"]:
        raise OtherWorker(
            f"needed a worker with the code and packages of the command {bundle['worker']}, got"
            f" {here}: install the same version there and start the workers again"
        )
    with tempfile.TemporaryDirectory() as folder:
        room = _room(bundle, Path(folder))
        place = room.course.submission(bundle["student"], room.assignment)
        place.mkdir(parents=True)
        for name, content in bundle["files"].items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
        intake = Intake("", problem=bundle["problem"])
        if not intake.problem:
            intake = take_in(place, room.assignment)
        return judged(room, _desk(), bundle["student"], intake, bundle["seed"])


def _room(bundle: Bundle, folder: Path) -> Room:
    """The room of a submission, without the course's secret."""
    limits = Limits(**bundle["bounds"]["limits"])
    terms = Terms(
        Bounds(**{**bundle["bounds"], "limits": limits}),
        required(bundle["level"], documented()),
    )
    masters = [MasterCell(**master) for master in bundle["masters"]]
    course = Course(folder, folder / "_build")
    return Room(course, bundle["assignment"], masters, Key(b""), "", terms, bundle["metadata"])


@cache
def _code() -> str:
    """The version of the code this worker has loaded."""
    return library_stamp()


@cache
def _desk() -> Desk:
    """One zygote for each worker: it ends when the worker does."""
    _code()
    torch.set_num_threads(1)
    library = Folder().path / "student"
    derive(library)
    zygote = Zygote(library)
    warm_up()  # while it loads
    desk = zygote.ready().desks[0]
    reached(desk, Terms())
    return desk
