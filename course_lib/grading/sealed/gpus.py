"""GPUs count only where students' processes reach them; the sandbox may keep them out."""

import os
import sys
from collections.abc import Iterable

from course_lib.checks.devices import REQUIRE
from course_lib.grading.course import GradingError
from course_lib.grading.machine import machine
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.executed import Terms
from course_lib.grading.sealed.student import Student

TRY = "import torch\nfor device in {found}:\n    torch.ones(2, device=device).sum().item()"


def among(found: Iterable[str]) -> list[str]:
    """The GPUs among devices.

    Example:
        >>> among(["cpu", "cuda:0"]), among(["cpu", "fake cuda"])
        (['cuda:0'], [])
    """
    return [device for device in found if device.startswith("cuda")]


def reached(desk: Desk, terms: Terms) -> list[str]:
    """The devices that checks run on: those of this machine that a student's process reaches.

    A right answer that cannot be given on a GPU must cost nothing. Where one GPU is not reached,
    all are hidden from this process and its children, and a pretended one stands for them.

    Args:
        desk: Where a process is hired that tries.
        terms: On which submissions are run.

    Raises:
        GradingError: If ``COURSE_REQUIRE_CUDA=1`` asks for a GPU that is not reached.
        Refused: If the sandbox is not complete.
    """
    found = machine()
    if not (needed := among(found)):
        return found
    with Student(desk, (), terms.bounds, terms.required) as student:
        said = [one for one in student.run(TRY.format(found=needed)) if "ename" in one]
    if not said:
        return found
    why = f"students' processes cannot use {', '.join(needed)} in the sandbox: {said[0]['evalue']}"
    if os.environ.get(REQUIRE) == "1":
        raise GradingError(
            f"{REQUIRE}=1, but {why}; grade without --require-cuda and {REQUIRE}, on the CPU and"
            " a pretended GPU; nothing was graded"
        )
    print(f"{why}; all are judged on the CPU and a pretended GPU", file=sys.stderr)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    return machine()
