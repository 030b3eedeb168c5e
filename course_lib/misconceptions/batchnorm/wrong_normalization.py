"""Known mistakes in the output of ``batch_norm``: statistics, root, eps, scale and shift."""

from course_lib.misconceptions.model import Misconception

FORWARD = "17_batchnorm#sec-forward"
EVERYWHERE = ("batch_norm", "batch_norm_2d")

VAR = "var = (x - mean.view(per_channel)).square().mean(axes)\n"
NORMALIZED = "y = (x - mean.view(per_channel)) / torch.sqrt(var + eps).view(per_channel)\n"
TRACKED = "(running_var, var * n / (n - 1))"
UNBIASED = "var = (x - mean.view(per_channel)).square().sum(axes) / (x.numel() / x.shape[1] - 1)\n"


def normalization(
    fault: str, belief: str, hint: str, *edits: tuple[str, str], body: str = ""
) -> Misconception:
    """A mistake that shows in the output, whatever the shape of the input."""
    return Misconception(
        f"batch_norm/{fault}", belief, hint, FORWARD, edits, body, caught_by=EVERYWHERE
    )


MISCONCEPTIONS = (
    normalization(
        "unbiased_in_normalization",
        "A variance is always divided by n - 1.",
        "You normalize with the unbiased variance, divided by n - 1. Which of the two variances "
        "normalizes, and which one is tracked?",
        (VAR, UNBIASED),
        (TRACKED, "(running_var, var)"),
    ),
    normalization(
        "eps_outside_root",
        "The eps only keeps the denominator from being zero, so it is added to the root.",
        "Your eps stands outside the root, as it does in Adam. Is it added to the standard "
        "deviation here, or to the variance?",
        ("torch.sqrt(var + eps)", "(torch.sqrt(var) + eps)"),
    ),
    normalization(
        "eps_missing",
        "A variance is never zero, so there is no need for eps.",
        "Your output is that of eps=0. What would a channel give that is constant over the batch?",
        ("torch.sqrt(var + eps)", "torch.sqrt(var)"),
    ),
    normalization(
        "divided_by_variance",
        "Normalizing means subtracting the mean and dividing by the variance.",
        "You divide by the variance. In which unit is a variance, if the input is in metres?",
        ("torch.sqrt(var + eps)", "(var + eps)"),
    ),
    normalization(
        "mean_of_squares",
        "The variance is the mean of the squares less the square of the mean.",
        "Your variance is a difference of two large numbers. On data far from 0, how many of its "
        "digits are left in this precision?",
        (VAR, "var = x.square().mean(axes) - mean.square()\n"),
    ),
    normalization(
        "statistics_as_constants",
        "Mean and variance are numbers, and no gradient flows through numbers.",
        "Your gradient takes mean and variance for constants. On what do they depend?",
        (NORMALIZED, "mean, var = mean.detach(), var.detach()\n" + NORMALIZED),
    ),
    normalization(
        "mean_as_constant",
        "Only the variance depends on the input in a way that matters.",
        "Your gradient flows through the variance, not through the mean. What happens to all the "
        "outputs of a channel if one input grows?",
        (NORMALIZED, NORMALIZED.replace("x - mean.view", "x - mean.detach().view")),
    ),
    normalization(
        "variance_as_constant",
        "Only the mean depends on the input in a way that matters.",
        "Your gradient flows through the mean, not through the variance. Is the spread of a batch "
        "the same after one of its values has moved?",
        (NORMALIZED, NORMALIZED.replace("var + eps", "var.detach() + eps")),
    ),
    normalization(
        "weight_before_normalization",
        "The weight scales the input.",
        "You scale by the weight before you normalize. What does normalization do to a scale?",
        (
            "if training:\n",
            "if weight is not None:\n    x = x * weight.view(per_channel)\nif training:\n",
        ),
        ("y = y * weight.view(per_channel)", "pass"),
    ),
    normalization(
        "bias_scaled",
        "First the bias is added, then everything is multiplied by the weight.",
        "Your bias is multiplied by the weight. Which comes first, the scale or the shift?",
        (
            "if weight is not None:\n    y = y * weight.view(per_channel)\n"
            "if bias is not None:\n    y = y + bias.view(per_channel)\n",
            "if bias is not None:\n    y = y + bias.view(per_channel)\n"
            "if weight is not None:\n    y = y * weight.view(per_channel)\n",
        ),
    ),
    normalization(
        "scale_and_shift_forgotten",
        "The layer gives mean 0 and variance 1, and that is all.",
        "Your output has mean 0 and variance 1 whatever the weight and the bias. What are they "
        "for?",
        ("y = y * weight.view(per_channel)", "pass"),
        ("y = y + bias.view(per_channel)", "pass"),
    ),
    normalization(
        "weight_always_there",
        "There is always a weight and a bias.",
        "Without affine parameters your code stops. What are weight and bias then?",
        (
            "if weight is not None:\n    y = y * weight.view(per_channel)\n"
            "if bias is not None:\n    y = y + bias.view(per_channel)\n",
            "y = y * weight.view(per_channel) + bias.view(per_channel)\n",
        ),
    ),
    normalization(
        "input_changed",
        "The input is no longer needed, so the mean can be subtracted from it in place.",
        "You change the input in place. Who else needs it as it was, autograd among others?",
        (
            NORMALIZED,
            NORMALIZED.replace("(x - mean.view(per_channel))", "x.sub_(mean.view(per_channel))"),
        ),
    ),
)
