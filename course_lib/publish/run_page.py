"""Run one page and keep its outputs: python -m course_lib.publish.run_page PAGE CACHE."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from course_lib.publish.execute import keep, read

#: Seconds a cell may run.
TIMEOUT = 300


def main(page: Path, cache: Path) -> None:
    """Run a page; exit with status 1 and the cell's error if a cell fails."""
    notebook = read(page)
    began: list[float] = []
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        resources={"metadata": {"path": str(page.parent)}},
        # The cache compares cells with their metadata: times there would never match.
        record_timing=False,
        extra_arguments=["--log-level=40"],  # the kernel's remarks about its own transport
        on_notebook_start=lambda **_: began.append(time.perf_counter()),  # the kernel is up
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError) as error:
        raise SystemExit(str(error)) from None
    keep(notebook, page, cache, time.perf_counter() - began[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
