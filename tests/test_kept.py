"""What a benchmark has measured is kept as the instructor's page reads it."""

import csv
import re
from pathlib import Path

from rich.table import Table

from benchmarks.kept import FOLDER, keep

PAGE = FOLDER.parent / "speed.md"


def test_a_table_is_kept_with_its_date_and_machine(tmp_path: Path) -> None:
    table = Table("grader", "seconds", caption="a machine, 2 processors")
    table.add_row("stock, alone", "1.5")
    keep(table, "one", tmp_path / "new")
    with (tmp_path / "new" / "one.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["grader", "seconds"], ["stock, alone", "1.5"]]
    said = (tmp_path / "new" / "one.txt").read_text()
    assert re.fullmatch(r"Measured on \d{4}-\d\d-\d\d: a machine, 2 processors\.\n", said)


def test_the_page_shows_all_that_is_kept_and_says_of_each_when() -> None:
    kept = {path.name for path in FOLDER.iterdir()}
    assert set(re.findall(r"measured/([\w.]+)", PAGE.read_text())) == kept
    tables = {path.stem for path in FOLDER.glob("*.csv")}
    assert tables == {path.stem for path in FOLDER.glob("*.txt")}
    assert all("Measured on 20" in path.read_text() for path in FOLDER.glob("*.txt"))
