"""Known mistakes in ``cosine_annealing_lr`` and ``cosine_annealing_warm_restarts``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_cosine = mistakes_in("cosine_annealing_lr", "12_schedules#sec-cosine")
_ANGLE = "math.pi * epoch / T_max"
_HEIGHT = "(1 + math.cos(math.pi * epoch / T_max)) / 2"
_SPAN = "(base_lr - eta_min)"

COSINE = (
    _cosine(
        "degrees",
        "Half a turn is 180, so the angle is 180 times the share.",
        "Your rates jump up and down: the angle is in degrees. In which unit does math.cos take "
        "its angle?",
        (_ANGLE, "180 * epoch / T_max"),
    ),
    _cosine(
        "whole_turn",
        "One course of the schedule is one turn of the cosine.",
        "At T_max your rate is back at the top: you turn once in T_max epochs. Which part of a "
        "turn leads from the top to the bottom?",
        (_ANGLE, f"2 * {_ANGLE}"),
    ),
    _cosine(
        "quarter_turn",
        "T_max is the period, so that half of it has passed at T_max.",
        "At T_max your rate is only halfway down: a quarter of a turn. Which part of a turn leads "
        "from the top to the bottom?",
        (_ANGLE, "math.pi * epoch / (2 * T_max)"),
    ),
    _cosine(
        "half_forgotten",
        "One plus cosine is a number from 0 to 1.",
        "Your rate begins at twice the height. Between which two numbers does one plus a cosine "
        "lie?",
        (_HEIGHT, _HEIGHT.removesuffix(" / 2")),
    ),
    _cosine(
        "minus_for_plus",
        "The rate goes down, so the cosine is subtracted.",
        "Your rate begins at the floor and rises. What is the cosine of 0?",
        ("1 + math", "1 - math"),
    ),
    _cosine(
        "only_the_cosine_halved",
        "The half belongs to the cosine.",
        "Your rate swings between a half and one and a half of the height. What does the half in "
        "the formula multiply?",
        (_HEIGHT, "(1 + math.cos(math.pi * epoch / T_max) / 2)"),
    ),
    _cosine(
        "floor_added_on_top",
        "The floor is added to the cosine of the base rate.",
        "In epoch 0 your rate is base plus floor. How high is the cosine to be, if it stands on "
        "the floor and ends at the base rate?",
        (_SPAN, "base_lr"),
    ),
    _cosine(
        "floor_as_lower_bound",
        "eta_min cuts off what would fall below it.",
        "Your rate follows a cosine down to zero and is cut off at eta_min. How should the curve "
        "look, if it is to end at eta_min with slope zero?",
        body="return max(eta_min, base_lr * (1 + math.cos(math.pi * epoch / T_max)) / 2)\n",
    ),
    _cosine(
        "floor_left_out",
        "The difference of base rate and floor has taken care of the floor.",
        "Your rate ends at zero, and begins too low by eta_min. What must be added to a height "
        "above the floor?",
        ("eta_min + ", ""),
    ),
    _cosine(
        "stays_at_the_floor",
        "After T_max the rate stays at the floor.",
        "You wrote the form that stays at the floor after T_max, as some libraries do. The "
        "exercise asks for torch's: what does a cosine do after half a turn?",
        (_ANGLE, "math.pi * min(epoch, T_max) / T_max"),
    ),
    _cosine(
        "restarts",
        "After T_max the descent begins anew.",
        "You wrote warm restarts, which jump back to the base rate at T_max. The exercise asks for "
        "a cosine that goes on: in which epoch is it back at the top?",
        (_ANGLE, "math.pi * (epoch % T_max) / T_max"),
    ),
    _cosine(
        "one_epoch_early",
        "The first epoch is epoch 1.",
        "Your curve is one epoch ahead: epoch 0 no longer has the base rate. How many steps has "
        "the schedule taken when epoch is 0?",
        (_ANGLE, "math.pi * (epoch + 1) / T_max"),
    ),
    _cosine(
        "floor_in_the_last_epoch",
        "The last of T_max epochs has the floor.",
        "You wrote the form that reaches the floor in epoch T_max - 1. The exercise asks for it in "
        "epoch T_max: how many steps lead there from epoch 0?",
        (_ANGLE, "math.pi * epoch / (T_max - 1)"),
    ),
)

_restart = mistakes_in("cosine_annealing_warm_restarts", "13_cycles_and_restarts#sec-restarts")
_POSITION = "(epoch % length) / length"
_LOOP = "while T_mult > 1 and epoch >= length:\n    epoch -= length\n    length *= T_mult\n"
_SHARE = f"share = {_POSITION}"

WARM_RESTARTS = (
    _restart(
        "restart_an_epoch_late",
        "A cycle ends with the epoch that has the floor.",
        "You wrote the form that shows the floor before it restarts, one epoch late. The exercise "
        "asks for torch's: which rate has epoch T_0?",
        (_LOOP, "while epoch > length:\n    epoch -= length\n    length *= T_mult\n"),
        (_POSITION, "epoch / length"),
    ),
    _restart(
        "restart_an_epoch_early",
        "The first epoch is epoch 1.",
        "Your curve is one epoch ahead, and so are its restarts. How many steps has the schedule "
        "taken when epoch is 0?",
        ("length = T_0\n", "length = T_0\nepoch += 1\n"),
    ),
    _restart(
        "first_cycle_multiplied",
        "T_mult acts on every cycle, the first one too.",
        "Your first cycle is T_mult times too long. Of which cycle does T_0 give the length?",
        ("length = T_0\n", "length = T_0 * T_mult\n"),
    ),
    _restart(
        "all_cycles_alike",
        "Every cycle is T_0 epochs long.",
        "All your cycles are equally long. How long is the second one, if T_mult is 2?",
        (_LOOP, ""),
    ),
    _restart(
        "cycles_grow_evenly",
        "Each cycle is longer than the one before by the same number of epochs.",
        "Your cycles grow by the same number of epochs each time. Is the length of the one before "
        "added to or multiplied?",
        ("length *= T_mult", "length += T_0 * (T_mult - 1)"),
    ),
    _restart(
        "never_restarts",
        "A cosine comes back to the top by itself.",
        "You wrote a cosine without restarts: at T_0 your rate turns and climbs back slowly. How "
        "many epochs should the way back to the top take?",
        (_LOOP, ""),
        (_POSITION, "epoch / T_0"),
    ),
    _restart(
        "epochs_since_the_start",
        "T_cur counts the epochs of the run.",
        "From the second cycle on you count the epochs since the very start. Since when does T_cur "
        "count?",
        ("length = T_0\n", "length, start = T_0, epoch\n"),
        (_POSITION, "start / length"),
    ),
    _restart(
        "top_left_out",
        "T_cur is 1 in the first epoch of a cycle.",
        "No epoch of yours has the base rate: each cycle begins one epoch down its curve. What is "
        "T_cur in the first epoch of a cycle?",
        (_POSITION, "((epoch % length) + 1) / length"),
    ),
    _restart(
        "floor_in_the_last_epoch",
        "The last epoch of a cycle has the floor.",
        "You wrote the form that shows the floor in the last epoch of a cycle. The exercise asks "
        "for torch's: by how many epochs is the curve from top to floor divided?",
        (_POSITION, "(epoch % length) / (length - 1)"),
    ),
    _restart(
        "degrees",
        "Half a turn is 180, so the angle is 180 times the share.",
        "Your rates jump up and down: the angle is in degrees. In which unit does math.cos take "
        "its angle?",
        ("math.pi *", "180 *"),
    ),
    _restart(
        "whole_turn",
        "One cycle is one turn of the cosine.",
        "Your rate falls and climbs back within each cycle. Which part of a turn leads from the "
        "top to the floor?",
        ("math.pi *", "2 * math.pi *"),
    ),
    _restart(
        "floor_added_on_top",
        "The floor is added to the cosine of the base rate.",
        "In epoch 0 your rate is base plus floor. How high is the cosine to be, if it stands on "
        "the floor and ends at the base rate?",
        ("(base_lr - eta_min)", "base_lr"),
    ),
    _restart(
        "fractions_cut_off",
        "Epochs are whole numbers.",
        "Within an epoch your rate stands still. What rate belongs to epoch 2.5, halfway between "
        "2 and 3?",
        ("length = T_0\n", "length = T_0\nepoch = int(epoch)\n"),
    ),
)
