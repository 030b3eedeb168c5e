"""Known mistakes in ``cyclic_lr``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_swing = mistakes_in("cyclic_lr", "13_cycles_and_restarts#sec-triangles")
_DOWN = "step_size_up if step_size_down is None else step_size_down"
_HEIGHT = "position / up if position <= up else (up + down - position) / down"
_HALVED = "height *= 0.5**cycle"
_SHRUNK = "height *= gamma**epoch"
_RATE = "base_lr + (max_lr - base_lr) * height"

CYCLIC = (
    _swing(
        "half_cycle_for_the_whole",
        "step_size_up is the length of a cycle.",
        "Your cycles are half as long as they should be: you took step_size_up for a whole cycle. "
        "Which part of the triangle is it?",
        (f"step_size_up, {_DOWN}\n", f"step_size_up, {_DOWN}\nup, down = up / 2, down / 2\n"),
    ),
    _swing(
        "saw_teeth",
        "After the peak the cycle begins again at the bottom.",
        "You wrote saw teeth: your rate rises through the whole cycle and drops at once. What does "
        "it do in the second half?",
        (_HEIGHT, "position / (up + down)"),
    ),
    _swing(
        "stays_at_the_peak",
        "After the rise the upper bound is reached and held.",
        "Your rate reaches the upper bound and holds it until the cycle ends. What does it do in "
        "the second half of the triangle?",
        (_HEIGHT, "min(position / up, 1.0)"),
    ),
    _swing(
        "falls_as_it_rose",
        "A triangle has two equal sides.",
        "Your fall takes as many steps as your rise, whatever step_size_down says. How long is a "
        "cycle with 3 steps up and 7 down?",
        (_DOWN, "step_size_up"),
    ),
    _swing(
        "sides_swapped",
        "The first number is the fall.",
        "Your rise takes as many steps as the fall should. Which of the two lengths belongs to the "
        "first part of a cycle?",
        (f"step_size_up, {_DOWN}\n", f"step_size_up, {_DOWN}\nup, down = down, up\n"),
    ),
    _swing(
        "starts_at_the_peak",
        "A cycle begins with the large rate.",
        "Your cycles begin at the upper bound. Which rate has step 0?",
        (_RATE, "base_lr + (max_lr - base_lr) * (1 - height)"),
    ),
    _swing(
        "whole_peak_added",
        "max_lr is added to the base rate at the peak.",
        "Your peak is base plus max. How high is a triangle that stands on base_lr and ends at "
        "max_lr?",
        ("(max_lr - base_lr)", "max_lr"),
    ),
    _swing(
        "one_step_early",
        "The first step is step 1.",
        "Your triangles are one step ahead: step 0 no longer has the lower bound. How many steps "
        "have been taken when epoch is 0?",
        ("divmod(epoch,", "divmod(epoch + 1,"),
    ),
    _swing(
        "first_cycle_halved",
        "triangular2 halves every cycle, the first one too.",
        "With triangular2 your very first triangle has half the height. Which number has the first "
        "cycle, when cycles are counted from 0?",
        (_HALVED, "height *= 0.5 ** (cycle + 1)"),
    ),
    _swing(
        "halved_evenly",
        "The second triangle has a half of the height, the third a third.",
        "You divide the height by the number of the cycle. What is left of a height that is halved "
        "twice?",
        (_HALVED, "height /= cycle + 1"),
    ),
    _swing(
        "halved_twice_a_cycle",
        "triangular2 halves the height after every half cycle.",
        "Your height is halved in the middle of a cycle too. How often is it halved from one "
        "triangle to the next?",
        (_HALVED, "height *= 0.5 ** (2 * cycle + (position >= up))"),
    ),
    _swing(
        "peak_halved",
        "triangular2 halves max_lr.",
        "Your upper bound itself is halved, so the triangles shrink below half. Of what does "
        "triangular2 take the half: of max_lr, or of its distance from base_lr?",
        (_HALVED, "max_lr *= 0.5**cycle"),
    ),
    _swing(
        "power_of_the_cycle",
        "exp_range shrinks from cycle to cycle.",
        "With exp_range your height shrinks only from cycle to cycle. What does gamma's exponent "
        "count?",
        (_SHRUNK, "height *= gamma**cycle"),
    ),
    _swing(
        "power_within_the_cycle",
        "exp_range starts anew with every cycle.",
        "With exp_range all your triangles are alike: the exponent starts anew with each. Since "
        "when does it count the steps?",
        (_SHRUNK, "height *= gamma**position"),
    ),
    _swing(
        "whole_rate_shrinks",
        "exp_range multiplies the rate by gamma in every step.",
        "With exp_range your rate sinks below base_lr. What does gamma shrink: the rate, or its "
        "height above base_lr?",
        (_SHRUNK, "base_lr, max_lr = base_lr * gamma**epoch, max_lr * gamma**epoch"),
    ),
)
