"""The notebooks that readers download run where only the student edition is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from rich.console import Console
from typer.testing import CliRunner

from course_lib import cli
from course_lib.publish import downloads
from course_lib.publish.downloads import DownloadFailed, Run

COMMANDS = Path(sys.executable).parent


def write(site: Path, name: str, *cells: str) -> Path:
    """Offer a notebook with these cells on a site."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = site / "_sources" / "book" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def test_the_notebooks_are_those_of_the_chapters(tmp_path: Path) -> None:
    wanted = [write(tmp_path, name, "") for name in ("08_gradient_descent", "09_momentum")]
    write(tmp_path, "index", "")
    assert downloads.downloads(tmp_path) == wanted
    assert downloads.downloads(tmp_path, ["09_momentum"]) == wanted[1:]


@pytest.mark.parametrize("names", [[], ["09_momentum"]])
def test_a_site_without_the_notebooks_is_refused(names: list[str], tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"needed notebooks of (chapters|09_momentum) in"):
        downloads.downloads(tmp_path, names)


@pytest.mark.slow
def test_a_notebook_runs_alone_and_a_fault_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    alone = "import os, sys\nassert os.listdir() == ['01_sound.ipynb']\n"
    sound = write(tmp_path, "01_sound", f"{alone}assert {str(tmp_path)!r} not in sys.path")
    broken = write(tmp_path, "02_broken", "x = 1", "1 / (x - 1)")
    before = broken.read_bytes()
    runs = downloads.run_all([sound, broken], COMMANDS, tmp_path / "out")
    (first, second) = sorted(runs)
    assert (first.name, first.fault) == ("01_sound", "")
    assert second.name == "02_broken" and "ZeroDivisionError" in second.fault
    assert first.seconds > 0 and broken.read_bytes() == before


def test_the_table_tells_what_ran_and_what_failed() -> None:
    console = Console(record=True, width=80)
    assert downloads.report([Run("01_a", 61.4, "")], console)
    assert not downloads.report([Run("01_a", 3.0, ""), Run("02_b", 4.6, "no [thing]")], console)
    text = console.export_text()
    assert "01_a" in text and "61" in text and "1 failed" in text and "02_b: no [thing]" in text


def test_a_package_that_cannot_be_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "no matching distribution")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(DownloadFailed, match="no matching distribution"):
        downloads._install(COMMANDS, "torch")


@pytest.mark.parametrize(("all_ran", "status"), [(True, 0), (False, 1)])
def test_the_command_fails_if_a_notebook_does(
    all_ran: bool, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "book", lambda: Path("site"))
    monkeypatch.setattr(downloads, "check", lambda site, names, console: all_ran)
    assert CliRunner().invoke(cli.app, ["notebooks", "09_momentum"]).exit_code == status
