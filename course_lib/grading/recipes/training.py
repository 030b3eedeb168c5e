"""The students of "training": what they hand in takes minutes to grade, so they are few."""

from course_lib.grading.recipes.common import ALL, Recipe, imports_only

RECIPES = (
    Recipe("perfect"),
    Recipe("untouched", unwritten=ALL, broken=ALL),
    Recipe("imports-only", change=imports_only, broken=ALL),
)
