"""How far every layer is from torch's over its table of cases, and its time beside torch's.

The first table gives the largest difference from torch of any output, gradient or statistic, beside
the terms it is made of (for dropout: beside the number itself, on torch's own masks). The second
gives milliseconds per call, forward and backward; both sides take turns, and the median counts.

Run it with ``python -m benchmarks.layers`` from the root of the project.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from benchmarks.optim import machine
from course_lib import nn
from tests.cases.nn import BACKWARD_CASES, CALLS, DROPOUT_CASES, NORM_CASES, DropoutCase
from tests.nn.following import backward_distances, call_distance, distance

# Name, dtype, distance, tolerance of one row.
Row = tuple[str, torch.dtype, float, float]
LAYERS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "Dropout": (lambda package: package.Dropout(0.5), (128, 1000)),
    "BatchNorm1d": (lambda package: package.BatchNorm1d(1000), (128, 1000)),
    "BatchNorm2d": (lambda package: package.BatchNorm2d(64), (32, 64, 28, 28)),
}
ROUNDS = 21


def main() -> bool:
    """Print both tables.

    Returns:
        Whether every row stays within its tolerance.
    """
    console = Console()
    rows = list(track(_rows(), "Following torch", console=console))
    console.print(_distances(rows))
    console.print(_times())
    return all(apart <= tolerance for _, _, apart, tolerance in rows)


def dropout_distance(case: DropoutCase) -> float:
    """How far dropout and its gradient are from torch's operators, from one seed.

    Args:
        case: Probability, shape and dtype.

    Returns:
        The largest difference of an element, relative to it.
    """
    generator = torch.Generator().manual_seed(20)
    x, grad = (torch.randn(case.shape, generator=generator).to(case.dtype) for _ in range(2))
    torch.manual_seed(20)
    mine = nn.dropout(x, case.p)
    torch.manual_seed(20)
    theirs, mask = torch.ops.aten.native_dropout(x, case.p, True)
    scale = 1 / (1 - case.p) if case.p < 1 else 0.0
    back = torch.ops.aten.native_dropout_backward(grad, mask, scale)
    return max(_apart(mine, theirs), _apart(nn.dropout_backward(grad, mask, case.p), back))


def milliseconds(layer: Any, x: Tensor) -> float:
    """How long one call takes, forward and backward.

    Args:
        layer: In training mode.
        x: Its input.

    Returns:
        Milliseconds.
    """
    begin = time.perf_counter()
    layer(x).sum().backward()
    return 1e3 * (time.perf_counter() - begin)


def _rows() -> Iterator[Row]:
    for norm in NORM_CASES:
        yield norm.layer, norm.dtype, max(distance(norm).values()), norm.tolerance
    for call in CALLS:
        yield "batch_norm", call.dtype, max(call_distance(call).values()), call.tolerance
    for back in BACKWARD_CASES:
        apart = max(max(found.values()) for found in backward_distances(back).values())
        yield "batch_norm_backward", back.dtype, apart, back.tolerance
    for case in DROPOUT_CASES:
        half = case.dtype in (torch.float16, torch.bfloat16)
        yield "dropout", case.dtype, dropout_distance(case), torch.finfo(case.dtype).eps * half


def _apart(mine: Tensor, theirs: Tensor) -> float:
    difference = (mine.double() - theirs.double()).abs()
    ratio = (difference / theirs.double().abs()).masked_fill(difference == 0, 0.0)
    return ratio.max().item() if ratio.numel() else 0.0


def _distances(rows: list[Row]) -> Table:
    """One line for each layer and tolerance: how many rows, the largest difference."""
    table = Table(
        title=f"Largest difference from torch {torch.__version__}",
        caption="red: more than the rows' tolerance",
    )
    table.add_column("layer")
    table.add_column("dtype")
    for column in ("rows", "largest", "tolerance"):
        table.add_column(column, justify="right")
    for name, dtype, tolerance in dict.fromkeys((n, d, t) for n, d, _, t in rows):
        found = [a for n, d, a, t in rows if (n, d, t) == (name, dtype, tolerance)]
        style = "green" if all(apart <= tolerance for apart in found) else "red"
        kind = str(dtype).removeprefix("torch.")
        worst = f"[{style}]{max(found):.0e}[/]"
        table.add_row(name, kind, str(len(found)), worst, f"{tolerance:.0e}")
    return table


def _times() -> Table:
    table = Table(title="Milliseconds per call, and as a multiple of torch's", caption=machine())
    table.add_column("layer")
    for column in ("input", "ours", "torch", "ratio"):
        table.add_column(column, justify="right")
    for name, (make, shape) in LAYERS.items():
        x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
        layers = [make(package) for package in (nn, torch.nn)]
        rounds = [[milliseconds(layer, x) for layer in layers] for _ in range(ROUNDS + 3)][3:]
        own, other = (median(times) for times in zip(*rounds, strict=True))
        size = " x ".join(map(str, shape))
        table.add_row(name, size, f"{own:.3g}", f"{other:.3g}", f"{own / other:.2f}")
    return table


if __name__ == "__main__":
    raise SystemExit(not main())
