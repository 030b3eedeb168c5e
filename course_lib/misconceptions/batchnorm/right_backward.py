"""Right ways to write ``batch_norm_backward`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right


@right("batch_norm_backward", "node by node")
def node_by_node(grad_output, input, weight, mean, var, eps):
    """Back through every node of the forward pass: output, variance, mean, input."""
    axes = [0, *range(2, input.dim())]
    shape = (1, -1) + (1,) * (input.dim() - 2)
    n = input.numel() / input.shape[1]
    centered = input - mean.view(shape)
    root = (var + eps).sqrt().view(shape)
    d_hat = grad_output if weight is None else grad_output * weight.view(shape)
    d_var = (d_hat * centered * -0.5 * root**-3).sum(axes, keepdim=True)
    d_mean = (-d_hat / root).sum(axes, keepdim=True)
    d_mean = d_mean + d_var * (-2 * centered).mean(axes, keepdim=True)
    grad_input = d_hat / root + d_var * 2 * centered / n + d_mean / n
    return grad_input, (grad_output * centered / root).sum(axes), grad_output.sum(axes)


@right("batch_norm_backward", "one fraction")
def one_fraction(grad_output, input, weight, mean, var, eps):
    """Both parts brought on one denominator, with the sums that are returned anyway."""
    column = [1, -1, *[1] * (input.dim() - 2)]
    axes = [d for d in range(input.dim()) if d != 1]
    x_hat = (input - mean.view(column)) * torch.rsqrt(var + eps).view(column)
    grad_bias = grad_output.sum(dim=axes)
    grad_weight = torch.sum(grad_output * x_hat, dim=axes)
    n = grad_output[:, 0].numel()
    inside = n * grad_output - grad_bias.view(column) - x_hat * grad_weight.view(column)
    outside = 1 / (n * torch.sqrt(var + eps))
    if weight is not None:
        outside = outside * weight
    return outside.view(column) * inside, grad_weight, grad_bias


@right("batch_norm_backward", "rows")
def rows_of_channels(grad_output, input, weight, mean, var, eps):
    """One row for each channel."""
    rows, grads = (t.transpose(0, 1).flatten(1) for t in (input, grad_output))
    inverse = (var + eps).pow(-0.5)
    rows = (rows - mean[:, None]) * inverse[:, None]
    grad_weight, grad_bias = (rows * grads).sum(1), grads.sum(1)
    n = rows.shape[1]
    back = grads - grad_bias[:, None] / n - rows * grad_weight[:, None] / n
    back = back * (inverse if weight is None else inverse * weight)[:, None]
    swapped = input.transpose(0, 1).shape
    return back.view(swapped).transpose(0, 1), grad_weight, grad_bias


@right("batch_norm_backward", "Jacobian")
def jacobian_of_a_channel(grad_output, input, weight, mean, var, eps):
    """The whole Jacobian of every channel, multiplied by the gradient."""
    x = input.movedim(1, 0).reshape(input.shape[1], -1)
    g = grad_output.movedim(1, 0).reshape(input.shape[1], -1)
    n = x.shape[1]
    root = torch.sqrt(var + eps).view(-1, 1)
    x_hat = (x - mean.view(-1, 1)) / root
    identity = torch.eye(n, dtype=x.dtype, device=x.device)
    jacobian = (identity - 1 / n - x_hat[:, :, None] * x_hat[:, None, :] / n) / root[:, :, None]
    scale = torch.ones_like(var) if weight is None else weight
    grad_input = torch.einsum("ci,cij,c->cj", g, jacobian, scale)
    grad_input = grad_input.reshape(input.movedim(1, 0).shape).movedim(0, 1)
    return grad_input, torch.einsum("ci,ci->c", g, x_hat), g.sum(1)


@right("batch_norm_backward", "regression")
def residual_of_a_regression(grad_output, input, weight, mean, var, eps):
    """What a straight line through the points (input, gradient) leaves unexplained."""
    axes = tuple(d for d in range(input.dim()) if d != 1)
    shape = tuple(-1 if d == 1 else 1 for d in range(input.dim()))
    x = input - mean.view(shape)
    g = grad_output - grad_output.mean(axes, keepdim=True)
    slope = (g * x).mean(axes) / (var + eps)
    residual = g - slope.view(shape) * x
    scale = (var + eps) ** -0.5
    gain = scale if weight is None else weight * scale
    n = input.numel() // input.shape[1]
    grad_weight = slope * n * (var + eps) * scale
    return residual * gain.view(shape), grad_weight, grad_output.sum(axes)


@right("batch_norm_backward", "channel by channel")
def channel_by_channel(grad_output, input, weight, mean, var, eps):
    """One channel after the other."""
    grad_input, grad_weight, grad_bias = torch.empty_like(input), [], []
    for c in range(input.size(1)):
        x, g = input[:, c], grad_output[:, c]
        inverse = (var[c] + eps).rsqrt()
        x_hat = (x - mean[c]) * inverse
        part = inverse * (g - g.mean() - x_hat * (g * x_hat).mean())
        grad_input[:, c] = part if weight is None else weight[c] * part
        grad_weight.append((g * x_hat).sum())
        grad_bias.append(g.sum())
    return grad_input, torch.stack(grad_weight), torch.stack(grad_bias)


@right("batch_norm_backward", "einsum")
def sums_by_einsum(grad_output, input, weight, mean, var, eps):
    """Every sum an einsum over a batch of positions."""
    g, x = (t.reshape(t.shape[0], t.shape[1], -1) for t in (grad_output, input))
    x_hat = torch.einsum("bcl,c->bcl", x - mean[:, None], 1 / torch.sqrt(var + eps))
    total = torch.einsum("bcl->c", g)
    along = torch.einsum("bcl,bcl->c", g, x_hat)
    n = g.shape[0] * g.shape[2]
    gain = (1 if weight is None else weight) / torch.sqrt(var + eps)
    inner = g - total[:, None] / n - torch.einsum("bcl,c->bcl", x_hat, along / n)
    return torch.einsum("bcl,c->bcl", inner, gain).reshape(input.shape), along, total


@right("batch_norm_backward", "in place")
def in_place_on_a_copy(grad_output, input, weight, mean, var, eps):
    """Every operation that can work in place does, on tensors of its own."""
    axes = [d for d in range(input.dim()) if d != 1]
    shape = [1, input.shape[1]] + [1] * (input.dim() - 2)
    scale = var.add(eps).rsqrt_().reshape(shape)
    x_hat = input.sub(mean.reshape(shape)).mul_(scale)
    grad = grad_output.clone()
    grad_bias = grad.sum(axes)
    grad_weight = grad.mul(x_hat).sum(axes)
    n = input.numel() / input.shape[1]
    grad.sub_(grad_bias.reshape(shape), alpha=1 / n)
    grad.sub_(x_hat.mul_(grad_weight.reshape(shape)).div_(n)).mul_(scale)
    if weight is not None:
        grad.mul_(weight.reshape(shape))
    return grad, grad_weight, grad_bias


@right("batch_norm_backward", "projections")
def two_projections(grad_output, input, weight, mean, var, eps):
    """What points along the ones, or along the centred input, is taken out of the gradient."""
    values = torch.stack((grad_output, input)).movedim(2, 1).flatten(2)
    g, x = values[0], values[1] - mean.unsqueeze(1)
    n = g.shape[1]
    ones = torch.ones_like(g) / n**0.5
    rest = g - (g * ones).sum(1, keepdim=True) * ones
    unit = x / (n * (var + eps)).sqrt().unsqueeze(1)
    along = (g * unit).sum(1)
    rest = rest - along.unsqueeze(1) * unit
    strength = (var + eps).sqrt().reciprocal()
    strength = strength if weight is None else strength * weight
    rest = (rest * strength.unsqueeze(1)).unflatten(1, (input.shape[0], *input.shape[2:]))
    return rest.transpose(0, 1), along * n**0.5, g.sum(1)


@right("batch_norm_backward", "halves")
def input_then_statistics(grad_output, input, weight, mean, var, eps):
    """First the way straight back, then what comes round through the two statistics."""
    shape = [1, -1] + [1] * (input.dim() - 2)
    over = [axis for axis, size in enumerate(shape) if size == 1]

    def wide(channel):
        return channel.view(shape)

    deviation = (var + eps).sqrt()
    x_hat = (input - wide(mean)) / wide(deviation)
    grads = {"bias": grad_output.sum(over), "weight": (grad_output * x_hat).sum(over)}
    gain = 1 / deviation if weight is None else weight / deviation
    straight = grad_output * wide(gain)
    count = input.numel() / input.shape[1]
    around = wide(gain * grads["bias"] / count) + wide(gain * grads["weight"] / count) * x_hat
    return straight - around, grads["weight"], grads["bias"]
