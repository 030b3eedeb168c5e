"""The students of "dropout"."""

from course_lib.grading.recipes.common import Recipe, in_function, small_zoo

RECIPES = small_zoo(
    # One misconception each. What a later exercise calls, it inherits.
    Recipe(
        "drops-whole-rows",
        variants=("dropout_mask/one_coin_for_a_row",),
        broken=(
            "dropout_mask-visible-1",
            "dropout_mask-hidden-[12]",
            "dropout-visible-4",
            "dropout-hidden-4",
            "dropout_as_published-*-3",
            "dropout_layer-*-3",
            "drop_connect-*-1",
        ),
    ),
    Recipe(
        "keep-for-drop",
        variants=("dropout_mask/keep_taken_for_drop",),
        broken=(
            "dropout_mask-*",
            "dropout-visible-4",
            "dropout-hidden-4",
            "dropout_as_published-*-3",
            "dropout_layer-*-3",
            "drop_connect-*-1",
            "stochastic_depth-*-1",
        ),
    ),
    Recipe(
        "forgets-factor",
        variants=("dropout/no_factor",),
        broken=(
            "dropout-visible-[14]",
            "dropout-hidden-[14]",
            "dropout_layer-*-[13]",
            "drop_connect-*-1",
            "stochastic_depth-*-1",
        ),
    ),
    Recipe(
        "trains-by-grad-mode",
        variants=("dropout_layer/mode_from_grad_mode",),
        broken=("dropout_layer-visible-[12]", "dropout_layer-hidden-*"),
    ),
    Recipe(
        "crashes",
        change=in_function(
            "dropout_backward-solution", "dropout_backward", "raise KeyError('crash')"
        ),
        broken=("dropout_backward-*",),
    ),
    own_style=(
        "dropout_mask/chooses_between_two",
        "dropout/writes_what_is_kept",
        "dropout_backward/asks_autograd",
        "dropout_as_published/samples_a_distribution",
        "dropout_layer/weights_of_its_own",
    ),
    half_done=("dropout_as_published-*", "dropout_layer-*"),
)
