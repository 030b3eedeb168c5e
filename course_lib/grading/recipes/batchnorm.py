"""The students of "batchnorm"."""

from course_lib.grading.recipes.common import Recipe, in_function, small_zoo

RECIPES = small_zoo(
    # One misconception each. A fault in the function costs the layer nothing.
    Recipe(
        "unbiased-everywhere",
        variants=("batch_norm/unbiased_in_normalization",),
        broken=(
            "batch_norm-visible-[123]",
            "batch_norm-hidden-[13]",
            "batch_norm_2d-visible-*",
            "batch_norm_2d-hidden-[13]",
        ),
    ),
    Recipe(
        "momentum-of-an-optimizer",
        variants=("batch_norm/momentum_the_other_way",),
        broken=("batch_norm-*-3", "batch_norm_2d-visible-*", "batch_norm_2d-hidden-[13]"),
    ),
    Recipe(
        "mode-from-autograd",
        variants=("batch_norm_layer/mode_from_autograd",),
        broken=("batch_norm_layer-*",),
    ),
    Recipe(
        "constant-statistics",
        variants=("batch_norm_backward/statistics_as_constants",),
        broken=("batch_norm_backward-*-[23]",),
    ),
    Recipe(
        "crashes",
        change=in_function(
            "batch_norm_backward-solution", "batch_norm_backward", "raise KeyError('crash')"
        ),
        broken=("batch_norm_backward-*",),
    ),
    own_style=(
        "batch_norm/one_value_after_the_other",
        "batch_norm_layer/borrowed_statistics",
        "batch_norm_backward/residual_of_a_regression",
    ),
    half_done=("batch_norm_backward-*",),
)
