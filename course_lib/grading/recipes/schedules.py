"""The students of "schedules"."""

from course_lib.grading.recipes.common import Recipe, in_function, small_zoo

RECIPES = small_zoo(
    Recipe(
        "counts-from-one",
        variants=("step_lr/one_epoch_early",),
        broken=("step_lr-*",),
    ),
    Recipe(
        "equal-is-better",
        variants=("reduce_on_plateau/equal_counts_as_better",),
        broken=("reduce_on_plateau-visible-2", "reduce_on_plateau-hidden-1"),
    ),
    Recipe(
        "crashes",
        change=in_function("cyclic_lr-solution", "cyclic_lr", "raise KeyError('crash')"),
        broken=("cyclic_lr-*",),
    ),
    own_style=(
        "step_lr/one_stair_back",
        "linear_decay_lr/line_in_a_tensor",
        "inverse_sqrt_lr/paper_times_root_of_warmup",
        "linear_warmup_lr/what_is_missing",
        "cosine_annealing_lr/cosines_from_the_two_before",
        "cosine_annealing_warm_restarts/number_of_the_cycle",
        "cyclic_lr/smaller_of_two_lines",
        "reduce_on_plateau/methods_of_its_own",
        "range_test_lr/spaced_by_torch",
        "smoothed_losses/sum_over_weights",
        "suggested_lr/gradient_of_a_tensor",
        "one_cycle_lr/phase_by_phase",
    ),
    half_done=("reduce_on_plateau-*", "range_test_lr-*", "smoothed_losses-*", "suggested_lr-*"),
)
