"""The seven steps of hyper-parameter tuning, each a check of one patient."""

from __future__ import annotations

import copy
import math
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_lib.training.batches import seeded
from course_lib.training.evaluation import Data, evaluate, evaluating
from course_lib.training.history import History
from course_lib.training.patient import Finding, Patient
from course_lib.training.search import Config, Search, grid_search

NEAR = 0.2  # part of the expected loss by which the first loss may differ from it
SAMPLE, SAMPLE_BATCH, SAMPLE_STEPS = (
    5,
    16,
    1000,
)  # mini-batches to learn by heart, their size, steps
LEARNED = 0.25  # part of the expected loss below which a sample counts as learned
DROP = 0.1  # part of the first loss that a clear drop takes away
TRYING = 100  # steps within which a rate must move the loss
RISE = 0.1  # part of the first loss by which the validation loss may end above its minimum
GAP = 1.25  # a validation loss below so many training losses leaves no gap to speak of
TOO_LARGE = "every rate is too large: try rates ten times smaller"
LOOK_AT_SCALE = "look at the scale of the first weights and of the inputs"
SEEDS = 3  # runs of the chosen configuration


def initial_loss(patient: Patient) -> Finding:
    """Before training, the loss is that of a guess; the penalty raises it."""
    inputs, labels = patient.train
    if not torch.isfinite(inputs).all():
        return Finding(False, "the inputs hold NaN or Inf", "clean the data before all else")
    model = copy.deepcopy(patient.model).train()
    with seeded(patient.seed), torch.no_grad():
        outputs = model(inputs)
        start = patient.start = patient.loss(outputs, labels).item()
        rise = patient.penalty(model, max(patient.decays)).item()
    seen = f"the first loss is {start:.3g}, a guess has {patient.expected:.3g}"
    if not abs(start - patient.expected) <= NEAR * patient.expected:
        return Finding(False, seen, _why_off(patient, outputs, start))
    seen = f"{seen}; with weight decay on it is {start + rise:.6g}, off {start:.6g}"
    if not rise > 0:
        advice = "check the sign of the penalty, that it sees the weights, and that they are not 0"
        return Finding(False, f"{seen}: it does not rise", advice)
    return Finding(True, seen)


def _why_off(patient: Patient, outputs: Tensor, start: float) -> str:
    inputs, labels = patient.train
    if not torch.isfinite(outputs).all():
        return "the outputs hold NaN or Inf: look for a division by 0, a log of 0, a bad start"
    plain = functional.cross_entropy(outputs, labels).item()
    if abs(start / plain - 1) > NEAR and abs(plain - math.log(outputs.shape[1])) < NEAR * plain:
        factor = start / plain
        total = ": it sums over the batch" if abs(factor / len(labels) - 1) < NEAR else ""
        return f"the loss is {factor:.3g} times the mean cross-entropy{total}; take the mean"
    classes = int(labels.max()) + 1
    if outputs.shape[1] != classes:
        return f"there are {outputs.shape[1]} outputs for {classes} classes"
    mean, std = inputs.mean().item(), inputs.std().item()
    return (
        f"outputs have a standard deviation of {outputs.std():.3g}: start the last layer smaller; "
        f"inputs have mean {mean:.2g} and standard deviation {std:.2g}: standardize them"
    )


def small_sample(patient: Patient) -> Finding:
    """A few mini-batches can be learned by heart, and every parameter takes part in it."""
    count = min(SAMPLE * SAMPLE_BATCH, len(patient.train[1]))
    sample = patient.train[0][:count], patient.train[1][:count]
    options = {"train": sample, "validation": None, "batch_size": min(SAMPLE_BATCH, count)}
    broken, still, runs = [], {name for name, _ in patient.model.named_parameters()}, []
    for lr in patient.rates:
        model, history = patient.trained(
            lr=lr, weight_decay=0.0, steps=SAMPLE_STEPS, free=True, **options
        )
        if not math.isfinite(history.last("loss")):
            broken.append(f"{history.stopped} with rate {lr:.0e}")
            continue
        still &= _unmoved(patient.model, model)
        values = evaluate(model, sample, loss=patient.loss)
        runs.append((values["loss"], lr, values["accuracy"], model))
        if values["accuracy"] == 1 and values["loss"] < LEARNED * patient.expected and not still:
            break
    if not runs:
        return Finding(False, "; ".join(broken), f"{TOO_LARGE}; {LOOK_AT_SCALE}")
    value, lr, accuracy, model = min(runs, key=lambda run: run[0])
    seen = f"{count} examples: accuracy {accuracy:.0%}, loss {value:.3g} with rate {lr:.0e}"
    seen = "; ".join([seen, *broken])
    if accuracy == 1 and value < LEARNED * patient.expected and not still:
        return Finding(True, seen)
    return Finding(False, seen, _why_stuck(patient, sample, still, model, value))


def _unmoved(before: nn.Module, after: nn.Module) -> set[str]:
    moved = dict(after.named_parameters())
    return {name for name, old in before.named_parameters() if torch.equal(old, moved[name])}


def _why_stuck(
    patient: Patient, sample: Data, still: set[str], model: nn.Module, value: float
) -> str:
    params = dict(patient.model.named_parameters())
    frozen = [name for name in params if name in still and not params[name].requires_grad]
    if frozen:
        return f"{', '.join(frozen)} never moved: frozen, requires_grad is False"
    if still:
        names = ", ".join(name for name in params if name in still)
        return f"{names} never moved: dead units, a start at 0, or no path from the loss"
    with evaluating(model), torch.no_grad():
        outputs = model(sample[0])
    if (outputs >= 0).all() and bool((outputs.sum(1) - 1).abs().max() < 1e-4):
        return "outputs are probabilities already and the loss applies softmax again: return logits"
    if found := _contradiction(sample):
        return found
    if value > patient.start:
        return f"{TOO_LARGE}; {LOOK_AT_SCALE}"
    if value > (1 - DROP) * patient.start:
        return f"the loss hardly falls: try rates ten times larger; {LOOK_AT_SCALE}"
    return "the loss falls too little: try rates between these, another start, a larger model"


def _contradiction(sample: Data) -> str:
    inputs, labels = (part.flatten(1) if part.dim() > 1 else part for part in sample)
    equal = (inputs[:, None] == inputs[None]).all(-1) & (labels[:, None] != labels[None])
    pairs = equal.nonzero()
    return f"examples {pairs[0].tolist()} are equal and labelled differently" if len(pairs) else ""


def learning_rate(patient: Patient) -> Finding:
    """One of the rates moves the loss within 100 steps, on examples seen and unseen."""
    runs = {
        lr: patient.trial(lr=lr, weight_decay=max(patient.decays), steps=TRYING, every=TRYING)
        for lr in patient.rates
    }
    seen = "; ".join(f"rate {lr:.0e}: {_moved(history)}" for lr, history in runs.items())
    finite = {lr: h for lr, h in runs.items() if math.isfinite(h.last("loss"))}
    if not finite or all(h.last("train_loss") > h["train_loss"][0] for h in finite.values()):
        return Finding(False, seen, TOO_LARGE)
    best = min(finite, key=lambda lr: finite[lr].last("validation_loss"))
    goal = (1 - DROP) * patient.start
    if finite[best].last("validation_loss") < goal:
        patient.best = {"lr": best, "weight_decay": max(patient.decays)}
        return Finding(True, seen)
    advice = (
        "a small sample could be learned, but nothing carries over to unseen examples: look at "
        "examples with their labels (shuffled apart?); then try rates between and beyond"
    )
    return Finding(False, seen, advice)


def _moved(history: History) -> str:
    if not math.isfinite(history.last("loss")):
        return history.stopped
    first, last = history["train_loss"][0], history.last("train_loss")
    return f"{first:.3g} to {last:.3g}, unseen {history.last('validation_loss'):.3g}"


def coarse_grid(patient: Patient) -> Finding:
    """Short runs around the rate that works have a best one that is not on the edge."""
    rates = _around(patient.best["lr"], 1 / 3, 1, 3)
    search = _grid(patient, rates, sorted(patient.decays), stage=0, widen=2)
    patient.best = search.best.config
    if not search.best.score < (1 - DROP) * patient.expected:
        return Finding(False, str(search), "no run beats a guess on unseen examples: compare parts")
    if "lr" in search.edges:
        return Finding(False, str(search), "the best rate is still on the edge: begin there")
    return Finding(True, str(search))


def refined_grid(patient: Patient) -> Finding:
    """Longer runs close to the best are stable."""
    rates = _around(patient.best["lr"], 0.5, 0.7, 1, 1.4, 2)
    search = _grid(patient, rates, [patient.best["weight_decay"]], stage=1, widen=1)
    patient.best = search.best.config
    broken = [f"{t.config['lr']:.2e}" for t in search.trials if math.isinf(t.score)]
    if broken:
        advice = "step down in rate, or clip gradients; look for a log or a root near 0"
        return Finding(False, f"runs with rate {', '.join(broken)} went to NaN or Inf", advice)
    return Finding(True, str(search))


def _around(rate: float, *factors: float) -> list[float]:
    """Multiples of a rate, rounded to three digits."""
    return [float(f"{rate * factor:.3g}") for factor in factors]


def _grid(
    patient: Patient, rates: list[float], decays: list[float], *, stage: int, widen: int
) -> Search:
    """A grid of rates and decays; widened while the best rate lies on its edge."""

    @cache
    def score(lr: float, weight_decay: float) -> float:
        history = patient.trial(lr=lr, weight_decay=weight_decay, steps=patient.steps(stage))
        finite = math.isfinite(history.last("loss"))
        return history.best("validation_loss")[1] if finite else math.inf

    def asked(config: Config) -> float:
        return score(config["lr"], config["weight_decay"])

    ratio = rates[1] / rates[0]
    for _ in range(widen + 1):
        space = {"lr": rates, "weight_decay": decays}
        search = grid_search(asked, space, budget=len(rates) * len(decays))
        if search.edges.get("lr") == "lowest":
            rates = [*_around(rates[0], 1 / ratio), *rates]
        elif search.edges.get("lr") == "highest":
            rates = [*rates, *_around(rates[-1], ratio)]
        else:
            break
    return search


def curves(patient: Patient) -> Finding:
    """A long run neither diverges nor under- nor overfits."""
    history = patient.trial(**patient.best, steps=patient.steps(2))
    if not math.isfinite(history.last("loss")):
        return Finding(False, history.stopped, "lower the rate towards the end, or from the start")
    return read_curves(history, patient.start)


def read_curves(history: History, start: float) -> Finding:
    """Say what the curves of a run show.

    Args:
        history: Curves ``train_loss`` and ``validation_loss`` of a run.
        start: Loss before training.

    Returns:
        What is seen, whether it is well, and what to try.
    """
    train, last = history.last("train_loss"), history.last("validation_loss")
    step, best = history.best("validation_loss")
    seen = f"training loss {train:.3g}, validation loss {last:.3g}, best {best:.3g} at step {step}"
    if last - best > RISE * start and train < best:
        advice = f"stop at step {step}; then more data, weight decay, dropout"
        return Finding(False, f"overfitting: {seen}", advice)
    if train > start / 2 and last < GAP * train:
        advice = "train longer, with a larger model, a better optimizer, standardized inputs"
        return Finding(False, f"underfitting: {seen}", advice)
    if step == history.steps("validation_loss")[-1]:
        return Finding(True, f"still falling: {seen}", "train longer")
    return Finding(True, seen)


def again(patient: Patient) -> Finding:
    """The chosen configuration does well on other seeds; go on while rounds gain more than luck."""
    scores = []
    for offset in range(SEEDS):
        history = patient.trial(**patient.best, steps=patient.steps(1), seed=patient.seed + offset)
        finite = math.isfinite(history.last("loss"))
        scores.append(history.best("validation_loss")[1] if finite else math.inf)
    listed = ", ".join(f"{score:.3g}" for score in scores)
    seen = f"validation loss {listed} on {SEEDS} seeds"
    if not max(scores) < (1 - DROP) * patient.expected:
        return Finding(False, seen, "the choice works on a lucky seed only: take a smaller rate")
    spread = max(scores) - min(scores)
    return Finding(True, seen, f"go back to step 5 while a round gains more than {spread:.2g}")


CHECKUPS = (
    initial_loss,
    small_sample,
    learning_rate,
    coarse_grid,
    refined_grid,
    curves,
    again,
)
