"""Right ways to write ``batch_norm`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right


@right("batch_norm", "kept axes")
def formula_read_aloud(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """Every statistic keeps its axes, so that it lines up by itself."""
    over = (0, *range(2, input.dim()))
    column = (1, -1) + (1,) * (input.dim() - 2)
    if training:
        mean = input.mean(over, keepdim=True)
        var = ((input - mean) ** 2).mean(over, keepdim=True)
        if running_mean is not None:
            n = input.numel() // input.size(1)
            new_mean, new_var = mean.detach().flatten(), var.detach().flatten() * (n / (n - 1))
            running_mean.copy_((1 - momentum) * running_mean + momentum * new_mean)
            running_var.copy_((1 - momentum) * running_var + momentum * new_var)
    else:
        mean, var = running_mean.reshape(column), running_var.reshape(column)
    output = (input - mean) / (var + eps) ** 0.5
    if weight is not None:
        output = weight.reshape(column) * output
    if bias is not None:
        output = output + bias.reshape(column)
    return output


@right("batch_norm", "var_mean and lerp")
def averages_by_lerp(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """Torch's own variance, and each average a step of interpolation towards the new value."""
    axes = list(set(range(input.dim())) - {1})
    shape = [-1] + [1] * (input.dim() - 2)
    mean, var = running_mean, running_var
    if training:
        var, mean = torch.var_mean(input, dim=axes, correction=0)
    if training and running_mean is not None:
        count = input[:, 0].numel()
        running_mean.lerp_(mean.detach(), momentum)
        running_var.lerp_(var.detach() * count / (count - 1), momentum)
    normalized = torch.rsqrt(var + eps).view(shape) * (input - mean.view(shape))
    if weight is None:
        return normalized if bias is None else normalized + bias.view(shape)
    return torch.addcmul(bias.view(shape), weight.view(shape), normalized)


@right("batch_norm", "flattened")
def rows_of_channels(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """One row for each channel, whatever the shape of the input."""
    moved = input.transpose(0, 1)
    rows = moved.reshape(input.shape[1], -1)
    if training:
        center = rows.mean(1)
        spread = (rows - center[:, None]).pow(2).sum(1)
        n = rows.shape[1]
        with torch.no_grad():
            if running_mean is not None:
                running_mean -= momentum * (running_mean - center)
                running_var -= momentum * (running_var - spread / (n - 1))
        spread = spread / n
    else:
        center, spread = running_mean, running_var
    rows = (rows - center[:, None]) / torch.sqrt(spread[:, None] + eps)
    rows = rows if weight is None else rows * weight[:, None]
    rows = rows if bias is None else rows + bias[:, None]
    return rows.reshape(moved.shape).transpose(0, 1)


@right("batch_norm", "Welford")
def one_value_after_the_other(
    input, running_mean, running_var, weight, bias, training, momentum, eps
):
    """Mean and sum of squares renewed with every value, as Welford does."""
    values = input.movedim(1, -1).reshape(-1, input.shape[1])
    mean, var = running_mean, running_var
    if training:
        mean, squares = values[0], torch.zeros_like(values[0])
        for k in range(1, len(values)):
            step = values[k] - mean
            mean = mean + step / (k + 1)
            squares = squares + step * (values[k] - mean)
        var = squares / len(values)
        if running_mean is not None:
            with torch.no_grad():
                unbiased = squares / (len(values) - 1)
                for old, new in ((running_mean, mean), (running_var, unbiased)):
                    old.mul_(1 - momentum).add_(new, alpha=momentum)
    output = (values - mean) / torch.sqrt(var + eps)
    if weight is not None:
        output = output * weight
    if bias is not None:
        output = output + bias
    return output.reshape(input.movedim(1, -1).shape).movedim(-1, 1)


@right("batch_norm", "two parts merged")
def halves_merged(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """Statistics of two parts of the values, merged into those of all."""
    shape = (1, input.shape[1]) + (1,) * (input.dim() - 2)
    if training:
        values = input.transpose(0, 1).flatten(1)
        left, right = values[:, : values.shape[1] // 2], values[:, values.shape[1] // 2 :]
        n, k = values.shape[1], left.shape[1]
        (var_l, mean_l), (var_r, mean_r) = (
            torch.var_mean(part, 1, correction=0) for part in (left, right)
        )
        gap = mean_r - mean_l
        mean = mean_l + gap * ((n - k) / n)
        var = (k * var_l + (n - k) * var_r) / n + gap**2 * (k * (n - k) / n**2)
        if running_mean is not None and running_var is not None:
            with torch.no_grad():
                running_mean.copy_(momentum * mean + (1 - momentum) * running_mean)
                running_var.copy_(momentum * var * n / (n - 1) + (1 - momentum) * running_var)
    else:
        mean, var = running_mean, running_var
    y = (input - mean.view(shape)).div(var.add(eps).sqrt().view(shape))
    if weight is not None:
        y = y.mul(weight.view(shape))
    return y if bias is None else y.add(bias.view(shape))


@right("batch_norm", "shifted data")
def squares_of_shifted_values(
    input, running_mean, running_var, weight, bias, training, momentum, eps
):
    """The mean of squares less the square of the mean, of values shifted close to 0 first."""
    axes = [d for d in range(input.ndim) if d != 1]
    view = [1 if d != 1 else -1 for d in range(input.ndim)]
    if training:
        pivot = input.detach().amin(axes)
        shifted = input - pivot.view(view)
        mean = shifted.mean(axes)
        var = shifted.square().mean(axes) - mean.square()
        mean = mean + pivot
        if running_mean is not None:
            n = input.numel() / len(pivot)
            with torch.no_grad():
                running_mean.mul_(1 - momentum).add_(mean, alpha=momentum)
                running_var.mul_(1 - momentum).add_(var, alpha=momentum * n / (n - 1))
    else:
        mean, var = running_mean, running_var
    scale = torch.ones_like(var) if weight is None else weight
    shift = torch.zeros_like(var) if bias is None else bias
    normalized = (input - mean.view(view)) / torch.sqrt(var + eps).view(view)
    return scale.view(view) * normalized + shift.view(view)


@right("batch_norm", "one scale, one shift")
def folded_into_one_line(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """One factor and one summand for each channel, as a deployed network has them."""
    axes = [0, *range(2, input.dim())]
    mean, var = running_mean, running_var
    if training:
        mean = input.mean(axes)
        var = torch.var(input, axes, correction=0)
        if running_mean is not None:
            unbiased = torch.var(input, axes, correction=1)
            running_mean.data = (1 - momentum) * running_mean.data + momentum * mean.detach()
            running_var.data = (1 - momentum) * running_var.data + momentum * unbiased.detach()
    factor = 1 / (var + eps).sqrt()
    if weight is not None:
        factor = factor * weight
    summand = -mean * factor
    if bias is not None:
        summand = summand + bias
    spread = (slice(None), *[None] * (input.dim() - 2))
    return input * factor[spread] + summand[spread]


@right("batch_norm", "matrices")
def centering_matrix(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """The mean as a product with ones, the variance as the diagonal of a product."""
    columns = input.movedim(1, -1).flatten(0, -2)
    n = columns.shape[0]
    if training:
        ones = columns.new_ones(n)
        mean = ones @ columns / n
        centered = columns - torch.outer(ones, mean)
        var = torch.einsum("nc,nc->c", centered, centered) / n
        if running_mean is not None:
            running_mean.mul_(1 - momentum).add_(momentum * mean.detach())
            running_var.mul_(1 - momentum).add_(momentum * n / (n - 1) * var.detach())
    else:
        mean, var = running_mean, running_var
        centered = columns - mean
    gain = (var + eps).rsqrt()
    if weight is not None:
        gain = gain * weight
    output = centered * gain
    if bias is not None:
        output = output + bias
    return output.unflatten(0, (input.shape[0], *input.shape[2:])).movedim(-1, 1)


@right("batch_norm", "hypotenuse")
def root_by_hypot(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """The root is the long side of a triangle of deviation and root of eps."""
    axes = tuple({*range(input.dim())} - {1})
    lined_up = input.transpose(1, -1)
    if training:
        mean = input.mean(axes)
        deviation = torch.std(input, axes, correction=0)
        if running_mean is not None and running_var is not None:
            with torch.no_grad():
                unbiased = torch.std(input, axes, correction=1) ** 2
                running_mean += momentum * (mean - running_mean)
                running_var += momentum * (unbiased - running_var)
    else:
        mean, deviation = running_mean, running_var.sqrt()
    root = torch.hypot(deviation, torch.full_like(deviation, math.sqrt(eps)))
    output = (lined_up - mean) / root
    output = output * (1 if weight is None else weight) + (0 if bias is None else bias)
    return output.transpose(1, -1)
