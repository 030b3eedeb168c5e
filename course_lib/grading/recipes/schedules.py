"""The students of "schedules"."""

from course_lib.grading.recipes.common import Recipe, in_function, small_zoo

RECIPES = small_zoo(
    # Here: two recipes, each with one misconception and the cells it breaks.
    Recipe(
        "crashes",
        change=in_function("step_lr-solution", "step_lr", "raise KeyError('crash')"),
        broken=("step_lr-*",),
    ),
    own_style=(),  # slugs of right variants
    half_done=("reduce_on_plateau-*", "range_test_lr-*", "smoothed_losses-*", "suggested_lr-*"),
)
