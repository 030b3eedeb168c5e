"""Known mistakes in the running statistics of ``batch_norm``, and in when they are used."""

from course_lib.misconceptions.batchnorm.wrong_normalization import (
    EVERYWHERE,
    NORMALIZED,
    TRACKED,
)
from course_lib.misconceptions.model import Misconception

RUNNING = "17_batchnorm#sec-running"

_UPDATE = "running.mul_(1 - momentum).add_(momentum * new)"
_TRACKING = "if training and running_mean is not None and running_var is not None:\n"
_COUNT = "n = x.numel() / x.shape[1]\n"
_EVALUATION = "mean, var = running_mean.to(x.dtype), running_var.to(x.dtype)"


def _statistics(
    fault: str, belief: str, hint: str, *edits: tuple[str, str], needs_gpu: bool = False
) -> Misconception:
    slug, caught_by = f"batch_norm/{fault}", EVERYWHERE
    return Misconception(
        slug, belief, hint, RUNNING, edits, caught_by=caught_by, needs_gpu=needs_gpu
    )


MISCONCEPTIONS = (
    _statistics(
        "running_variance_biased",
        "The variance that is tracked is the one that normalizes.",
        "You track the biased variance, divided by n, as some libraries do. The exercise asks for "
        "torch's form: which variance of a sample estimates that of the data?",
        (TRACKED, "(running_var, var)"),
    ),
    _statistics(
        "momentum_the_other_way",
        "Momentum is how much of the old value is kept.",
        "You keep momentum of the old value, as an optimizer does. What does torch's batch norm "
        "mean by momentum: the weight of the old value or of the new one?",
        (_UPDATE, "running.mul_(momentum).add_((1 - momentum) * new)"),
    ),
    _statistics(
        "last_batch_only",
        "The running statistics are those of the last batch.",
        "Your running statistics forget every batch but the last. What share of the old value "
        "stays?",
        (_UPDATE, "running.copy_(new)"),
    ),
    _statistics(
        "statistics_summed",
        "The new value is added to the old one, with momentum as its weight.",
        "Your running statistics grow with every batch. By what is the old value multiplied "
        "before the new one is added?",
        (_UPDATE, "running.add_(momentum * new)"),
    ),
    _statistics(
        "not_in_place",
        "Assigning to running_mean changes the caller's tensor.",
        "You make new tensors, and the caller's running statistics stay as they were. What does "
        "an assignment to an argument's name change outside the function?",
        (_UPDATE, "running = (1 - momentum) * running + momentum * new"),
    ),
    _statistics(
        "deviation_tracked",
        "What is tracked is the standard deviation.",
        "You track the standard deviation. What does evaluation take the root of?",
        (TRACKED, "(running_var, (var * n / (n - 1)).sqrt())"),
    ),
    _statistics(
        "eps_tracked",
        "The eps is a part of the variance.",
        "Your running variance contains eps. How often is it added by the time evaluation divides?",
        (TRACKED, "(running_var, (var + eps) * n / (n - 1))"),
    ),
    _statistics(
        "statistics_keep_graph",
        "A running statistic is computed like any other tensor.",
        "Your running statistics carry the autograd graph. Who will ever ask for their gradient, "
        "and how long is the graph after a thousand batches?",
        ("with torch.no_grad():", "with torch.enable_grad():"),
    ),
    _statistics(
        "running_statistics_in_training",
        "Training normalizes with the running statistics, which are updated first.",
        "In training you normalize with the running statistics. Whose mean and variance does a "
        "batch get in training?",
        (
            NORMALIZED,
            "if running_mean is not None and running_var is not None:\n"
            "    mean, var = running_mean.clone(), running_var.clone()\n" + NORMALIZED,
        ),
    ),
    _statistics(
        "batch_statistics_in_evaluation",
        "Normalizing means using the mean and variance of what comes in.",
        "In evaluation you normalize with the batch's own statistics. What would a single sample "
        "get?",
        (_EVALUATION, "var, mean = torch.var_mean(x, axes, correction=0)"),
    ),
    _statistics(
        "updates_in_evaluation",
        "Every batch that passes is tracked.",
        "Your running statistics change in evaluation. Should the test data leave a trace in the "
        "model?",
        (_TRACKING, _TRACKING.replace("training and ", "")),
        (
            _COUNT,
            f"{_COUNT}    seen_var, seen = torch.var_mean(x, axes, correction=0)\n",
        ),
        ("(running_mean, mean)", "(running_mean, seen)"),
        (TRACKED, "(running_var, seen_var * n / (n - 1))"),
        (_EVALUATION, "mean, var = running_mean.clone(), running_var.clone()"),
    ),
    _statistics(
        "corrected_in_evaluation",
        "The running variance is biased, and evaluation corrects it by n / (n - 1).",
        "You multiply the running variance by n / (n - 1) in evaluation, as the paper's second "
        "algorithm does. torch tracks a variance that is unbiased already: what is left to "
        "correct?",
        (
            _EVALUATION,
            "n = x.numel() / x.shape[1]\n"
            "    mean, var = running_mean.to(x.dtype), running_var.to(x.dtype) * n / (n - 1)",
        ),
    ),
    _statistics(
        "deviation_in_evaluation",
        "The running variance is a standard deviation already, so no root is taken.",
        "In evaluation you divide by the running variance. What is the root taken of in training?",
        (_EVALUATION, "mean, var = running_mean.to(x.dtype), running_var.to(x.dtype) ** 2"),
    ),
    _statistics(
        "statistics_always_there",
        "There are always running statistics.",
        "Without running statistics your code stops. What is running_mean in a layer that tracks "
        "nothing?",
        (_TRACKING, "if training:\n"),
    ),
    _statistics(
        "statistics_on_cpu",
        "torch.zeros with the right length and dtype gives the right tensor.",
        "Your mean lies on another device than the input. Where does torch.zeros put a tensor "
        "when nobody says where?",
        (
            "mean = x.mean(axes)",
            "mean = torch.zeros(x.shape[1], dtype=x.dtype)\n    mean = mean + x.mean(axes)",
        ),
        needs_gpu=True,
    ),
)
