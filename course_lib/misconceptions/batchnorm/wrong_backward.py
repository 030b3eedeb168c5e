"""Known mistakes in ``batch_norm_backward``."""

from course_lib.misconceptions.model import Misconception

_BACKWARD = "17_batchnorm#sec-batchnorm-backward"

_AXES = "axes = [axis for axis in range(input.dim()) if axis != 1]\n"
_SCALE = "scale = 1 / torch.sqrt(var.to(x.dtype) + eps).view(per_channel)\n"
_MEAN = "through_mean = grad.mean(axes, keepdim=True)\n"
_VAR = "through_var = x_hat * (grad * x_hat).mean(axes, keepdim=True)\n"
_WEIGHT = "(grad * x_hat).sum(axes)"
_BIAS = ", grad.sum(axes)"
_INPUT = "grad_input = scale * (grad - through_mean - through_var)\n"
_COUNT = "(x.numel() / x.shape[1] - 1)"


def _backward(
    fault: str, belief: str, hint: str, *edits: tuple[str, str], needs_gpu: bool = False
) -> Misconception:
    slug, caught_by = f"batch_norm_backward/{fault}", ("batch_norm_backward",)
    return Misconception(
        slug, belief, hint, _BACKWARD, edits, caught_by=caught_by, needs_gpu=needs_gpu
    )


MISCONCEPTIONS = (
    _backward(
        "statistics_as_constants",
        "Mean and variance are given, so they are constants.",
        "Your gradient is that of evaluation, where mean and variance are constants. What moves "
        "them in training?",
        (_INPUT, "grad_input = scale * grad\n"),
    ),
    _backward(
        "mean_as_constant",
        "The mean only shifts the values, so it has no part in the gradient.",
        "Your gradient takes the mean for a constant. What happens to all the outputs of a channel "
        "if one input grows?",
        (_INPUT, "grad_input = scale * (grad - through_var)\n"),
    ),
    _backward(
        "variance_as_constant",
        "The variance hardly changes, so it has no part in the gradient.",
        "Your gradient takes the variance for a constant. How large are the outputs if all values "
        "of a channel move away from their mean by the same factor?",
        (_INPUT, "grad_input = scale * (grad - through_mean)\n"),
    ),
    _backward(
        "means_over_n_minus_1",
        "The means come from a variance, so they are divided by n - 1.",
        "Your two means are divided by n - 1. By what does the variance divide that normalizes?",
        (_MEAN, f"through_mean = grad.sum(axes, keepdim=True) / {_COUNT}\n"),
        (_VAR, f"through_var = x_hat * (grad * x_hat).sum(axes, keepdim=True) / {_COUNT}\n"),
    ),
    _backward(
        "variance_over_n_minus_1",
        "The variance that normalizes is divided by n - 1, so that its derivative is too.",
        "Only the mean that belongs to the variance is divided by n - 1 in your code. By what does "
        "the variance divide that normalizes?",
        (_VAR, f"through_var = x_hat * (grad * x_hat).sum(axes, keepdim=True) / {_COUNT}\n"),
    ),
    _backward(
        "sums_for_means",
        "Every value moves the mean, so the gradients are summed.",
        "You subtract sums. How far does one value move a mean of n?",
        (_MEAN, "through_mean = grad.sum(axes, keepdim=True)\n"),
        (_VAR, "through_var = x_hat * (grad * x_hat).sum(axes, keepdim=True)\n"),
    ),
    _backward(
        "variance_term_added",
        "The mean's part is subtracted, the variance's is added.",
        "You add the part that goes through the variance. Do the outputs grow or shrink when the "
        "variance grows?",
        (_INPUT, "grad_input = scale * (grad - through_mean + through_var)\n"),
    ),
    _backward(
        "x_hat_forgotten",
        "The gradient through the variance is the mean of gradient times normalized value.",
        "One factor is missing in the part through the variance. By how much does the variance "
        "change if this value moves: does it matter how far from the mean it is?",
        (_VAR, "through_var = (grad * x_hat).mean(axes, keepdim=True)\n"),
    ),
    _backward(
        "weight_without_x_hat",
        "The weight multiplies the input, so its gradient is gradient times input.",
        "Your gradient of the weight is taken with the input as it came in. What does the weight "
        "multiply?",
        (_WEIGHT, "(grad * x).sum(axes)"),
    ),
    _backward(
        "weight_without_root",
        "The weight multiplies the centred input.",
        "Your gradient of the weight is taken with the input less its mean. What else happens "
        "before the weight multiplies?",
        (_WEIGHT, "(grad * x_hat / scale).sum(axes)"),
    ),
    _backward(
        "weight_as_bias",
        "Weight and bias both collect the gradient.",
        "Your gradient of the weight is that of the bias. What does the weight multiply?",
        (_WEIGHT, "grad.sum(axes)"),
    ),
    _backward(
        "parameters_averaged",
        "The loss is a mean, so gradients are averaged over the batch.",
        "Your gradients of weight and bias are means. One weight serves every value of its "
        "channel: what do their gradients do, add up or average?",
        (_WEIGHT, "(grad * x_hat).mean(axes)"),
        (_BIAS, ", grad.mean(axes)"),
    ),
    _backward(
        "weight_missing",
        "The weight has a gradient of its own, and no part in that of the input.",
        "The weight is missing in your gradient of the input. What lies between the normalized "
        "value and the output?",
        ("grad_input = grad_input * weight.view(per_channel)", "pass"),
    ),
    _backward(
        "weight_everywhere",
        "First the gradient goes back through the weight, and all else comes after.",
        "You multiply the gradient by the weight before all else. Which two of the three gradients "
        "are taken before it has passed the weight?",
        (_SCALE, "if weight is not None:\n    grad = grad * weight.view(per_channel)\n" + _SCALE),
        ("grad_input = grad_input * weight.view(per_channel)", "pass"),
    ),
    _backward(
        "weight_always_there",
        "There is always a weight.",
        "Without a weight your code stops. Which number does None stand for?",
        (
            "if weight is not None:\n    grad_input = grad_input * weight.view(per_channel)\n",
            "grad_input = grad_input * weight.view(per_channel)\n",
        ),
    ),
    _backward(
        "eps_outside_root",
        "The eps is added to the standard deviation.",
        "Your eps stands outside the root. Where does it stand on the way forward?",
        ("torch.sqrt(var.to(x.dtype) + eps)", "(torch.sqrt(var.to(x.dtype)) + eps)"),
    ),
    _backward(
        "eps_missing",
        "The eps has no derivative, so it drops out.",
        "Your gradients are those of eps=0. A constant has no derivative: does it vanish from the "
        "denominator too?",
        ("torch.sqrt(var.to(x.dtype) + eps)", "torch.sqrt(var.to(x.dtype))"),
    ),
    _backward(
        "divided_by_variance",
        "The values were divided by the variance.",
        "You divide by the variance. What did the values get divided by on the way forward?",
        ("torch.sqrt(var.to(x.dtype) + eps)", "(var.to(x.dtype) + eps)"),
    ),
    _backward(
        "root_missing",
        "The gradient of a normalized value is that of the value.",
        "Your gradient of the input is too large by the standard deviation. If the inputs were "
        "measured in a unit a thousand times smaller, what would become of it?",
        (_INPUT, "grad_input = grad - through_mean - through_var\n"),
    ),
    _backward(
        "unbiased_variance",
        "var is the biased variance, and normalization needs the unbiased one.",
        "You turn the variance into the unbiased one. Which of the two normalized on the way "
        "forward, and which one are you handed?",
        (
            _SCALE,
            "n = x.numel() / x.shape[1]\n"
            "scale = 1 / torch.sqrt(var.to(x.dtype) * n / (n - 1) + eps).view(per_channel)\n",
        ),
    ),
    _backward(
        "sums_over_batch_only",
        "Sums run over the batch.",
        "Every position has a gradient of its own in your code. How many weights does a channel of "
        "an image have?",
        (_AXES, "axes = [0]\n"),
    ),
    _backward(
        "gradient_changed",
        "The gradient from above is no longer needed and may be overwritten.",
        "You change grad_output in place. To whom does it belong?",
        (f"{_WEIGHT}{_BIAS}", "grad_weight, grad_bias"),
        (
            _INPUT,
            "grad_weight, grad_bias = (grad * x_hat).sum(axes), grad.sum(axes)\n"
            "grad_input = grad.sub_(through_mean).sub_(through_var).mul_(scale)\n",
        ),
    ),
    _backward(
        "sums_on_cpu",
        "torch.zeros with the right length and dtype gives the right tensor.",
        "Your sums lie on another device than the gradient. Where does torch.zeros put a tensor "
        "when nobody says where?",
        (_WEIGHT, "torch.zeros(x.shape[1], dtype=x.dtype) + (grad * x_hat).sum(axes)"),
        needs_gpu=True,
    ),
)
