"""Known mistakes of ``batch_norm`` that only sequences and images bring to light."""

from course_lib.misconceptions.batchnorm.wrong_normalization import EVERYWHERE, NORMALIZED, VAR
from course_lib.misconceptions.model import Misconception

_IMAGES = "17_batchnorm#sec-images"

_AXES = "axes = [axis for axis in range(input.dim()) if axis != 1]\n"
_MEAN = "mean = x.mean(axes)"


def _of_images(fault: str, belief: str, hint: str, *edits: tuple[str, str]) -> Misconception:
    slug, caught_by = f"batch_norm_2d/{fault}", ("batch_norm_2d",)
    return Misconception(slug, belief, hint, _IMAGES, edits, caught_by=caught_by)


def _own_axes(axes: str) -> tuple[tuple[str, str], ...]:
    """Edits that normalize over ``axes``, and track the means of what comes of it."""
    return (
        (_MEAN, f"own = {axes}\n    mean = x.mean(own, keepdim=True)"),
        (VAR, "var = (x - mean).square().mean(own, keepdim=True)\n"),
        (
            "    n = x.numel() / x.shape[1]\n",
            "    n = x.numel() / mean.numel()\n"
            "    seen = mean.expand(x.shape).mean(axes)\n"
            "    seen_var = var.expand(x.shape).mean(axes)\n",
        ),
        ("(running_mean, mean)", "(running_mean, seen)"),
        ("(running_var, var * n / (n - 1))", "(running_var, seen_var * n / (n - 1))"),
        (
            NORMALIZED,
            "if not training:\n"
            "    mean, var = mean.view(per_channel), var.view(per_channel)\n"
            "y = (x - mean) / torch.sqrt(var + eps)\n",
        ),
    )


MISCONCEPTIONS = (
    _of_images(
        "statistics_of_positions",
        "Statistics are taken over the batch, so every pixel has its own.",
        "Every position has a mean and a variance of its own in your code. Over which axes does a "
        "channel collect its values, if every position is treated alike?",
        *_own_axes("[0]"),
    ),
    _of_images(
        "statistics_of_samples",
        "A channel of an image is normalized over its pixels.",
        "You wrote instance normalization: every sample has statistics of its own. The exercise "
        "asks for batch normalization: which axis is missing from your mean?",
        *_own_axes("axes[1:] or axes"),
    ),
    Misconception(
        "batch_norm/statistics_of_features",
        "Every sample is brought to mean 0 and variance 1.",
        "You wrote layer normalization: every sample is normalized over its features. The "
        "exercise asks for batch normalization: what is averaged over there?",
        _IMAGES,
        _own_axes("list(range(1, x.dim()))"),
        caught_by=EVERYWHERE,
    ),
    _of_images(
        "channels_last",
        "The channels are the last axis.",
        "You take the last axis for the channels, as other libraries do. Which axis holds them in "
        "torch?",
        (_AXES, "axes = list(range(input.dim() - 1))\n"),
        (
            "per_channel = [1, -1] + [1] * (input.dim() - 2)",
            "per_channel = [1] * (input.dim() - 1) + [-1]",
        ),
        ("n = x.numel() / x.shape[1]", "n = x.numel() / x.shape[-1]"),
    ),
    _of_images(
        "count_of_samples",
        "n is the size of the batch.",
        "Your unbiased variance counts samples. How many values does a channel have when each "
        "sample brings many?",
        ("n = x.numel() / x.shape[1]", "n = x.shape[0]"),
    ),
    _of_images(
        "count_of_positions",
        "n is the number of pixels.",
        "Your unbiased variance counts the positions of one sample. How many values does a "
        "channel have in the whole batch?",
        ("n = x.numel() / x.shape[1]", "n = x[0, 0].numel() if x.dim() > 2 else x.shape[0]"),
    ),
    _of_images(
        "vectors_only",
        "A weight of length channels fits every input by itself.",
        "Your means line up with the last axis of the input. How does a tensor of length channels "
        "have to be viewed to line up with axis 1?",
        ("per_channel = [1, -1] + [1] * (input.dim() - 2)", "per_channel = [-1]"),
    ),
)
