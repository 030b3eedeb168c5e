"""Milliseconds per step of every optimizer beside torch's, on a small network and a large one.

Run it with ``python -m benchmarks.optim`` from the root of the project, on a machine that has
little else to do. Both take turns, so that a slow moment hits both, and the median counts.
"""

import platform
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from course_lib import optim

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9},
    "Adagrad": {},
    "Adadelta": {},
    "RMSprop": {},
    "Adam": {},
    "AdamW": {},
    "NAdam": {},
}
SMALL = ((64, 64), (64,), (64, 64), (64,), (64, 10), (10,))
LARGE = ((3000, 3000), (1000, 1000))
# Shapes of the parameters, and how many steps of each side are timed.
SIZES = {"small network": (SMALL, 300), "10 million": (LARGE, 21)}


def main() -> None:
    """Print the table of all optimizers on both sizes."""
    console = Console()
    table = Table(title="Milliseconds per step, and as a multiple of torch's", caption=machine())
    table.add_column("optimizer")
    for size in SIZES:
        for column in (f"{size}: ours", "torch", "ratio"):
            table.add_column(column, justify="right")
    with Progress(console=console) as progress:
        task = progress.add_task("Timing", total=len(OPTIMIZERS) * len(SIZES))
        for name, options in OPTIMIZERS.items():
            row = [name]
            for shapes, rounds in SIZES.values():
                row += _cells(*compare(name, options, shapes, rounds))
                progress.advance(task)
            table.add_row(*row)
    console.print(table)


def compare(
    name: str, options: dict[str, Any], shapes: tuple[tuple[int, ...], ...], rounds: int
) -> tuple[float, float]:
    """Median milliseconds per step.

    Args:
        name: The optimizer's.
        options: For its constructor.
        shapes: Of the parameters.
        rounds: Steps of each side that are timed, after a few that are not.

    Returns:
        Ours and torch's.
    """
    ours = _stepper(getattr(optim, name), options, shapes)
    torchs = _stepper(getattr(torch.optim, name), options | {"foreach": False}, shapes)
    times = [(_milliseconds(ours), _milliseconds(torchs)) for _ in range(rounds + 3)][3:]
    return median(own for own, _ in times), median(other for _, other in times)


def machine() -> str:
    """Processor, torch and the number of threads, for a reader who compares tables."""
    return f"{_processor()}, torch {torch.__version__}, {torch.get_num_threads()} threads"


def _stepper(
    cls: Any, options: dict[str, Any], shapes: tuple[tuple[int, ...], ...]
) -> Callable[[], None]:
    generator = torch.Generator().manual_seed(0)
    params = [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]
    for param in params:
        param.grad = torch.randn(param.shape, generator=generator)
    step: Callable[[], None] = cls(params, **options).step
    return step


def _milliseconds(step: Callable[[], None]) -> float:
    begin = time.perf_counter()
    step()
    return 1e3 * (time.perf_counter() - begin)


def _cells(ours: float, torchs: float) -> list[str]:
    ratio = ours / torchs
    style = "green" if ratio <= 1.2 else "yellow"
    return [f"{ours:.3g}", f"{torchs:.3g}", f"[{style}]{ratio:.2f}[/]"]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
