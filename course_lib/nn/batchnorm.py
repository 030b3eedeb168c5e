"""Batch normalization: forward, backward by hand, and the layers that keep its books."""

from typing import Any

import torch
from torch import Tensor, nn


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    r"""Give each channel mean 0 and variance 1, then a scale and a shift that are learned.

    .. math::
        \mu &= \frac1n \sum_i x_i, \qquad \sigma^2 = \frac1n \sum_i (x_i - \mu)^2 \\
        \hat x_i &= \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad
        y_i = \gamma \hat x_i + \beta

    A channel is one index of axis 1; :math:`i` runs over the :math:`n` values of the channel, that
    is over all other axes. In training the batch gives mean and variance, and both are tracked:

    .. math::
        \mu_{\text{run}} \leftarrow (1 - \alpha) \mu_{\text{run}} + \alpha \mu, \qquad
        \sigma^2_{\text{run}} \leftarrow (1 - \alpha) \sigma^2_{\text{run}}
        + \alpha \frac{n}{n - 1} \sigma^2

    The tracked variance is unbiased, the one divided by is not. In evaluation the running
    statistics take the place of :math:`\mu` and :math:`\sigma^2`, as constants.

    Args:
        input: :math:`x`, shape ``(batch, channels, ...)``, floating point.
        running_mean: :math:`\mu_{\text{run}}`, shape ``(channels,)``, in units of the input;
            changed in place in training. None: nothing is tracked.
        running_var: :math:`\sigma^2_{\text{run}}`, shape ``(channels,)``, likewise; None if
            ``running_mean`` is.
        weight: :math:`\gamma`, shape ``(channels,)``; None stands for ones.
        bias: :math:`\beta`, shape ``(channels,)``; None stands for zeros.
        training: Whether the batch's own statistics are used.
        momentum: :math:`\alpha`, the weight of the **new** value, in [0, 1].
        eps: :math:`\epsilon`, in units of the input squared; above 0 in training, at least 0 in
            evaluation.

    Returns:
        :math:`y`, of the shape and dtype of ``input``.

    Raises:
        ValueError: If a channel has one value in training, ``eps`` lies outside its domain, or
            one of the running statistics is missing in training.
        RuntimeError: If running statistics are missing in evaluation or require a gradient, or a
            tensor has another length than ``channels`` or another dtype than ``input``.
        IndexError: If ``input`` has no axis 1.
        NotImplementedError: If ``input`` holds no floating-point numbers.

    Example:
        Mean 2 and biased variance 1, of which a tenth goes into the running statistics; the
        unbiased variance is 2:

        >>> mean, var = torch.zeros(1), torch.ones(1)
        >>> y = batch_norm(torch.tensor([[1.0], [3.0]]), mean, var, training=True)
        >>> y.round(decimals=4).tolist(), mean.item(), var.item()  # doctest: +ELLIPSIS
        ([[-1.0], [1.0]], 0.2000..., 1.1000...)

    Torch:
        Equals ``torch.nn.functional.batch_norm``. In float16 and bfloat16 both compute in
        float32, and parameters and statistics may be in float32. On data far from 0 this function
        is the more exact one, since it subtracts the mean before it divides. ``weight`` and
        ``bias`` must have one axis; torch looks at the number of their elements only.

    Source:
        Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing
        Internal Covariate Shift, 2015, Algorithm 1; Algorithm 2 and section 3.1 for evaluation.
    """
    check_batch_norm(input, running_mean, running_var, weight, bias, training, eps)
    if training and input.numel() == 0:
        running_mean = running_var = None  # an empty batch says nothing about the data
    ### BEGIN SOLUTION
    axes = [axis for axis in range(input.dim()) if axis != 1]
    per_channel = [1, -1] + [1] * (input.dim() - 2)  # (1, channels, 1, ...)
    # Sums over a batch do not fit into half precision.
    x = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
    if training:
        mean = x.mean(axes)  # (channels,)
        # In two passes: the mean of squares less the square of the mean leaves no digit far from 0.
        var = (x - mean.view(per_channel)).square().mean(axes)
    else:
        assert running_mean is not None and running_var is not None
        mean, var = running_mean.to(x.dtype), running_var.to(x.dtype)
    if training and running_mean is not None and running_var is not None:
        n = x.numel() / x.shape[1]
        with torch.no_grad():
            for running, new in ((running_mean, mean), (running_var, var * n / (n - 1))):
                running.mul_(1 - momentum).add_(momentum * new)
    y = (x - mean.view(per_channel)) / torch.sqrt(var + eps).view(per_channel)
    if weight is not None:
        y = y * weight.view(per_channel)
    if bias is not None:
        y = y + bias.view(per_channel)
    return y.to(input.dtype)
    ### END SOLUTION


def batch_norm_backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor | None,
    mean: Tensor,
    var: Tensor,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    r"""The gradients of batch normalization in training, derived by hand.

    .. math::
        \frac{\partial L}{\partial \gamma} &= \sum_i g_i \hat x_i, \qquad
        \frac{\partial L}{\partial \beta} = \sum_i g_i, \qquad
        g_i = \frac{\partial L}{\partial y_i} \\
        \frac{\partial L}{\partial x_i} &= \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left(
        g_i - \frac1n \sum_j g_j - \hat x_i \frac1n \sum_j g_j \hat x_j \right)

    The two sums over :math:`j` are there because every value of the channel moves its mean and
    its variance. Without them the values of a channel could all grow together, which
    normalization undoes.

    Args:
        grad_output: :math:`g`, shape ``(batch, channels, ...)``.
        input: :math:`x`, same shape.
        weight: :math:`\gamma`, shape ``(channels,)``; None stands for ones.
        mean: :math:`\mu` of the batch, shape ``(channels,)``.
        var: :math:`\sigma^2` of the batch, biased, shape ``(channels,)``.
        eps: :math:`\epsilon` of the forward pass.

    Returns:
        The gradients of input, weight and bias; the first of the shape and dtype of ``input``,
        the others of shape ``(channels,)``, in float32 where ``input`` is in half precision.

    Example:
        Adding the same amount to every value changes nothing, so each channel's gradients add up
        to 0:

        >>> x, grad = torch.tensor([[1.0], [3.0], [5.0]]), torch.tensor([[1.0], [0.0], [0.0]])
        >>> mean, var = x.mean(0), x.var(0, correction=0)
        >>> grad_x, grad_weight, grad_bias = batch_norm_backward(grad, x, None, mean, var, 0.0)
        >>> [round(value, 4) for value in grad_x.flatten().tolist()], grad_bias.item()
        ([0.1021, -0.2041, 0.1021], 1.0)

    Torch:
        Equals ``torch.ops.aten.native_batch_norm_backward`` with ``train=True``, which takes
        :math:`1 / \sqrt{\sigma^2 + \epsilon}` in the place of ``var``.

    Source:
        Ioffe and Szegedy, Batch Normalization, 2015, section 3, the chain rule written out; here
        with its terms collected.
    """
    ### BEGIN SOLUTION
    axes = [axis for axis in range(input.dim()) if axis != 1]
    per_channel = [1, -1] + [1] * (input.dim() - 2)  # (1, channels, 1, ...)
    half = input.dtype in (torch.float16, torch.bfloat16)
    x, grad = (input.float(), grad_output.float()) if half else (input, grad_output)
    scale = 1 / torch.sqrt(var.to(x.dtype) + eps).view(per_channel)
    x_hat = (x - mean.to(x.dtype).view(per_channel)) * scale
    through_mean = grad.mean(axes, keepdim=True)
    through_var = x_hat * (grad * x_hat).mean(axes, keepdim=True)
    grad_input = scale * (grad - through_mean - through_var)
    if weight is not None:
        grad_input = grad_input * weight.view(per_channel)
    return grad_input.to(input.dtype), (grad * x_hat).sum(axes), grad.sum(axes)
    ### END SOLUTION


class BatchNorm(nn.Module):
    r"""What the batch-norm layers share: parameters, running statistics, checks, state dict.

    A subclass says in ``dimensions`` which inputs it takes, and writes ``forward``.

    Args:
        num_features: Number of channels.
        eps: :math:`\epsilon`, added to the variance; above 0.
        momentum: :math:`\alpha`, the weight of the newest batch in the running statistics, in
            [0, 1]; None: all batches count the same (the weight is 1 over their number).
        affine: Whether there are a weight and a bias.
        track_running_stats: Whether there are running statistics. Without them evaluation uses
            the batch's own.
        device: Where parameters and statistics live.
        dtype: Their dtype.
        bias: Whether there is a bias, if ``affine``.

    Example:
        >>> list(BatchNorm1d(1).state_dict())
        ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']

    Torch:
        Holds what torch's batch-norm layers hold, under the same names, in the same order; state
        dicts go both ways, those from before ``num_batches_tracked`` included.
    """

    dimensions: tuple[int, ...] = (2, 3)
    """The numbers of axes an input may have."""

    # Written into state dicts; below 2 they have no num_batches_tracked.
    _version = 2

    weight: nn.Parameter | None
    bias: nn.Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats

        def entry() -> Tensor:
            return torch.empty(num_features, device=device, dtype=dtype)

        self.register_parameter("weight", nn.Parameter(entry()) if affine else None)
        self.register_parameter("bias", nn.Parameter(entry()) if affine and bias else None)
        self.register_buffer("running_mean", entry() if track_running_stats else None)
        self.register_buffer("running_var", entry() if track_running_stats else None)
        counter = torch.tensor(0, device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", counter)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight and bias to 1 and 0, and reset the running statistics."""
        self.reset_running_stats()
        if self.weight is not None:
            nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def reset_running_stats(self) -> None:
        """Set mean, variance and number of batches to 0, 1 and 0, if they are kept."""
        for buffer, start in (
            (self.running_mean, 0),
            (self.running_var, 1),
            (self.num_batches_tracked, 0),
        ):
            if buffer is not None:
                buffer.fill_(start)

    def check_input(self, input: Tensor) -> None:
        """Refuse an input with another number of axes than the layer takes.

        Raises:
            ValueError: If ``input.dim()`` is none of ``dimensions``.
        """
        if input.dim() not in self.dimensions:
            needed = " or ".join(map(str, self.dimensions))
            raise ValueError(
                f"{type(self).__name__} needs an input of {needed} dimensions, got {input.dim()}"
            )

    def extra_repr(self) -> str:
        """What stands between the brackets when the layer is printed."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *rest: Any
    ) -> None:
        if (local_metadata.get("version") or 1) < 2 and self.num_batches_tracked is not None:
            state_dict.setdefault(f"{prefix}num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


class BatchNorm1d(BatchNorm):
    r"""Batch normalization of vectors or sequences: one mean and variance per channel.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    In training :math:`\mu` and :math:`\sigma^2` are those of the batch, over ``batch`` and, if
    there is one, ``length``; in evaluation the running statistics, if the layer keeps them.

    Args:
        num_features: Number of channels.
        eps: :math:`\epsilon`, in units of the input squared; above 0.
        momentum: The weight of the newest batch in the running statistics, in [0, 1]; None: all
            batches count the same. With 0 the statistics stand still, and batches are counted.
        affine: Whether there are a weight :math:`\gamma` and a bias :math:`\beta`, one number per
            channel, which start at 1 and 0.
        track_running_stats: Whether running statistics are kept. Without them evaluation uses the
            batch's own.
        device: Where parameters and statistics live.
        dtype: Their dtype.
        bias: Whether there is a bias, if ``affine``.

    Raises:
        ValueError: On a call: if the input, ``(batch, channels)`` or
            ``(batch, channels, length)``, has another number of axes, or the statistics would
            come from one value; a batch so small has been counted all the same.
        RuntimeError: On a call: if the number of channels or the dtype does not fit.

    Example:
        A first batch with mean 2 and unbiased variance 2, seen by a layer that averages over
        all batches:

        >>> layer = BatchNorm1d(1, momentum=None)
        >>> y = layer(torch.tensor([[1.0], [3.0]]))
        >>> layer.running_mean.item(), layer.running_var.item()
        (2.0, 2.0)
        >>> layer.eval()(torch.tensor([[2.0]])).item()
        0.0

    Torch:
        Equals ``torch.nn.BatchNorm1d``, state dict included. State: ``weight``, ``bias``,
        ``running_mean``, ``running_var``, shape ``(channels,)``; ``num_batches_tracked``, an
        integer. Only without weight and without statistics is the number of channels not looked at.

    Source:
        Ioffe and Szegedy, Batch Normalization, 2015, Algorithms 1 and 2.
    """

    def forward(self: BatchNorm, input: Tensor) -> Tensor:
        """Normalize ``input`` and, in training mode, track its statistics."""
        self.check_input(input)
        ### BEGIN SOLUTION
        momentum = self.momentum
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        of_batch = self.training or self.running_mean is None
        kept = self.track_running_stats or not self.training
        return batch_norm(
            input,
            self.running_mean if kept else None,
            self.running_var if kept else None,
            self.weight,
            self.bias,
            training=of_batch,
            momentum=momentum or 0.0,
            eps=self.eps,
        )
        ### END SOLUTION


class BatchNorm2d(BatchNorm):
    r"""Batch normalization of images: one mean and variance per channel, over all pixels.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    The statistics of a channel are taken over ``batch``, ``height`` and ``width`` together, so
    that every pixel of a channel is treated alike. All else is as in :class:`BatchNorm1d`.

    Args:
        num_features: Number of channels.
        eps: :math:`\epsilon`, in units of the input squared; above 0.
        momentum: The weight of the newest batch in the running statistics, in [0, 1]; None: all
            batches count the same.
        affine: Whether there are a weight and a bias, one number per channel.
        track_running_stats: Whether running statistics are kept.
        device: Where parameters and statistics live.
        dtype: Their dtype.
        bias: Whether there is a bias, if ``affine``.

    Raises:
        ValueError: On a call: if the input, ``(batch, channels, height, width)``, has another
            number of axes, or the statistics would come from one value.
        RuntimeError: On a call: if the number of channels or the dtype does not fit.

    Example:
        One image is enough, since its pixels are many:

        >>> layer = BatchNorm2d(3)
        >>> layer(torch.rand(1, 3, 8, 8)).shape
        torch.Size([1, 3, 8, 8])

    Torch:
        Equals ``torch.nn.BatchNorm2d``, state dict included.

    Source:
        Ioffe and Szegedy, Batch Normalization, 2015, section 3.2, on convolutional layers.
    """

    dimensions = (4,)

    def forward(self, input: Tensor) -> Tensor:
        """Normalize ``input`` and, in training mode, track its statistics."""
        return BatchNorm1d.forward(self, input)


def check_batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    eps: float,
) -> None:
    """Refuse what ``batch_norm`` cannot work on, in the order in which torch looks.

    Args:
        input: Shape ``(batch, channels, ...)``, floating point; 2 values or more per channel in
            training.
        running_mean: Shape ``(channels,)``, or None.
        running_var: Shape ``(channels,)``; None if ``running_mean`` is.
        weight: Shape ``(channels,)``, or None.
        bias: Shape ``(channels,)``, or None.
        training: Whether the batch's own statistics are used.
        eps: Above 0 in training, at least 0 in evaluation.

    Raises:
        ValueError: If a channel has one value in training, ``eps`` lies outside its domain, or
            one of the running statistics is missing in training.
        RuntimeError: If running statistics are missing in evaluation or require a gradient, or a
            tensor has another length than ``channels`` or another dtype than ``input``.
        IndexError: If ``input`` has no axis 1.
        NotImplementedError: If ``input`` holds no floating-point numbers.
    """
    if input.dim() < 2:
        raise IndexError(f"needed an input (batch, channels, ...), got shape {tuple(input.shape)}")
    if training and 0 < input.numel() == input.shape[1]:
        raise ValueError(f"needed 2 values or more per channel, got shape {tuple(input.shape)}")
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"eps must be {'above' if training else 'at least'} 0, got {eps}")
    if not training and (running_mean is None or running_var is None):
        raise RuntimeError("evaluation needs running_mean and running_var, got None")
    if (running_mean is None) != (running_var is None):
        raise ValueError("needed both running_mean and running_var or neither, got one of them")
    if not input.is_floating_point():
        raise NotImplementedError(f"needed floating-point numbers, got {input.dtype}")
    named = {
        "running_mean": running_mean,
        "running_var": running_var,
        "weight": weight,
        "bias": bias,
    }
    given = {name: tensor for name, tensor in named.items() if tensor is not None}
    for name, tensor in given.items():
        if tensor.shape != input.shape[1:2]:
            channels, got = input.shape[1], tuple(tensor.shape)
            raise RuntimeError(f"{name} must have one element per channel ({channels}), got {got}")
        if name.startswith("running") and tensor.requires_grad and torch.is_grad_enabled():
            raise RuntimeError(f"{name} must not require a gradient")
    dtypes = {tensor.dtype for tensor in given.values()}
    half = input.dtype in (torch.float16, torch.bfloat16)
    if not (dtypes <= {input.dtype} or (half and dtypes == {torch.float32})):
        found = ", ".join(f"{name} {tensor.dtype}" for name, tensor in given.items())
        raise RuntimeError(f"needed all in {input.dtype}, the input's dtype, got {found}")
