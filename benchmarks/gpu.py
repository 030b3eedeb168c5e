"""What a GPU does with the programs of chapter 4; the page shows the recorded run.

Run it with ``python -m benchmarks.gpu`` from the root of the project, on a machine with an NVIDIA
GPU. It needs torch alone, checks the kernel of ``book/data/vector_add.cu`` against torch before
it times it, and writes ``book/data/gpu_run.json``.
"""

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

DATA = Path(__file__).resolve().parents[1] / "book" / "data"
THREADS = 256
REPEATS = 11
#: Layers of the network whose training step is timed, as in the page.
LAYERS = (64, 128, 128, 10)
ADD_SIZES = tuple(2**power for power in range(10, 28))
MATRIX_SIZES = tuple(2**power for power in range(3, 14))
BATCHES = tuple(2**power for power in range(17))

Add = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], object]


def main() -> None:
    """Measure everything and write the file; without a GPU, say so and stop."""
    if not torch.cuda.is_available():
        sys.exit("needed an NVIDIA GPU and a torch built for CUDA, found none: nothing recorded")
    device = torch.device("cuda")
    run = provenance() | measure(device, compiled(), ADD_SIZES, MATRIX_SIZES, BATCHES)
    target = DATA / "gpu_run.json"
    target.write_text(json.dumps(run) + "\n", encoding="utf-8")
    print(f"{run['machine']['gpu']}, {run['date']}: written to {target.name}")


def compiled() -> Add:
    """Return the kernel of the page, compiled by NVRTC, as a function that launches it."""
    source = (DATA / "vector_add.cu").read_text(encoding="utf-8").partition("#include")[0]
    kernel = torch.cuda._compile_kernel(source, "vector_add")

    def add(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> None:
        blocks = (a.numel() + THREADS - 1) // THREADS
        kernel(grid=(blocks, 1, 1), block=(THREADS, 1, 1), args=[a, b, c, a.numel()])

    return add


def provenance() -> dict[str, Any]:
    """Return where, when and with what the run is made."""
    properties = torch.cuda.get_device_properties(0)
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    driver = subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "gpu": properties.name,
            "memory_gb": round(properties.total_memory / 1e9),
            "multiprocessors": properties.multi_processor_count,
            "compute_capability": f"{properties.major}.{properties.minor}",
        },
        "versions": {
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "driver": driver,
            "python": platform.python_version(),
        },
    }


def measure(
    device: torch.device,
    kernel: Add,
    add_sizes: Iterable[int],
    matrix_sizes: Iterable[int],
    batches: Iterable[int],
) -> dict[str, Any]:
    """Seconds of every program, ``REPEATS`` measurements for each size.

    Args:
        device: Where the programs run.
        kernel: The vector addition of the page.
        add_sizes: Numbers of elements added.
        matrix_sizes: Rows of the square matrices multiplied.
        batches: Examples in a training step.

    Returns:
        For each program its sizes and, in the same order, a list of seconds.
    """
    torch.backends.cuda.matmul.allow_tf32 = False  # float32 means float32
    return {
        "vector_add": _table(add_sizes, lambda n: additions(n, device, kernel)),
        "matmul": _table(matrix_sizes, lambda n: products(n, device)),
        "step": _table(batches, lambda batch: {"seconds": training_step(batch, device)}),
        "layers": LAYERS,
    }


def additions(n: int, device: torch.device, kernel: Add) -> dict[str, list[float]]:
    """Seconds of ``n`` additions: the kernel, torch's own, and with the copies there and back."""
    a, b = torch.rand(n), torch.rand(n)
    on_a, on_b = a.to(device), b.to(device)
    on_c = torch.full_like(on_a, torch.nan)
    kernel(on_a, on_b, on_c)
    torch.testing.assert_close(on_c.cpu(), a + b, rtol=0, atol=0)
    return {
        "kernel": seconds(lambda: kernel(on_a, on_b, on_c), device),
        "torch": seconds(lambda: torch.add(on_a, on_b, out=on_c), device),
        "with_copies": seconds(lambda: (a.to(device) + b.to(device)).cpu(), device),
    }


def products(n: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds of an ``n`` by ``n`` matrix product in single and in half precision."""
    single = torch.rand(n, n, device=device)
    half = single.half()
    return {
        "float32": seconds(lambda: single @ single, device),
        "float16": seconds(lambda: half @ half, device),
    }


def training_step(batch: int, device: torch.device) -> list[float]:
    """Seconds of a training step of the perceptron of the page on ``batch`` examples."""
    widths = pairwise(LAYERS)
    layers = [part for i, o in widths for part in (torch.nn.Linear(i, o), torch.nn.ReLU())]
    network = torch.nn.Sequential(*layers[:-1]).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    inputs = torch.rand(batch, LAYERS[0], device=device)
    labels = torch.randint(LAYERS[-1], (batch,), device=device)

    def step() -> None:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return seconds(step, device)


def seconds(job: Callable[[], object], device: torch.device, least: float = 2e-3) -> list[float]:
    """Seconds of a job, measured ``REPEATS`` times, each over at least ``least`` seconds.

    A launch returns before the GPU is done, so the clock waits for it at both ends.
    """
    for _ in range(3):  # compilation, first allocations, the clock of the chip
        job()
    calls = max(1, round(least / _elapsed(job, device, 1)))
    return [_elapsed(job, device, calls) / calls for _ in range(REPEATS)]


def _elapsed(job: Callable[[], object], device: torch.device, calls: int) -> float:
    _wait(device)
    begin = time.perf_counter()
    for _ in range(calls):
        job()
    _wait(device)
    return time.perf_counter() - begin


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _table(
    sizes: Iterable[int], timed: Callable[[int], dict[str, list[float]]]
) -> dict[str, list[Any]]:
    rows = [{"size": size} | timed(size) for size in sizes]
    return {name: [row[name] for row in rows] for name in rows[0]}


if __name__ == "__main__":
    main()
