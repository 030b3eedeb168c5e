"""Own work from one session to the next: what the file holds, and what it cannot hold."""

import importlib.util
import linecache
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course_lib import session
from course_lib.checks import run_check
from course_lib.takeover import save_work

SETUP = """
import math as m
import torch
from course_lib import optim
from course_lib.session import implement
SLOPE = 2.0
"""
RULE = """
@implement
def linear_decay_lr(epoch, base_lr, total_steps):
    return base_lr * m.fsum([1, -min(epoch, total_steps) / total_steps])
"""
SGD = """
@implement
class SGD(optim.Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0,
                 nesterov=False, *, maximize=False):
        super().__init__(params, dict(lr=lr, momentum=momentum, dampening=dampening,
                         weight_decay=weight_decay, nesterov=nesterov, maximize=maximize))

    def update(self, param, grad, state, group):
        param.sub_(torch.mul(grad, group["lr"]))
"""
BOTH = """
@implement
def rate_inside(velocity, grad, lr, momentum):
    return (v := momentum * velocity - lr * grad), v

@implement
def rate_outside(velocity, grad, lr, momentum):
    v = -rate_inside(-velocity, grad, 1.0, momentum)[0]
    return v, -lr * v
"""


@pytest.fixture
def namespace() -> Iterator[dict[str, Any]]:
    """A notebook whose first cell was run, in an empty session."""
    session.reset()
    names: dict[str, Any] = {"__name__": "__main__"}
    run(SETUP, names)
    yield names
    session.reset()


def run(cell: str, names: dict[str, Any]) -> None:
    """Run a cell as IPython does, its text known to ``linecache``."""
    where = f"<cell {hash(cell)}>"
    linecache.cache[where] = (len(cell), None, cell.splitlines(keepends=True), where)
    exec(compile(cell, where, "exec"), names)


def imported(path: Path) -> None:
    """Import a file in a session of its own."""
    session.reset()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_what_was_written_is_registered_again_and_right(
    namespace: dict[str, Any], tmp_path: Path
) -> None:
    for cell in (RULE, SGD, BOTH):
        run(cell, namespace)
    file = tmp_path / "my_course_lib.py"
    names = save_work(file)
    assert names == ["linear_decay_lr", "SGD", "rate_inside", "rate_outside"]
    imported(file)
    assert set(session.sources()) == set(names)
    for slug in ("linear_decay_lr", "sgd", "rate_outside"):
        result = run_check(slug)
        assert result.outcome == "passed", result.message


def test_each_session_adds_to_what_the_others_wrote(
    namespace: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "my_course_lib.py"
    run(RULE, namespace)
    save_work(file)
    session.reset()
    run(SGD, namespace)
    run(BOTH, namespace)
    save_work(file)
    assert save_work(file) == ["linear_decay_lr", "SGD", "rate_inside", "rate_outside"]
    assert file.read_text().count("class SGD") == 1


def test_a_name_written_again_is_replaced(namespace: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "my_course_lib.py"
    run(RULE, namespace)
    save_work(file)
    run(RULE.replace("base_lr * m", "7 * base_lr * m"), namespace)
    assert save_work(file) == ["linear_decay_lr"]
    assert file.read_text().count("def linear_decay_lr") == 1
    assert "7 * base_lr" in file.read_text()


def test_a_file_that_was_imported_is_not_written_into_itself(
    namespace: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "my_course_lib.py"
    run(RULE, namespace)
    save_work(file)
    before = file.read_text()
    imported(file)
    save_work(file)
    assert file.read_text() == before


def test_the_imports_are_those_the_cell_uses(namespace: dict[str, Any], tmp_path: Path) -> None:
    run(RULE, namespace)
    file = tmp_path / "my_course_lib.py"
    save_work(file)
    lines = [line for line in file.read_text().splitlines() if "import" in line]
    assert lines == ["from course_lib.session import implement", "import math as m"]


def test_what_another_cell_made_is_asked_for(namespace: dict[str, Any], tmp_path: Path) -> None:
    run(RULE.replace("return base_lr", "return SLOPE / SLOPE * base_lr"), namespace)
    with pytest.raises(ValueError, match="SLOPE was made in another cell of the notebook"):
        save_work(tmp_path / "my_course_lib.py")
    assert not list(tmp_path.iterdir())
