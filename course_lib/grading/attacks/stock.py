"""Stock nbgrader's side: each attack alone, as nbgrader grades it in a course without our care.

Run by a command of its own, ``course attacks --stock``, since it takes most of an hour. Every
attack is graded inside bubblewrap, with a network, a process table and a course of its own.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from rich.progress import Progress

from course_lib.editions.library import ROOT
from course_lib.editions.student import derive
from course_lib.grading.attacks import inside, watch
from course_lib.grading.attacks.model import Attack, Places
from course_lib.grading.attacks.run import VICTIM, WITNESSES, new_course, submit
from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import marks
from course_lib.grading.sample_class import expected, hand_in
from course_lib.grading.sandbox import bubblewrap

DATA = ROOT / "tests" / "attacks" / "stock.json"

# nbgrader's own settings, but for time: a busy machine is no attack, and nobody waits for a hang.
CONFIG = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.Execute.timeout = 15
c.Execute.iopub_timeout = 60
c.Execute.shutdown_kernel = "immediate"
c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
"""

NEIGHBORS = ("outputs", "notebook file", "people", "submission", "exhausting", "processes")
"""Kinds of attacks beside which a classmate is graded; the others reach only themselves."""

Entry = dict[str, Any]


def record(attacks: Sequence[Attack], jobs: int = 2) -> Path:
    """Grade attacks in nbgrader's own way and write down what came of it.

    Args:
        attacks: Those to grade; entries of others are kept.
        jobs: How many at a time.

    Returns:
        The data file.

    Raises:
        GradingError: If there is no bubblewrap that runs here.
    """
    with tempfile.TemporaryDirectory(prefix="attacks-") as name, Progress() as progress:
        folder = Path(name).resolve()
        if missing := bubblewrap.available([sys.executable, "-c", ""], folder):
            raise GradingError(
                f"bubblewrap does not run here ({missing}): stock nbgrader would meet the attacks"
                " unprotected; install it, such as with `apt-get install bubblewrap`"
            )
        library = folder / "student"
        derive(library)
        base = new_course(folder / "base", {attack.assignment for attack in attacks})
        task = progress.add_task("Stock nbgrader", total=len(attacks))
        with ThreadPoolExecutor(jobs) as pool:
            for some in _batched(attacks, jobs):
                courses = [_course(one, base, folder / one.name) for one in some]
                folders = [folder / one.name for one in some]
                said = pool.map(_graded, some, courses, folders, [library] * len(some))
                for attack, course, seen in zip(some, courses, said, strict=True):
                    _keep(attack, _entry(attack, course, seen))
                    shutil.rmtree(folder / attack.name, ignore_errors=True)
                    progress.advance(task)
    return DATA


def _batched(attacks: Sequence[Attack], size: int) -> Iterator[Sequence[Attack]]:
    """Yield so many at a time: the gradebook is read by one thread only."""
    for start in range(0, len(attacks), size):
        yield attacks[start : start + size]


def known() -> dict[str, Entry]:
    """What was recorded, by the name of the attack."""
    entries: dict[str, Entry] = _data()["attacks"]
    return entries


def _data() -> dict[str, Any]:
    return json.loads(DATA.read_text()) if DATA.is_file() else {"attacks": {}}


def _keep(attack: Attack, entry: Entry) -> None:
    data = _data()
    data["date"] = datetime.now(UTC).date().isoformat()
    packages = ("nbgrader", "nbclient", "nbconvert", "ipykernel", "ipython", "torch")
    data["versions"] = {name: version(name) for name in packages}
    data["attacks"][attack.name] = entry
    data["attacks"] = dict(sorted(data["attacks"].items()))
    DATA.write_text(json.dumps(data, indent=1) + "\n")


def _course(attack: Attack, base: Course, folder: Path) -> Course:
    """A course of its own, in which an attack and a classmate have handed in."""
    root = folder / "course" / "assignments"
    root.mkdir(parents=True)
    (folder / "canary").mkdir()
    (folder / "home").mkdir()
    for name in ("source", "release"):
        shutil.copytree(base.root / name / attack.assignment, root / name / attack.assignment)
    shutil.copyfile(base.root / "gradebook.db", root / "gradebook.db")
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root)))
    course = Course(root, folder / "build")
    places = Places(
        root=root,
        canary=folder / "canary",
        repository=ROOT,
        victim=VICTIM,
        port=inside.PORT,
        socket=folder / "socket",
        abstract=f"{watch.TOKEN}-{inside.PORT}",
    )
    hand_in(WITNESSES[1], VICTIM, attack.assignment, course)
    submit(attack, course, places)
    if attack.kind not in NEIGHBORS:
        shutil.rmtree(course.submission(VICTIM, attack.assignment).parent)
    return course


def _graded(attack: Attack, course: Course, folder: Path, library: Path) -> Entry:
    """Grade it in a namespace; what was seen, without the marks."""
    theirs = course.root / "submitted" / VICTIM
    kept = [course.root / "source", *([theirs] if theirs.exists() else [])]
    before = watch.fingerprint(kept)
    said = _inside(attack, folder, library)
    said["effects"] += watch.changed(before, watch.fingerprint(kept))
    said["effects"] += [f"wrote outside: {path.name}" for path in (folder / "canary").iterdir()]
    said["effects"] += _page(attack, course)
    return said


def _entry(attack: Attack, course: Course, said: Entry) -> Entry:
    """What is written down of it."""
    if attack.kind in NEIGHBORS:
        source = nbformat.read(course.source(attack.assignment), as_version=4)
        if _score(VICTIM, attack, course) != expected(WITNESSES[1], source):
            said["effects"].append("the classmate's mark is lost")
    score = _score(attack.name, attack, course)
    return {**said, "score": score, "effects": said["effects"][:5]}


def _inside(attack: Attack, folder: Path, library: Path) -> Entry:
    """Run the grading in bubblewrap: everything read-only but the attack's own folder."""
    packages = ("--bind", str(folder), str(folder), "--ro-bind", str(library), str(library))
    command = [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/"),
        *("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp", *packages),
        *("--", sys.executable, "-m", inside.__name__),
        *(
            str(folder),
            str(library),
            attack.assignment,
            *(["feedback"] if attack.kind == "pages" else []),
        ),
    ]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "OMP_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    try:
        found: Entry = json.loads(done.stdout.strip().splitlines()[-1])
        return found
    except (IndexError, ValueError):
        return {"hangs": False, "effects": ["ended the grader"], "seconds": 0.0}


def _score(student: str, attack: Attack, course: Course) -> float | None:
    """Points in the gradebook; None where nothing was graded, or it cannot be read any more."""
    try:
        found = marks(course.database, attack.assignment, student)
    except Exception:  # what an attack left of it may break its reader in any way
        return None
    by_machine = [mark for name, mark in found.items() if not name.startswith("written-")]
    if not by_machine or any(mark.by_hand for mark in by_machine):
        return None
    return sum(mark.score for mark in by_machine)


def _page(attack: Attack, course: Course) -> list[str]:
    page = course.feedback(attack.name, attack.assignment)
    return watch.active(page.read_text(errors="replace")) if page.is_file() else []
