"""Known mistakes in ``step_lr``, ``linear_decay_lr`` and ``inverse_sqrt_lr``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_POWER = "gamma ** (epoch // step_size)"
_stair = mistakes_in("step_lr", "12_schedules#sec-step")

STEP = (
    _stair(
        "one_epoch_early",
        "The first epoch is epoch 1.",
        "Your cuts come one epoch early. What is epoch in the first epoch of the run, and in the "
        "last one of the first stair?",
        ("epoch // step_size", "(epoch + 1) // step_size"),
    ),
    _stair(
        "one_epoch_late",
        "Epoch step_size is the last one of its stair.",
        "Your cuts come one epoch late. Counted from 0, which epoch is the first after step_size "
        "of them?",
        ("epoch // step_size", "max(epoch - 1, 0) // step_size"),
    ),
    _stair(
        "no_floor",
        "The exponent is the share of stairs that has passed.",
        "Your rate sinks in every epoch: that is exponential decay, stretched. How often has the "
        "rate been cut in the middle of a stair?",
        ("epoch // step_size", "epoch / step_size"),
    ),
    _stair(
        "rounded",
        "The number of cuts is the nearest whole number.",
        "Your cuts come in the middle of a stair. Which whole number counts the stairs that are "
        "complete?",
        ("epoch // step_size", "round(epoch / step_size)"),
    ),
    _stair(
        "reduces_by_gamma",
        "The rate is reduced by gamma.",
        "Your rate is reduced by the share gamma, so that 1 - gamma of it is left. What is left "
        "of a rate that is multiplied by gamma?",
        ("gamma **", "(1 - gamma) **"),
    ),
    _stair(
        "divides",
        "Decay means dividing by the factor.",
        "Your rate grows with every stair. What does a division by a number below 1 do?",
        ("base_lr * gamma **", "base_lr / gamma **"),
    ),
    _stair(
        "cuts_once",
        "The rate is cut when step_size is reached.",
        "After the first cut your rate stays as it is. What happens after another step_size "
        "epochs?",
        (_POWER, "(gamma if epoch >= step_size else 1.0)"),
    ),
    _stair(
        "cuts_every_epoch_after",
        "From epoch step_size on, each epoch multiplies by gamma.",
        "From the first cut on you cut in every epoch. Which epochs begin a new stair?",
        (_POWER, "gamma ** max(0, epoch - step_size + 1)"),
    ),
)

_line = mistakes_in("linear_decay_lr", "12_schedules#sec-linear")
_SHARE = "min(epoch, total_steps) / total_steps"

LINEAR_DECAY = (
    _line(
        "one_step_early",
        "The first step is step 1.",
        "Your rate is one step ahead: the first step no longer has the base rate. How many steps "
        "have been taken when epoch is 0?",
        ("min(epoch,", "min(epoch + 1,"),
    ),
    _line(
        "zero_in_the_last_step",
        "The last step of the run has rate zero.",
        "You wrote the form that reaches zero in the last step, total_steps - 1. The exercise asks "
        "for zero after it: what does a step with rate zero change?",
        (_SHARE, "min(epoch, total_steps - 1) / (total_steps - 1)"),
    ),
    _line(
        "never_zero",
        "The line reaches zero one step after the end.",
        "Your line is too flat and stops above zero. By how many steps has it to fall from the "
        "base rate to zero?",
        (_SHARE, "min(epoch, total_steps) / (total_steps + 1)"),
    ),
    _line(
        "below_zero",
        "The line ends where the run ends, so nothing has to stop it.",
        "After total_steps your rate is negative. Which way does a step with a negative rate go?",
        ("min(epoch, total_steps)", "epoch"),
    ),
    _line(
        "rises",
        "The rate is proportional to the steps taken.",
        "Your rate rises from zero to the base rate. Which share of the run should the rate be "
        "proportional to, the one that has passed or the one that is left?",
        (f"(1 - {_SHARE})", f"{_SHARE}"),
    ),
    _line(
        "starts_again",
        "After total_steps the next decay begins.",
        "After total_steps your rate is back at the base. What rate should follow upon zero?",
        ("min(epoch, total_steps)", "(epoch % total_steps)"),
    ),
    _line(
        "climbs_back",
        "The rate is proportional to the distance from the end of the run.",
        "After total_steps your rate rises again. What rate should follow upon zero?",
        (f"(1 - {_SHARE})", "abs(1 - epoch / total_steps)"),
    ),
    _line(
        "whole_division",
        "Both are whole numbers, so they are divided as whole numbers.",
        "Your rate stays at the base and then falls to zero at once. What is 3 // 20?",
        (") / total_steps", ") // total_steps"),
    ),
)

_root = mistakes_in("inverse_sqrt_lr", "12_schedules#sec-inverse-sqrt")
_STEP = "step = epoch + 1"
_RAMP = "step / warmup_steps,"
_DECAY = "math.sqrt(warmup_steps / step)"

INVERSE_SQRT = (
    _root(
        "divides_by_zero",
        "epoch is the number of the step in the formula.",
        "You divide by the number of the step, and the first one is 0. From which number on does "
        "the formula count?",
        (_STEP, "step = epoch"),
    ),
    _root(
        "counts_from_zero",
        "epoch is the number of the step, except that zero has to be avoided.",
        "From the second step on your rate is one step behind. Instead of mending step 0, from "
        "which number should you count?",
        (_STEP, "step = max(epoch, 1)"),
    ),
    _root(
        "ramp_from_zero",
        "A warm-up begins with a rate of zero.",
        "You wrote a ramp that begins at zero. The exercise asks for base / W in the first step: "
        "what does a step with rate zero change?",
        (_RAMP, "epoch / warmup_steps,"),
    ),
    _root(
        "no_ramp",
        "Before the peak the rate is constant.",
        "You wrote a constant rate in front of the decay. The exercise asks for a linear ramp: "
        "what should the first step have, if the W-th has the base rate?",
        (_RAMP, "1.0,"),
    ),
    _root(
        "no_warmup",
        "Inverse square root means base rate over root of step.",
        "You wrote the bare form, base over root of step. The exercise asks for a peak of base at "
        "step W: what stands in the root there?",
        (f"min({_RAMP} {_DECAY})", "step**-0.5"),
    ),
    _root(
        "as_in_the_paper",
        "The formula of the Transformer paper is the schedule.",
        "You wrote the paper's form, which leaves the peak at base over root of W. The exercise "
        "asks for a peak of base: by which factor do the two differ?",
        (f"min({_RAMP} {_DECAY})", "min(step**-0.5, step * warmup_steps**-1.5)"),
    ),
    _root(
        "larger_branch",
        "The larger of the two branches holds.",
        "Your rate falls first and rises without end. Which of the two branches is the smaller "
        "one before step W, and which after it?",
        ("min(", "max("),
    ),
    _root(
        "no_root",
        "The rate falls in proportion to the step.",
        "You wrote 1 / t decay. The exercise asks for the root: by how much should the rate have "
        "fallen after four times W steps?",
        (_DECAY, "warmup_steps / step"),
    ),
    _root(
        "root_of_steps_after_the_peak",
        "The decay counts its own steps, from the end of the warm-up.",
        "After the peak your rate drops at once: you count the decay from the peak. From where "
        "does the formula count its steps?",
        (_DECAY, "(1 + max(step - warmup_steps, 0)) ** -0.5"),
    ),
)
