"""Adam: steps of a size set by the history of each element's gradient."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from course_lib.optim.optimizer import Optimizer, check_kind_of_betas


class Adam(Optimizer):
    r"""Adaptive moment estimation: a smoothed gradient over the root of its smoothed square.

    .. math::
        g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\
        m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t, \qquad m_0 = 0 \\
        v_t &= \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, \qquad v_0 = 0 \\
        \hat m_t &= \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t} \\
        \theta_t &= \theta_{t-1} - \eta \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}

    All operations are element by element; :math:`t` counts the steps of each parameter from 1.
    The moments start at zero, so they are too small at first by exactly the factors they are
    divided by. The first step therefore moves every element by
    :math:`\eta g / (|g| + \epsilon)`: almost the rate itself, whatever the gradient's size, as
    long as that is large beside :math:`\epsilon`.

    :math:`\epsilon` is added last: outside of the root and after the correction of :math:`v`.
    Other places give other algorithms, which differ as soon as :math:`\epsilon` is not small
    beside :math:`\sqrt{\hat v_t}`.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        lr: Learning rate :math:`\eta`, in units of the parameter: about the largest move of an
            element in one step; at least 0. May be a tensor of one element.
        betas: :math:`(\beta_1, \beta_2)`, the parts of the two averages kept at each step,
            without unit; each in [0, 1), both floats or both tensors of one element. An average
            looks back over about :math:`1 / (1 - \beta)` steps.
        eps: :math:`\epsilon`, in units of the gradient: below it, a gradient counts as small; at
            least 0.
        weight_decay: :math:`\lambda`, gradient per parameter; at least 0. Added to the gradient,
            so that it passes through both averages: L2 regularization, not AdamW's decay.
        amsgrad: Put the largest :math:`v` so far in the place of :math:`v_t` in
            :math:`\hat v_t`, so that one large gradient keeps an element's steps small for good.
        maximize: Climb instead of descending: :math:`\nabla L` changes its sign, the decay does
            not.
        decoupled_weight_decay: Shrink the parameter by :math:`1 - \eta \lambda` before the step
            instead, which makes this :class:`AdamW`.

    Raises:
        ValueError: If ``lr``, ``eps`` or ``weight_decay`` is negative, a beta lies outside
            [0, 1), or the betas are not two floats or two tensors (``betas=(0, 0.999)`` mixes).

    Example:
        The first step shows where epsilon stands. The corrected moments of a first gradient of 4
        are 4 and 16, so the weight moves by 0.1 * 4 / (4 + 1) = 0.08:

        >>> import torch
        >>> from course_lib.optim import Adam
        >>> weight = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = Adam([weight], lr=0.1, eps=1.0)
        >>> weight.grad = torch.tensor([4.0])
        >>> optimizer.step()
        >>> round(weight.item(), 6)
        0.92

    Torch:
        Equals ``torch.optim.Adam``, state dict included, but for the options ``foreach``,
        ``capturable``, ``differentiable`` and ``fused``, ways to compute the same numbers, which
        are left out. State per parameter: ``step``, ``exp_avg`` (:math:`m`), ``exp_avg_sq``
        (:math:`v`), and with ``amsgrad`` ``max_exp_avg_sq``, all but ``step`` of its shape.

    Source:
        Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015, Algorithm 1. Reddi, Kale
        and Kumar, On the Convergence of Adam and Beyond, 2018, Algorithm 2, for ``amsgrad``,
        there without bias correction.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_kind_of_betas(betas)
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                amsgrad=amsgrad,
                maximize=maximize,
                decoupled_weight_decay=decoupled_weight_decay,
            ),
        )

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Divide the corrected first moment by the root of the corrected second one."""
        ### BEGIN SOLUTION
        lr, (beta1, beta2) = group["lr"], group["betas"]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"] = torch.zeros_like(param)
            state["exp_avg_sq"] = torch.zeros_like(param)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = torch.zeros_like(param)
        state["step"] += 1
        if group["decoupled_weight_decay"]:
            param.mul_(1 - lr * group["weight_decay"])
        elif group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])

        m = state["exp_avg"].lerp_(grad, 1 - beta1)
        v = state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        if group["amsgrad"]:
            v = torch.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])

        # As Python floats: float32 would leave 1 - beta2**t five digits in the first step.
        t = state["step"].item()
        m_correction, v_correction = 1 - beta1**t, 1 - beta2**t
        denominator = v.div(v_correction).sqrt_().add_(group["eps"])
        param.addcdiv_(m, denominator, value=-lr / m_correction)
        ### END SOLUTION
