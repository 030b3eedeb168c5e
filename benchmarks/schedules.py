"""How far every schedule is from torch's, over its table of cases.

Prints for each schedule the largest difference of any rate, momentum or count over 1,000 steps, on
torch's optimizers and on ours, each number beside the largest size it has in torch's run.

Run it with ``python -m benchmarks.schedules`` from the root of the project.
"""

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from course_lib import optim
from tests.cases.schedules import CASES, NAMES, PLATEAUS, Case, Plateau
from tests.schedules.trace import distance


def main() -> bool:
    """Print the table of all schedules.

    Returns:
        Whether every row stays within its tolerance.
    """
    console = Console()
    table = Table(
        title=f"Largest relative difference from torch {torch.__version__}",
        caption="red: more than the row's tolerance, 1e-12 unless it says otherwise",
    )
    for column in ("schedule", "rows", "on torch's optimizers", "on ours", "the farthest row"):
        table.add_column(column, justify="left" if column[0] in "st" else "right", no_wrap=True)
    fine = [_add(table, name) for name in track(NAMES, "Following torch", console=console)]
    console.print(table)
    return all(fine)


def _add(table: Table, name: str) -> bool:
    rows = _rows(name)
    theirs = [max(distance(row).values()) for row in rows]
    ours = [max(distance(row, optim).values()) for row in rows]
    both = [max(pair) for pair in zip(theirs, ours, strict=True)]
    fine = all(ratio <= _tolerance(row) for row, ratio in zip(rows, both, strict=True))
    style = "green" if fine else "red"
    farthest = rows[both.index(max(both))].catches if max(both) > 0.0 else ""
    numbers = [f"[{style}]{max(ratios):.0e}[/]" for ratios in (theirs, ours)]
    table.add_row(name, str(len(rows)), *numbers, farthest)
    return fine


def _rows(name: str) -> tuple[Case | Plateau, ...]:
    if name == "ReduceLROnPlateau":
        return PLATEAUS
    return tuple(case for case in CASES if case.schedule == name)


def _tolerance(row: Case | Plateau) -> float:
    return row.tolerance if isinstance(row, Case) else 0.0


if __name__ == "__main__":
    raise SystemExit(not main())
