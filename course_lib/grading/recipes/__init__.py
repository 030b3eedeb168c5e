"""The sample class of each assignment: what each student did, and what it costs.

"optimizers" has the whole zoo; the others have eight students each, the kinds that every assignment
meets. A module of an assignment's name holds its ``RECIPES``.
"""

from importlib import import_module

from course_lib.grading.recipes.common import Recipe

__all__ = ["Recipe", "recipes"]


def recipes(assignment: str) -> tuple[Recipe, ...]:
    """How each submission of an assignment's sample class is made.

    Args:
        assignment: Slug of the assignment.

    Raises:
        ModuleNotFoundError: If nobody has written its recipes.
    """
    found: tuple[Recipe, ...] = import_module(f"{__name__}.{assignment}").RECIPES
    return found
