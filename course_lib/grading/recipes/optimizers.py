"""The students of "optimizers": the whole zoo, with every way to hand in something odd."""

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell

from course_lib.grading import cells
from course_lib.grading.recipes.common import (
    ALL,
    Recipe,
    find,
    imports_only,
    in_function,
    replace,
)


def _deletes(*names: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        notebook.cells = [cell for cell in notebook.cells if cells.name(cell) not in names]

    return change


def _moves_solution(notebook: NotebookNode) -> None:
    """Write Adam in a cell of its own, and delete the one meant for it."""
    place = notebook.cells.index(find(notebook, "adam-solution"))
    notebook.cells[place] = new_code_cell(notebook.cells[place].source, id="own-cell")


def _copies(*names: str) -> Callable[[NotebookNode], None]:
    """Copy cells as JupyterLab does, with their metadata, below the original."""

    def change(notebook: NotebookNode) -> None:
        for name in names:
            cell = find(notebook, name)
            metadata = nbformat.from_dict(dict(cell.metadata))
            copy = new_code_cell(cell.source, metadata=metadata, id=f"{name}-copy")
            notebook.cells.insert(notebook.cells.index(cell) + 1, copy)

    return change


def _edits_tests(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cells.name(cell).startswith("adam-") and cell.metadata["nbgrader"]["grade"]:
            cell.source = "print('all tests passed')"


def _changes_metadata(notebook: NotebookNode) -> None:
    """Turn every knob a cell has."""
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]
    find(notebook, "sgd-visible-1").metadata["nbgrader"]["points"] = 50
    find(notebook, "sgd-visible-2").metadata["nbgrader"]["schema_version"] = 99
    find(notebook, "sgd-visible-3").metadata["nbgrader"].update(grade=False, solution=True)
    find(notebook, "sgd-hidden-1").metadata["nbgrader"]["grade_id"] = "no-such-cell"
    find(notebook, "adam-visible-1").metadata["nbgrader"] = "mine"
    find(notebook, "adam-solution").metadata["nbgrader"]["locked"] = True


def _save_broken(notebook: NotebookNode, path: Path) -> None:
    """Cut the file in the middle, as a full disk does."""
    text = nbformat.writes(notebook)
    path.write_text(text[: len(text) // 2], encoding="utf-8")


def _save_renamed(notebook: NotebookNode, path: Path) -> None:
    nbformat.write(notebook, path.with_stem(f"{path.stem} (final)"))


def _save_other_json(notebook: NotebookNode, path: Path) -> None:
    path.write_text(json.dumps({"answer": 42}), encoding="utf-8")


RECIPES = (
    Recipe("perfect"),
    Recipe(
        "own-style",
        variants=(
            "rate_outside/outside_by_add",
            "sgd/foreach_lists",
            "adagrad/root_by_hypot",
            "rmsprop/averages_by_lerp",
            "adam/tensor_step_read_as_number",
            "adamw/decay_and_step_together",
        ),
    ),
    Recipe(
        "own-classes",
        variants=(
            "sgd/step_of_its_own",
            "adagrad/step_of_its_own",
            "rmsprop/step_of_its_own",
            "adam/step_of_its_own",
        ),
    ),
    # One misconception each.
    Recipe(
        "dampens-first-step",
        variants=("sgd/dampening_on_first_step",),
        broken=("sgd-visible-3", "sgd-hidden-2", "sgd-hidden-3"),
    ),
    Recipe(
        "averages-velocity",
        variants=("sgd/averaged_momentum",),
        broken=("sgd-visible-[234]", "sgd-hidden-*", "nesterov-*"),
    ),
    Recipe(
        "old-buffer-ahead",
        variants=("nesterov/old_buffer",),
        broken=("nesterov-*",),
    ),
    Recipe(
        "forgets-sum",
        variants=("adagrad/forgets_sum",),
        broken=("adagrad-*",),
    ),
    Recipe(
        "eps-inside-root",
        variants=("rmsprop/eps_inside_root",),
        broken=("rmsprop-*",),
    ),
    Recipe(
        "no-bias-correction",
        variants=("adam/no_bias_correction",),
        broken=("adam-*",),
    ),
    Recipe(
        "decay-as-l2",
        variants=("adamw/l2_in_gradient",),
        broken=("adamw-*",),
    ),
    # Unfinished or broken code.
    Recipe("untouched", unwritten=ALL, broken=ALL),
    Recipe(
        "half-done",
        unwritten=("rmsprop-*", "adam-*", "adamw-*", "adadelta-*", "nadam-*", "written-*"),
        broken=("rmsprop-*", "adam-*", "adamw-*"),
    ),
    Recipe(
        "crashes",
        change=in_function("adam-solution", "update", "state['moment'] += grad"),
        broken=("adam-*",),
    ),
    Recipe(
        "ends-kernel",
        change=in_function("adamw-solution", "update", "__import__('os')._exit(1)"),
        broken=("adamw-*",),
    ),
    Recipe(
        "endless-loop",
        change=in_function("rmsprop-solution", "update", "while True: pass"),
        broken=("rmsprop-*",),
    ),
    Recipe(
        "syntax-error",
        change=replace("adagrad-solution", "@implement\nclass Adagrad(Optimizer)\n    pass"),
        broken=("adagrad-*",),
    ),
    Recipe("imports-only", change=imports_only, broken=ALL),
    Recipe(
        "warns",
        change=in_function(
            "adam-solution", "update", "__import__('warnings').warn('my own warning')"
        ),
    ),
    Recipe(
        "prints-100-megabytes",
        change=in_function("sgd-solution", "update", "print('x' * 1_000_000)"),
    ),
    Recipe(
        "shows-100-megabytes",
        change=replace("beyond-picture", "print('x' * 100_000_000)"),
    ),
    # Cells and files that are not as they were handed out.
    Recipe("solution-deleted", change=_deletes("adam-solution"), broken=("adam-*",)),
    Recipe("solution-moved", change=_moves_solution),
    Recipe(
        "tests-deleted",
        variants=("adam/no_bias_correction",),
        change=_deletes("adam-visible-1", "adam-hidden-1", "adam-hidden-4", "adagrad-solution"),
        broken=("adam-*", "adagrad-*"),
    ),
    Recipe("tests-copied", change=_copies("sgd-visible-1", "adam-hidden-2", "sgd-solution")),
    Recipe(
        "tests-edited",
        variants=("adam/no_bias_correction",),
        change=_edits_tests,
        broken=("adam-*",),
    ),
    Recipe("metadata-changed", change=_changes_metadata),
    Recipe("broken-file", save=_save_broken, broken=ALL),
    Recipe("no-notebook", save=_save_renamed, broken=ALL),
    Recipe("other-file", save=_save_other_json, broken=ALL),
)
