"""Right ways to write ``batch_norm`` and ``BatchNorm1d.forward`` by another technique."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right
from course_lib.nn import batch_norm


@right("batch_norm", "channel by channel")
def channel_by_channel(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """One channel after the other, each a list of values."""
    outputs = []
    for c in range(input.shape[1]):
        x = input[:, c]
        mean = x.mean() if training else running_mean[c]
        var = ((x - mean) ** 2).mean() if training else running_var[c]
        if training and running_mean is not None:
            n = x.numel()
            with torch.no_grad():
                running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean
                running_var[c] = (1 - momentum) * running_var[c] + momentum * var * n / (n - 1)
        y = (x - mean) / (var + eps).sqrt()
        y = y if weight is None else y * weight[c]
        outputs.append(y if bias is None else y + bias[c])
    return torch.stack(outputs, dim=1)


@right("batch_norm", "own autograd function")
def gradient_by_hand(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """The gradient written out, and autograd told to use it."""
    axes = [axis for axis in range(input.dim()) if axis != 1]
    shape = [1, -1] + [1] * (input.dim() - 2)

    class Normalize(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            mean, var = running_mean, running_var
            if training:
                mean = x.mean(axes)
                var = (x - mean.view(shape)).square().mean(axes)
                if running_mean is not None:
                    n = x.numel() / x.shape[1]
                    running_mean.lerp_(mean, momentum)
                    running_var.lerp_(var * n / (n - 1), momentum)
            scale = (var + eps).rsqrt().view(shape)
            x_hat = (x - mean.view(shape)) * scale
            ctx.save_for_backward(x_hat, scale)
            return x_hat

        @staticmethod
        def backward(ctx, grad):
            x_hat, scale = ctx.saved_tensors
            if training:
                along = (grad * x_hat).mean(axes, keepdim=True)
                grad = grad - grad.mean(axes, keepdim=True) - along * x_hat
            return grad * scale

    output = Normalize.apply(input)
    if weight is not None:
        output = output * weight.view(shape)
    return output if bias is None else output + bias.view(shape)


@right("batch_norm_layer", "cases apart")
def cases_apart(self, input):
    """Training, evaluation with and evaluation without running statistics, one after the other."""
    mean, var, scale, shift = self.running_mean, self.running_var, self.weight, self.bias
    if not self.training:
        if self.track_running_stats:
            return batch_norm(input, mean, var, scale, shift, False, 0.0, self.eps)
        return batch_norm(input, None, None, scale, shift, True, 0.0, self.eps)
    if not self.track_running_stats:
        return batch_norm(input, None, None, scale, shift, True, 0.0, self.eps)
    self.num_batches_tracked += 1
    share = self.momentum
    if share is None:
        share = 1.0 / float(self.num_batches_tracked)
    return batch_norm(input, mean, var, scale, shift, True, share, self.eps)


@right("batch_norm_layer", "options collected")
def options_collected(self, input):
    """The keywords of the call gathered first."""
    options = dict(weight=self.weight, bias=self.bias, eps=self.eps, training=True)
    tracked = (self.running_mean, self.running_var)
    if None in tracked:
        return batch_norm(input, None, None, **options)
    if self.training:
        self.num_batches_tracked = self.num_batches_tracked + 1
        by_count = 1 / int(self.num_batches_tracked)
        options["momentum"] = by_count if self.momentum is None else self.momentum
    else:
        options.update(training=False)
    return batch_norm(input, *tracked, **options)


@right("batch_norm_layer", "inner function")
def factor_in_a_function(self, input):
    """A function for the factor, and one for the mode."""

    def factor():
        if not tracking:
            return 0.0
        self.num_batches_tracked.copy_(self.num_batches_tracked + 1)
        if self.momentum is not None:
            return self.momentum
        return self.num_batches_tracked.double().reciprocal().item()

    tracking = self.training and self.track_running_stats
    return batch_norm(
        input,
        running_mean=self.running_mean,
        running_var=self.running_var,
        weight=self.weight,
        bias=self.bias,
        momentum=factor(),
        training=self.training or not self.track_running_stats,
        eps=self.eps,
    )


@right("batch_norm_layer", "own mathematics")
def all_in_forward(self, input):
    """The whole mathematics in forward, without the function."""
    axes = [0] if input.dim() == 2 else [0, 2]
    column = (1, -1, 1)[: input.dim()]
    mean, var = self.running_mean, self.running_var
    if self.training or mean is None:
        var, mean = torch.var_mean(input, axes, correction=0)
    if self.training and self.track_running_stats:
        self.num_batches_tracked += 1
        share = self.momentum
        if share is None:
            share = 1 / self.num_batches_tracked.item()
        n = input.numel() / input.shape[1]
        self.running_mean.lerp_(mean.detach(), share)
        self.running_var.lerp_(var.detach() * n / (n - 1), share)
    output = (input - mean.view(column)) / (var + self.eps).sqrt().view(column)
    if self.affine:
        output = output * self.weight.view(column) + self.bias.view(column)
    return output


@right("batch_norm_layer", "borrowed statistics")
def borrowed_statistics(self, input):
    """The function fills statistics of its own; the layer averages them by itself."""
    if not self.training and self.track_running_stats:
        kept = self.running_mean, self.running_var
        return batch_norm(input, *kept, self.weight, self.bias, eps=self.eps)
    mean, var = (torch.zeros_like(input[0].reshape(input.shape[1], -1)[:, 0]) for _ in range(2))
    output = batch_norm(input, mean, var, self.weight, self.bias, True, 1.0, self.eps)
    if self.training and self.track_running_stats:
        self.num_batches_tracked += 1
        for kept, new in ((self.running_mean, mean), (self.running_var, var)):
            if self.momentum is None:
                kept += (new - kept) / self.num_batches_tracked.item()
            else:
                kept.mul_(1 - self.momentum).add_(self.momentum * new)
    return output


@right("batch_norm_layer", "evaluation as a line")
def evaluation_as_a_line(self, input):
    """In evaluation one factor and one summand for each channel; the function only in training."""
    counted = self.track_running_stats
    if counted and not self.training:
        factor = (self.running_var + self.eps) ** -0.5
        factor = factor if self.weight is None else factor * self.weight
        summand = -self.running_mean * factor
        summand = summand if self.bias is None else summand + self.bias
        if input.dim() == 3:
            factor, summand = factor[:, None], summand[:, None]
        return factor * input + summand
    share = 0.1 if self.momentum is None else self.momentum
    if counted:
        self.num_batches_tracked.add_(1)
        share = share if self.momentum is not None else 1 / self.num_batches_tracked.item()
    return batch_norm(
        input, self.running_mean, self.running_var, self.weight, self.bias, True, share, self.eps
    )


@right("batch_norm_layer", "table of modes")
def table_of_modes(self, input):
    """What to hand over, looked up by mode and by whether anything is tracked."""
    both = self.running_mean, self.running_var
    modes = {
        (True, True): (*both, True),
        (True, False): (None, None, True),
        (False, True): (*both, False),
        (False, False): (None, None, True),
    }
    mean, var, of_batch = modes[bool(self.training), bool(self.track_running_stats)]
    alpha = self.momentum
    if mean is not None and of_batch:
        self.num_batches_tracked += 1
        alpha = 1 / self.num_batches_tracked.item() if alpha is None else alpha
    return batch_norm(input, mean, var, self.weight, self.bias, of_batch, alpha or 0, self.eps)


@right("batch_norm_layer", "plain average corrected")
def average_of_all_restored(self, input):
    """With momentum=None the sum of all batches is restored from their average."""
    if self.training and self.num_batches_tracked is not None:
        seen = self.num_batches_tracked.item()
        self.num_batches_tracked.fill_(seen + 1)
        if self.momentum is None:
            sums = [kept * seen for kept in (self.running_mean, self.running_var)]
            output = batch_norm(
                input,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                True,
                1,
                self.eps,
            )
            for kept, total in zip((self.running_mean, self.running_var), sums, strict=True):
                kept.add_(total).div_(seen + 1)
            return output
    return batch_norm(
        input,
        self.running_mean,
        self.running_var,
        self.weight,
        self.bias,
        self.training or self.running_mean is None,
        self.momentum if self.momentum is not None else 0.5,
        self.eps,
    )
