"""The students of "dropout"."""

from course_lib.grading.recipes.common import Recipe, in_function, small_zoo

RECIPES = small_zoo(
    # Here: two recipes, each with one misconception and the cells it breaks.
    Recipe(
        "crashes",
        change=in_function(
            "dropout_backward-solution", "dropout_backward", "raise KeyError('crash')"
        ),
        broken=("dropout_backward-*",),
    ),
    own_style=(),  # slugs of right variants
    half_done=("dropout_as_published-*", "dropout_layer-*"),
)
