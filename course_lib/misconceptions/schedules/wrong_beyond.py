"""Known mistakes in the schedules that carry no points."""

from course_lib.misconceptions.schedules.making import mistakes_in

_milestone = mistakes_in("multi_step_lr", "12_schedules#sec-step")
_decay = mistakes_in("exponential_lr", "12_schedules#sec-step")
_line = mistakes_in("linear_lr", "12_schedules#sec-linear")
_cycle = mistakes_in("one_cycle_lr", "13_cycles_and_restarts#sec-one-cycle")

MULTI_STEP = (
    _milestone(
        "one_epoch_late",
        "A milestone is the last epoch of its stair.",
        "Your cuts come one epoch late. Does the milestone itself belong to the new stair?",
        ("milestone <= epoch", "milestone < epoch"),
    ),
    _milestone(
        "one_cut_in_all",
        "Past a milestone the rate is gamma times the base rate.",
        "After the first milestone your rate stays as it is. What does the second one do?",
        ("gamma**passed", "gamma ** min(passed, 1)"),
    ),
    _milestone(
        "repeats_count_once",
        "A milestone can be passed only once.",
        "A milestone that is given twice cuts once for you. How often does it stand in the list?",
        ("in milestones", "in set(milestones)"),
    ),
)

EXPONENTIAL = (
    _decay(
        "one_epoch_early",
        "The first epoch is epoch 1.",
        "Your first epoch no longer has the base rate. How many steps has the schedule taken when "
        "epoch is 0?",
        ("gamma**epoch", "gamma ** (epoch + 1)"),
    ),
    _decay(
        "reduces_by_gamma",
        "The rate is reduced by gamma in each epoch.",
        "Your rate is reduced by the share gamma, so that 1 - gamma of it is left. What is left of "
        "a rate that is multiplied by gamma?",
        ("gamma**epoch", "(1 - gamma) ** epoch"),
    ),
    _decay(
        "power_of_e",
        "Exponential decay is a power of e.",
        "You wrote a power of e with gamma as its speed. The exercise asks for a power of gamma: "
        "which factor has each step?",
        ("gamma**epoch", "math.exp(-gamma * epoch)"),
    ),
)

LINEAR = (
    _line(
        "never_stops",
        "The line goes on.",
        "After total_iters your rate goes on changing. Which factor holds from then on?",
        ("min(epoch, total_iters)", "epoch"),
    ),
    _line(
        "ends_one_epoch_early",
        "The last of total_iters epochs has the end factor.",
        "You wrote the form that reaches the end factor in epoch total_iters - 1. The exercise "
        "asks for it in epoch total_iters: how many steps lead there?",
        (
            "min(epoch, total_iters) / total_iters",
            "min(epoch, total_iters - 1) / (total_iters - 1)",
        ),
    ),
    _line(
        "factors_added",
        "The line rises by the end factor.",
        "Your last factor is the sum of both. By how much does a line rise that leads from one "
        "factor to the other?",
        ("(end_factor - start_factor)", "end_factor"),
    ),
)

ONE_CYCLE = (
    _cycle(
        "end_from_the_peak",
        "final_div_factor divides the peak.",
        "Your last rate is too high: you divided the peak by final_div_factor. Which rate does it "
        "divide?",
        ("initial / final_div_factor", "max_lr / final_div_factor"),
    ),
    _cycle(
        "peak_one_step_late",
        "The rise takes pct_start of the steps, from step 0 on.",
        "Your peak comes one step late. How many steps are in the rise, and which number has the "
        "last of them?",
        ("[pct_start * total_steps - 1,", "[pct_start * total_steps,"),
    ),
    _cycle(
        "end_one_step_late",
        "The run ends in step total_steps.",
        "Your descent ends one step late. Which number has the last of total_steps steps?",
        ("total_steps - 1]", "total_steps]"),
    ),
    _cycle(
        "ends_rounded",
        "Phases end with whole steps.",
        "You round the ends of the phases. The exercise asks for them as they are: where does the "
        "peak lie between two steps?",
        ("[pct_start * total_steps - 1,", "[round(pct_start * total_steps) - 1,"),
    ),
)
