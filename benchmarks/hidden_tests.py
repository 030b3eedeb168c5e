"""How long the hidden tests of every assignment take on a CPU, once everything is imported.

Every case is put to the library's own solution, as the grader puts it to a student's.

Run it with ``python -m benchmarks.hidden_tests`` from the root of the project.
"""

import time
from importlib import import_module

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from course_lib.checks import run_check
from course_lib.checks.exercises import ASSIGNMENTS, find
from course_lib.checks.subject import Given
from course_lib.misconceptions.notebook import Case, cases


def main() -> bool:
    """Print the seconds of every assignment and its slowest case.

    Returns:
        Whether every case passed.
    """
    table = Table(title="Hidden tests on the library's own solutions, on the CPU")
    for column in ("assignment", "cases", "seconds", "the slowest", "its seconds"):
        table.add_column(
            column, justify="left" if column in ("assignment", "the slowest") else "right"
        )
    torch.set_num_threads(1)  # as the graders run them
    passed = True
    for assignment in ASSIGNMENTS:
        hidden = [case for case in cases(assignment) if case.hidden]
        run(hidden[0])  # the first case imports what torch imports late
        taken = {case.cell: 0.0 for case in hidden}
        for case in track(hidden, assignment):
            start = time.perf_counter()
            passed &= run(case)
            taken[case.cell] += time.perf_counter() - start
        slowest = max(taken, key=lambda cell: taken[cell])
        numbers = (f"{sum(taken.values()):.2f}", slowest, f"{taken[slowest]:.2f}")
        table.add_row(assignment, str(len(hidden)), *numbers)
    Console().print(table)
    return passed


def run(case: Case) -> bool:
    """Put a case to the library's solution; whether it did not fail."""
    module, _, name = find(case.exercise).target.rpartition(".")
    solution = getattr(import_module(module), name)
    return run_check(case.exercise, Given(solution), **case.parameters).outcome != "failed"


if __name__ == "__main__":
    raise SystemExit(not main())
