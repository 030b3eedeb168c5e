"""The students of "training": what they hand in takes a minute to grade, so they are few."""

import ast
import re

from nbformat.notebooknode import NotebookNode

from course_lib.checks.exercises import ASSIGNMENTS
from course_lib.editions.regions import Region, replace_regions
from course_lib.grading.personal import CELL
from course_lib.grading.recipes.common import (
    ALL,
    Change,
    Recipe,
    find,
    imports_only,
    in_function,
)
from course_lib.misconceptions.notebook import SOURCE_STUDENT, imports, solution_cells
from course_lib.training.configured import TASKS, stride

TORCHS = {
    '"AdamW"': '"torch.optim.AdamW"',
    '"BatchNorm1d"': '"torch.nn.BatchNorm1d"',
    '"cosine_annealing_lr"': '"torch.optim.lr_scheduler.CosineAnnealingLR"',
}
"""Names of the course's parts and of torch's, as a configuration has them."""

CONFIGURED = ("digits_configuration-*", "mnist1d_configuration-*")


def my_course_lib() -> str:
    """What a student brings along who has done all other assignments."""
    parts = []
    for assignment in ASSIGNMENTS:
        if assignment != "training":
            cells = [_solved(text, assignment) for text in solution_cells(assignment)]
            parts.append("\n\n\n".join([imports(assignment), *cells]))
    return "\n\n\n".join(parts) + "\n"


def _solved(text: str, where: str) -> str:
    return replace_regions(text, where, lambda region, indent: _inside(region))


def _inside(region: Region) -> str:
    return region.text


def tuned(factor: float = 1.0, torchs: bool = False) -> Change:
    """Set the rates of both configurations: right for a student's own strides, times a factor.

    Args:
        factor: How far off the rates are.
        torchs: Whether the configurations name torch's parts.
    """

    def change(notebook: NotebookNode) -> None:
        student = ast.literal_eval(find(notebook, CELL).source.partition("=")[2].strip())
        for task in TASKS:
            cell = find(notebook, f"{task}_configuration-solution")
            rate = _rate(cell.source) * stride(task, SOURCE_STUDENT) / stride(task, student)
            cell.source = re.sub(r'("lr": )[^,}]+', rf"\g<1>{rate * factor:.3g}", cell.source)
            for own, name in TORCHS.items() if torchs else ():
                cell.source = cell.source.replace(own, name)

    return change


def _rate(source: str) -> float:
    found = re.search(r'"lr": ([^,}]+)', source)
    if found is None:
        raise LookupError("the configuration has no rate")
    return float(found.group(1))


def _both(*changes: Change) -> Change:
    def change(notebook: NotebookNode) -> None:
        for one in changes:
            one(notebook)

    return change


_OWN = (("my_course_lib.py", my_course_lib()),)

RECIPES = (
    Recipe("perfect", change=tuned(), files=_OWN),
    Recipe("torch-only", change=tuned(torchs=True), broken=("own_parts-*",)),
    Recipe(
        "own-style",
        variants=(
            "initial_loss/loss_from_log_probabilities",
            "overfit_sample/momentum_by_hand",
            "log_uniform/decades",
            "stop_early/jumps",
            "average_probabilities/by_logsumexp",
        ),
        change=tuned(),
        files=_OWN,
    ),
    Recipe(
        "two-mistakes",
        variants=("stop_early/equal_is_better", "average_probabilities/mean_of_logits"),
        change=tuned(torchs=True),
        broken=(
            "stop_early-visible-2",
            "stop_early-hidden-2",
            "average_probabilities-*",
            "own_parts-*",
        ),
    ),
    # Strides of two students differ by a factor of 10,000 at most.
    Recipe("copied-rate", change=tuned(1 / 100), files=_OWN, broken=CONFIGURED),
    Recipe(
        "crashes",
        change=_both(
            tuned(torchs=True),
            in_function("digits_configuration-solution", "digits_configuration", "return {}['lr']"),
        ),
        broken=("digits_configuration-*", "own_parts-*"),
    ),
    Recipe(
        "half-done",
        unwritten=("*_configuration-solution", "average_probabilities-*", "written-*"),
        broken=(*CONFIGURED, "average_probabilities-*", "own_parts-*"),
    ),
    Recipe("untouched", unwritten=ALL, broken=ALL),
    Recipe("imports-only", change=imports_only, broken=ALL),
)
