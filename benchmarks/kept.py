"""Keep a table that a benchmark has measured, for the instructor's page on speed."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from course_lib.editions.library import ROOT

FOLDER = ROOT / "book" / "instructors" / "measured"


def keep(table: Table, name: str, folder: Path = FOLDER) -> None:
    """Write a table as ``<name>.csv``, and when and where it was measured as ``<name>.txt``.

    Args:
        table: Its cells are words; its caption says on which machine.
        name: Of the files.
        folder: Where the page looks for them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(zip(*columns, strict=True))
    when = datetime.now(UTC).date().isoformat()
    (folder / f"{name}.txt").write_text(f"Measured on {when}: {table.caption}.\n", encoding="utf-8")
