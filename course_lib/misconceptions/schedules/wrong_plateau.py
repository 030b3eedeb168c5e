"""Known mistakes in ``ReduceLROnPlateau.step``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_wait = mistakes_in("reduce_on_plateau", "12_schedules#sec-plateau")
_SIGN = 'sign = 1 if self.mode == "max" else -1'
_REL = "self.best * (1 + sign * self.threshold)"
_ABS = "self.best + sign * self.threshold"
_BETTER = "sign * metric > sign * bar"
_FORGIVEN = "self.best = metric\n    self.num_bad_epochs = 0\n"
_COOL = """\
if self.cooldown_counter > 0:
    self.cooldown_counter -= 1
    self.num_bad_epochs = 0
"""
_CUT = "if self.num_bad_epochs > self.patience:\n    self.num_bad_epochs = 0\n"
_GROUPS = "zip(self.optimizer.param_groups, self.min_lrs, strict=True)"
_NEW = 'lr = max(float(group["lr"]) * self.factor, min_lr)\n'
_EPS = '        if group["lr"] - lr <= self.eps:\n            continue\n'

PLATEAU = (
    _wait(
        "equal_counts_as_better",
        "An equal metric is progress enough.",
        "A metric that just reaches the bar counts as better for you, and your rate is cut too "
        "late. Is a loss that stays exactly the same progress?",
        (_BETTER, "sign * metric >= sign * bar"),
    ),
    _wait(
        "cooldown_ignored",
        "After a cut the count simply starts again.",
        "Your next cut comes too early: the epochs of the cooldown are counted as bad. What "
        "happens to the count while the cooldown lasts?",
        (_COOL, ""),
    ),
    _wait(
        "cooldown_too_long",
        "The cooldown begins in the epoch after the cut, and that one is not counted.",
        "Your cooldown lasts one epoch too long. How many epochs after a cut are not counted, if "
        "cooldown is 2?",
        ("self.cooldown_counter = self.cooldown\n", "self.cooldown_counter = self.cooldown + 1\n"),
    ),
    _wait(
        "deaf_in_cooldown",
        "During the cooldown nothing is looked at.",
        "You miss what gets better during the cooldown. The bad epochs are not counted then, but "
        "what about a new best?",
        body="""\
metric = float(metrics)
self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
if self.cooldown_counter > 0:
    self.cooldown_counter -= 1
    return

sign = 1 if self.mode == "max" else -1
if self.threshold_mode == "rel":
    bar = self.best * (1 + sign * self.threshold)
else:
    bar = self.best + sign * self.threshold
if sign * metric > sign * bar:
    self.best = metric
    self.num_bad_epochs = 0
else:
    self.num_bad_epochs += 1

if self.num_bad_epochs > self.patience:
    self.num_bad_epochs = 0
    self.cooldown_counter = self.cooldown
    for group, min_lr in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
        lr = max(group["lr"] * self.factor, min_lr)
        if group["lr"] - lr > self.eps:
            group["lr"] = lr
""",
    ),
    _wait(
        "patience_off_by_one",
        "The epoch that uses up the patience is cut.",
        "You cut one epoch early. With a patience of 2, how many bad epochs are let pass before "
        "one reduces?",
        ("self.num_bad_epochs > self.patience", "self.num_bad_epochs >= self.patience"),
    ),
    _wait(
        "compares_with_the_epoch_before",
        "Better means better than in the epoch before.",
        "You compare with the epoch before, so that a loss that goes up and down passes for "
        "progress. With which metric should each one be compared?",
        (
            "else:\n    self.num_bad_epochs += 1\n",
            "else:\n    self.num_bad_epochs += 1\n    self.best = metric\n",
        ),
    ),
    _wait(
        "best_never_kept",
        "The best is known from the start.",
        "Every metric counts as better for you, since the best stays infinite. What has to happen "
        "to best after a better epoch?",
        (_FORGIVEN, "self.num_bad_epochs = 0\n"),
    ),
    _wait(
        "bad_epochs_never_forgiven",
        "Patience counts all bad epochs of the run.",
        "A better epoch leaves your count of bad ones as it is. Are they counted in a row, or in "
        "all?",
        (_FORGIVEN, "self.best = metric\n"),
    ),
    _wait(
        "cuts_again_at_once",
        "Once patience has run out, every further bad epoch cuts.",
        "After a cut you cut again in the very next bad epoch. Where does the count begin after a "
        "cut?",
        (_CUT, _CUT.splitlines(keepends=True)[0]),
    ),
    _wait(
        "threshold_ignored",
        "Any progress is progress.",
        "Your bar is the best itself, so that the smallest progress counts. Which part does the "
        "threshold play?",
        (_REL, "self.best"),
        (_ABS, "self.best"),
    ),
    _wait(
        "threshold_turned_round",
        "The threshold is a tolerance.",
        "You allow metrics that are worse than the best by the threshold. On which side of the "
        "best should the bar lie?",
        (_REL, "self.best * (1 - sign * self.threshold)"),
        (_ABS, "self.best - sign * self.threshold"),
    ),
    _wait(
        "relative_for_absolute",
        "A threshold is a share of the best.",
        "You took an absolute threshold for a share of the best. In which unit is it given when "
        "threshold_mode is abs?",
        (_ABS, _REL),
    ),
    _wait(
        "absolute_for_relative",
        "A threshold has the unit of the metric.",
        "You took a relative threshold for an absolute one. In which unit is it given when "
        "threshold_mode is rel?",
        (_REL, _ABS),
    ),
    _wait(
        "always_smaller_is_better",
        "A metric is a loss.",
        "With mode max a growing metric counts as bad for you. For which metrics is larger better?",
        (_SIGN, "sign = -1"),
    ),
    _wait(
        "no_floor",
        "min_lr is only checked at the start.",
        "Your rate falls below min_lr. What becomes of a rate that the factor would bring below "
        "its floor?",
        (_NEW, 'lr = float(group["lr"]) * self.factor\n'),
    ),
    _wait(
        "skips_what_would_cross_the_floor",
        "A cut that would go below min_lr is left out.",
        "Your rate stays above min_lr: you leave out the cut that would cross it. Where should "
        "that cut end instead?",
        (
            _NEW,
            'lr = float(group["lr"]) * self.factor\n'
            "        if lr < min_lr:\n            continue\n",
        ),
    ),
    _wait(
        "small_changes_made_too",
        "Every cut is made, however small.",
        "You make a cut that changes the rate by no more than eps. What is eps the least of?",
        (_EPS, ""),
    ),
    _wait(
        "reduces_by_the_factor",
        "The rate is reduced by the factor.",
        "Your rate is reduced by the share factor, so that 1 - factor of it is left. What is left "
        "of a rate that is multiplied by factor?",
        ("* self.factor", "* (1 - self.factor)"),
    ),
    _wait(
        "first_group_only",
        "An optimizer has one rate.",
        "Only the rate of your first group is cut. How many groups can an optimizer have?",
        (_GROUPS, f"list({_GROUPS})[:1]"),
    ),
    _wait(
        "goes_on_from_its_own_rate",
        "The schedule knows the rate, since it has set it.",
        "You overwrite a rate that somebody has set from outside with a multiple of the old one. "
        "From which rate does a cut go on?",
        (
            _CUT,
            'if not hasattr(self, "own_rates"):\n'
            '    self.own_rates = [group["lr"] for group in self.optimizer.param_groups]\n' + _CUT,
        ),
        (
            f"for group, min_lr in {_GROUPS}:\n",
            f"for index, (group, min_lr) in enumerate({_GROUPS}):\n",
        ),
        (_NEW, "lr = self.own_rates[index] = max(self.own_rates[index] * self.factor, min_lr)\n"),
    ),
    _wait(
        "nan_counts_as_better",
        "What is not worse is better.",
        "NaN counts as better for you and becomes the best, and nothing is better than that. What "
        "does every comparison with NaN answer?",
        (_BETTER, "not sign * metric <= sign * bar"),
    ),
)
