"""How far every optimizer is from torch's, on every row of the table of cases.

Prints the largest relative difference of any element of any parameter or state entry over 200
steps, an element being measured beside the largest size it has had in torch.

Run it with ``python -m benchmarks.trajectories`` from the root of the project.
"""

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.cases.optimizers import CASES, Case
from tests.optim.trajectory import distance


def main() -> bool:
    """Print the table of all rows.

    Returns:
        Whether every row stays within its tolerance.
    """
    console = Console()
    found = [(case, distance(case)) for case in track(CASES, "Following torch", console=console)]
    table = Table(
        title=f"Largest relative difference from torch {torch.__version__}",
        caption="red: more than the row's tolerance, 1e-12 in double precision",
    )
    for column in ("optimizer", "the mistake it would show", "dtype"):
        table.add_column(column, no_wrap=True)
    for column in ("param", "state"):
        table.add_column(column, justify="right", no_wrap=True)
    for case, distances in found:
        table.add_row(*_row(case, distances), end_section=case.catches == _last(case))
    console.print(table)
    return all(max(distances.values()) <= case.tolerance for case, distances in found)


def _row(case: Case, distances: dict[str, float]) -> list[str]:
    param = distances["param"]
    state = max((apart for name, apart in distances.items() if name != "param"), default=None)
    style = "green" if max(distances.values()) <= case.tolerance else "red"
    return [
        case.optimizer,
        case.catches,
        str(case.dtype).removeprefix("torch."),
        f"[{style}]{param:.0e}[/]",
        "none" if state is None else f"[{style}]{state:.0e}[/]",
    ]


def _last(case: Case) -> str:
    return [other.catches for other in CASES if other.optimizer == case.optimizer][-1]


if __name__ == "__main__":
    raise SystemExit(not main())
