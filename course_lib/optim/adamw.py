"""AdamW: Adam whose weight decay stays out of the moments."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from course_lib.optim.optimizer import Optimizer, check_kind_of_betas


class AdamW(Optimizer):
    r"""Adam with decoupled weight decay: first shrink the parameter, then take Adam's step.

    .. math::
        \theta'_t &= (1 - \eta \lambda) \theta_{t-1} \\
        m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t, \qquad m_0 = 0 \\
        v_t &= \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, \qquad v_0 = 0 \\
        \theta_t &= \theta'_t - \eta \frac{m_t / (1 - \beta_1^t)}
            {\sqrt{v_t / (1 - \beta_2^t)} + \epsilon}

    All operations are element by element; :math:`g_t = \nabla L(\theta_{t-1})` is taken before
    the shrinking, and :math:`t` counts the steps of each parameter from 1. The decay is scaled by
    the rate alone, so every element shrinks by the same factor. In :class:`Adam` the decay is
    divided by the root of :math:`\hat v` as well: elements with large gradients shrink less.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        lr: Learning rate :math:`\eta`, in units of the parameter: about the largest move of an
            element in one step; at least 0. May be a tensor of one element.
        betas: :math:`(\beta_1, \beta_2)`, the parts of the two averages kept at each step,
            without unit; each in [0, 1), both floats or both tensors of one element.
        eps: :math:`\epsilon`, in units of the gradient; at least 0. Outside of the root and after
            the correction of :math:`v`.
        weight_decay: :math:`\lambda`, per unit of ``lr``: one step takes the part
            :math:`\eta \lambda` of every element away; at least 0.
        amsgrad: Put the largest :math:`v` so far in the place of :math:`v_t` in the last line.
        maximize: Climb instead of descending: :math:`g_t` changes its sign, the decay does not.

    Raises:
        ValueError: If ``lr``, ``eps`` or ``weight_decay`` is negative, a beta lies outside
            [0, 1), or the betas are not two floats or two tensors.

    Example:
        With ``lr=0.5`` and ``weight_decay=1`` the weight shrinks from 2 to 1, and the first step
        of Adam takes the rate away, 0.5:

        >>> import torch
        >>> from course_lib.optim import AdamW
        >>> weight = torch.tensor([2.0], requires_grad=True)
        >>> optimizer = AdamW([weight], lr=0.5, weight_decay=1.0)
        >>> weight.grad = torch.tensor([3.0])
        >>> optimizer.step()
        >>> round(weight.item(), 6)
        0.5

    Torch:
        Equals ``torch.optim.AdamW``, state dict included, but for the options ``foreach``,
        ``capturable``, ``differentiable`` and ``fused``, ways to compute the same numbers, which
        are left out. State per parameter as in :class:`Adam`.

    Source:
        Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, Algorithm 2, there
        with a decay that a schedule scales but not the rate itself.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
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
                # Nothing reads it: torch's AdamW lists it in its groups, and so in a state dict.
                decoupled_weight_decay=True,
            ),
        )

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Shrink the parameter, then divide the corrected moments as Adam does."""
        ### BEGIN SOLUTION
        lr, (beta1, beta2) = group["lr"], group["betas"]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"] = torch.zeros_like(param)
            state["exp_avg_sq"] = torch.zeros_like(param)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = torch.zeros_like(param)
        state["step"] += 1
        if group["weight_decay"] != 0:
            param.mul_(1 - lr * group["weight_decay"])

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
