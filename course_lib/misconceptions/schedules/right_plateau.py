"""Right ways to write ``ReduceLROnPlateau.step`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

from course_lib.misconceptions.model import RightVariant, right


@right("reduce_on_plateau", "four cases")
def four_comparisons(self, metrics, epoch=None):
    """One comparison for each pair of modes."""
    a, b, tau = float(metrics), self.best, self.threshold
    self.last_epoch += 1
    if self.mode == "min":
        better = a < b * (1 - tau) if self.threshold_mode == "rel" else a < b - tau
    else:
        better = a > b * (1 + tau) if self.threshold_mode == "rel" else a > b + tau
    if better:
        self.best, self.num_bad_epochs = a, 0
    else:
        self.num_bad_epochs += 1
    if self.cooldown_counter > 0:
        self.cooldown_counter -= 1
        self.num_bad_epochs = 0
    if self.num_bad_epochs > self.patience:
        for group, floor in zip(self.optimizer.param_groups, self.min_lrs):  # noqa: B905
            new = max(group["lr"] * self.factor, floor)
            if group["lr"] - new > self.eps:
                group["lr"] = new
        self.cooldown_counter = self.cooldown
        self.num_bad_epochs = 0


@right("reduce_on_plateau", "table")
def table_of_bars(self, metrics, epoch=None):
    """The four bars in a dictionary, the groups by number."""
    metric = float(metrics)
    bars = {
        ("min", "rel"): self.best - self.best * self.threshold,
        ("min", "abs"): self.best - self.threshold,
        ("max", "rel"): self.best + self.best * self.threshold,
        ("max", "abs"): self.best + self.threshold,
    }
    if math.isinf(self.best):
        bar = self.best
    else:
        bar = bars[self.mode, self.threshold_mode]
    progress = metric < bar if self.mode == "min" else metric > bar
    self.best = metric if progress else self.best
    cooling = self.cooldown_counter > 0
    self.cooldown_counter -= cooling
    self.num_bad_epochs = 0 if progress or cooling else self.num_bad_epochs + 1
    if self.num_bad_epochs <= self.patience:
        return
    self.num_bad_epochs, self.cooldown_counter = 0, self.cooldown
    for index in range(len(self.optimizer.param_groups)):
        group = self.optimizer.param_groups[index]
        lowered = max(self.min_lrs[index], self.factor * group["lr"])
        group["lr"] = lowered if group["lr"] - lowered > self.eps else group["lr"]


@right("reduce_on_plateau", "history")
def replays_the_history(self, metrics, epoch=None):
    """Keeps every metric and finds out at each step whether this one is due."""
    if not hasattr(self, "history"):
        self.history = []
    self.history.append(float(metrics))
    up = self.mode == "max"
    best, bad, cooling, due = (-math.inf if up else math.inf), 0, 0, False
    for metric in self.history:
        margin = self.threshold
        if self.threshold_mode == "rel":
            margin = 0.0 if math.isinf(best) else best * self.threshold
        if (metric > best + margin) if up else (metric < best - margin):
            best, bad = metric, 0
        else:
            bad += 1
        if cooling:
            cooling, bad = cooling - 1, 0
        due = bad > self.patience
        if due:
            bad, cooling = 0, self.cooldown
    if due:
        for group, floor in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            rate = group["lr"]
            if rate - max(rate * self.factor, floor) > self.eps:
                group["lr"] = max(rate * self.factor, floor)


@right("reduce_on_plateau", "closure")
def inner_functions(self, metrics, epoch=None):
    """Two small functions inside the rule, and the last better epoch remembered."""
    value = float(metrics)

    def better():
        share = self.threshold if self.threshold_mode == "rel" else 0.0
        amount = self.threshold if self.threshold_mode == "abs" else 0.0
        if self.mode == "max":
            return value > self.best * (1 + share) + amount
        return value < self.best * (1 - share) - amount

    def reduce():
        for number, group in enumerate(self.optimizer.param_groups):
            lr = group["lr"] * self.factor
            lr = self.min_lrs[number] if lr < self.min_lrs[number] else lr
            if lr + self.eps < group["lr"]:
                group["lr"] = lr

    self.last_epoch += 1
    if better():
        self.best = value
        self.counted_from = self.last_epoch
    start = max(getattr(self, "counted_from", 0), getattr(self, "cooled_until", 0))
    if self.last_epoch - start > self.patience:
        reduce()
        self.cooled_until = self.last_epoch + self.cooldown


methods_of_its_own = RightVariant(
    "reduce_on_plateau/methods_of_its_own",
    "methods",
    methods="""def step(self, metrics, epoch=None):
    metric = float(metrics)
    self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
    self.watch(metric)
    if self.num_bad_epochs > self.patience:
        self.cut()

def watch(self, metric):
    sign = -1 if self.mode == "min" else 1
    gain = sign * (metric - self.best)
    least = self.threshold
    if self.threshold_mode == "rel" and not math.isinf(self.best):
        least = sign * sign * self.threshold * self.best
    if math.isinf(self.best):
        least = 0.0
    self.num_bad_epochs += 1
    if gain > least:
        self.best = metric
        self.num_bad_epochs = 0
    if self.cooldown_counter > 0:
        self.num_bad_epochs = 0
        self.cooldown_counter -= 1

def cut(self):
    self.num_bad_epochs = 0
    self.cooldown_counter = self.cooldown
    for group, floor in zip(self.optimizer.param_groups, self.min_lrs):
        before = group["lr"]
        group["lr"] = max(before * self.factor, floor)
        if before - group["lr"] <= self.eps:
            group["lr"] = before
""",
)
