from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute
from traitlets.config import Config

from course_lib.grading import kernel
from course_lib.grading.kernel import parent

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
QUIET = ["--IPKernelApp.log_level=ERROR"]

Run = Callable[..., list[NotebookNode]]


def details(name: str) -> dict[str, object]:
    graded = name.endswith("-test")
    found: dict[str, object] = {"grade_id": name, "grade": graded, "locked": graded}
    return found | {"solution": name == "solution", "task": False, "schema_version": 3}


def cells_of(sources: tuple[str | NotebookNode, ...]) -> list[NotebookNode]:
    return [new_code_cell(source) if isinstance(source, str) else source for source in sources]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a notebook lies and works."""
    found = tmp_path / "course" / "autograded" / "ada" / "any"
    found.mkdir(parents=True)
    return found


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Executes cells as nbgrader does, in a forked kernel."""

    def runs(
        *sources: str | NotebookNode,
        settings: dict[str, Any] | None = None,
        by: type[Execute] = Execute,
        forked: bool = True,
        **options: Any,
    ) -> list[NotebookNode]:
        monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)  # a kernel then captures less
        config = Config(ForkedProvisioner=settings or {})
        config.Execute.extra_arguments = list(QUIET)
        if forked:
            kernel.turn_on(config)
        config.Execute.update(options)
        notebook = new_notebook(cells=cells_of(sources), metadata={"kernelspec": KERNEL})
        where = {"student": "ada", "assignment": options.get("assignment", "any")}
        resources = {"metadata": {"path": str(folder)}, "nbgrader": where}
        done, _ = by(config=config).preprocess(notebook, resources)
        return list(done.cells)

    yield runs
    for _, warm in parent._parents.values():
        assert children_of(warm._process.pid) == [], "a kernel has outlived its notebook"
        assert list(warm.room.glob("kernel-*")) == [], "a kernel's folder is left"


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def text(cell: NotebookNode) -> str:
    """All a cell has put out, as text."""
    found = []
    for output in cell.outputs:
        if output.output_type == "error":
            found.append(f"{output.ename}: {output.evalue}")
        else:
            found.append(output.get("text") or output.data["text/plain"])
    return "".join(found)
