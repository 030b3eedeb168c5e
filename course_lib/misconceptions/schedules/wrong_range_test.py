"""Known mistakes in ``range_test_lr``, ``smoothed_losses`` and ``suggested_lr``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_rate = mistakes_in("range_test_lr", "13_cycles_and_restarts#sec-range-test")
_PASSED = "step / (steps - 1)"

RANGE_RATE = (
    _rate(
        "end_never_reached",
        "steps rates lie steps distances apart.",
        "Your last rate is below end_lr. How many distances lie between the first of n points and "
        "the last?",
        (_PASSED, "step / steps"),
    ),
    _rate(
        "start_left_out",
        "The first step is step 1.",
        "Your first rate is above start_lr. Which share of the ramp has passed when step is 0?",
        (_PASSED, "(step + 1) / steps"),
    ),
    _rate(
        "one_step_early",
        "The first step is step 1, and so the ramp ends one step beyond.",
        "Your ramp is one step ahead and overshoots end_lr. Which share of it has passed when step "
        "is 0?",
        (_PASSED, "(step + 1) / (steps - 1)"),
    ),
    _rate(
        "always_linear",
        "The rate rises by equal differences.",
        "You wrote the linear ramp for both modes. What is equal from step to step in an "
        "exponential one: the differences or the quotients?",
        ("start_lr * growth", "start_lr + (end_lr - start_lr) * share"),
    ),
    _rate(
        "always_exponential",
        "The rate rises by equal factors.",
        "You wrote the exponential ramp for both modes. What is equal from step to step in a "
        "linear one: the differences or the quotients?",
        ('mode == "linear"', "False"),
    ),
    _rate(
        "whole_factor_each_step",
        "Each step multiplies by end over start.",
        "Each of your steps multiplies by the whole quotient of end_lr and start_lr. Over how many "
        "steps is that quotient to be spread?",
        ("** share", "** step"),
    ),
    _rate(
        "grows_from_end_alone",
        "The exponential ramp is the end rate to a power.",
        "Your exponential ramp forgets start_lr in its growth. Which quotient has to be covered "
        "between the first step and the last?",
        ("(end_lr / start_lr) ** share", "end_lr**share"),
    ),
)

_mean = mistakes_in("smoothed_losses", "13_cycles_and_restarts#sec-range-test")
_UPDATE = "mean = beta * mean + (1 - beta) * loss"
_CORRECTED = "mean / (1 - beta**count)"

SMOOTHING = (
    _mean(
        "not_corrected",
        "A running mean is right as it is.",
        "Your first means are far too low. What did the mean start from, and which share of its "
        "weight does that still hold?",
        (_CORRECTED, "mean"),
    ),
    _mean(
        "starts_at_first_loss",
        "A running mean starts at its first value.",
        "You wrote the form that starts at the first loss, which then weighs much more than the "
        "others. The exercise asks for a start at zero and a correction: which weight has the "
        "first loss there after two steps?",
        ("mean = 0.0", "mean = losses[0]"),
        (_CORRECTED, "mean"),
    ),
    _mean(
        "beta_on_the_new_loss",
        "beta is the weight of the new loss.",
        "Your mean hardly remembers: beta is the weight of the new loss. Which part does beta keep "
        "in the formula?",
        (_UPDATE, "mean = (1 - beta) * mean + beta * loss"),
        ("beta**count", "(1 - beta) ** count"),
    ),
    _mean(
        "correction_from_zero",
        "The first loss is loss 0, as in a Python list.",
        "Your first correction divides by zero. How many losses are in the mean when it is first "
        "corrected?",
        ("start=1", "start=0"),
    ),
    _mean(
        "correction_from_two",
        "The count is raised once more before it is used.",
        "Your correction is one loss ahead. How many losses are in the mean when it is first "
        "corrected?",
        ("start=1", "start=2"),
    ),
    _mean(
        "corrected_mean_goes_on",
        "Once corrected, the mean is right and can be kept.",
        "Your corrections pile up. Which mean does the next step go on with, the corrected one or "
        "the raw one?",
        (f"smoothed.append({_CORRECTED})", f"mean = {_CORRECTED}\n    smoothed.append(mean)"),
    ),
    _mean(
        "sum_instead_of_mean",
        "The old mean fades, and the new loss is simply added.",
        "Your means are sums, and far too high. With which weight does a new loss enter a mean?",
        ("(1 - beta) * loss", "loss"),
    ),
    _mean(
        "plain_mean",
        "To smooth is to take the mean of all losses so far.",
        "Your mean never forgets: all losses weigh alike. Which weight has a loss that came ten "
        "steps ago in the formula?",
        body="""\
total = 0.0
smoothed = []
for count, loss in enumerate(losses, start=1):
    total += loss
    smoothed.append(total / count)
return smoothed
""",
    ),
    _mean(
        "in_place",
        "The raw losses are not needed any more.",
        "Your numbers are right, but the list you were given has changed. Who else may want the "
        "raw losses?",
        body="""\
mean = 0.0
for index, loss in enumerate(losses):
    mean = beta * mean + (1 - beta) * loss
    losses[index] = mean / (1 - beta ** (index + 1))
return losses
""",
    ),
)

_steepest = mistakes_in("suggested_lr", "13_cycles_and_restarts#sec-range-test")
_INSIDE = "inside = range(1, len(losses) - 1)"
_SLOPE = "losses[i + 1] - losses[i - 1]"

SUGGESTION = (
    _steepest(
        "lowest_loss",
        "The best rate is the one with the lowest loss.",
        "You chose the rate with the lowest loss. There the loss is about to rise: at which rate "
        "does it fall fastest?",
        (_SLOPE, "losses[i]"),
    ),
    _steepest(
        "tenth_of_lowest_loss",
        "A tenth of the rate with the lowest loss is safe.",
        "You wrote another rule: a tenth of the rate with the lowest loss. The exercise asks for "
        "the rate of the steepest fall: is the one a rate of the test at all?",
        (_SLOPE, "losses[i]"),
        ("rates[steepest]", "rates[steepest] / 10"),
    ),
    _steepest(
        "slope_over_rate",
        "A slope is the change of the loss over the change of the rate.",
        "You divide by the distance of the rates, which grows from step to step. The exercise asks "
        "for the slope per step: what is the distance of two steps?",
        (_SLOPE, f"({_SLOPE}) / (rates[i + 1] - rates[i - 1])"),
    ),
    _steepest(
        "rises_fastest",
        "The steepest slope is the largest one.",
        "You chose the rate at which the loss rises fastest. Which sign has the slope where it "
        "falls?",
        ("min(", "max("),
    ),
    _steepest(
        "forward_difference",
        "The slope at a point is the step to the next one.",
        "You wrote the slope to the next point alone. The exercise asks for the difference of both "
        "neighbours: which index has the one before?",
        (_SLOPE, "losses[i + 1] - losses[i]"),
    ),
    _steepest(
        "backward_difference",
        "The slope at a point is the step that led there.",
        "You wrote the slope from the point before alone. The exercise asks for the difference of "
        "both neighbours: which index has the next one?",
        (_SLOPE, "losses[i] - losses[i - 1]"),
    ),
    _steepest(
        "slopes_counted_from_zero",
        "The list of slopes and the list of rates have the same places.",
        "Your rate is the one just before the steepest fall. To which point does the first of your "
        "slopes belong?",
        ("rates[steepest]", "rates[steepest - 1]"),
    ),
    _steepest(
        "ends_included",
        "The first and the last point have a slope too, to their one neighbour.",
        "You chose an end of the test, by the slope to its one neighbour. Which points have "
        "neighbours on both sides?",
        body="""\
last = len(losses) - 1
slopes = []
for i in range(len(losses)):
    before, after = max(i - 1, 0), min(i + 1, last)
    slopes.append((losses[after] - losses[before]) / (after - before))
return rates[slopes.index(min(slopes))]
""",
    ),
)
