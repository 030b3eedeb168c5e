"""The students of "batchnorm"."""

from course_lib.grading.recipes.common import Recipe, in_function, small_zoo

RECIPES = small_zoo(
    # Here: two recipes, each with one misconception and the cells it breaks.
    Recipe(
        "crashes",
        change=in_function(
            "batch_norm_backward-solution", "batch_norm_backward", "raise KeyError('crash')"
        ),
        broken=("batch_norm_backward-*",),
    ),
    own_style=(),  # slugs of right variants
    half_done=("batch_norm_backward-*",),
)
