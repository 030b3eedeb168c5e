"""The range test: raise the learning rate during one short run and watch the loss."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

from torch import Tensor, nn
from torch.optim import Optimizer

from course_lib.schedules.schedule import check_choice
from course_lib.schedules.untouched import untouched


def range_test_lr(
    step: int, start_lr: float, end_lr: float, steps: int, mode: str = "exponential"
) -> float:
    r"""Learning rate of one step of a range test.

    .. math::
        \texttt{exponential:}\quad \eta_t = \eta_a \left(\frac{\eta_b}{\eta_a}\right)^{q},
        \qquad \texttt{linear:}\quad \eta_t = \eta_a + (\eta_b - \eta_a)\, q,
        \qquad q = \frac{t}{n - 1}

    Args:
        step: Steps already taken, :math:`t`; from 0 to ``steps - 1``.
        start_lr: Learning rate of step 0, :math:`\eta_a`; above 0.
        end_lr: Learning rate of step ``steps - 1``, :math:`\eta_b`.
        steps: Steps of the test, :math:`n`; at least 2.
        mode: ``"exponential"``, equal factors, or ``"linear"``, equal differences.

    Returns:
        The learning rate of the step about to be taken.

    Example:
        >>> [round(range_test_lr(step, 0.001, 10.0, steps=5), 6) for step in range(5)]
        [0.001, 0.01, 0.1, 1.0, 10.0]

    Torch:
        Has no range test.

    Source:
        Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3, where the
        ramp is linear.
    """
    ### BEGIN SOLUTION
    share = step / (steps - 1)
    if mode == "linear":
        return start_lr + (end_lr - start_lr) * share
    growth: float = (end_lr / start_lr) ** share
    return start_lr * growth
    ### END SOLUTION


def smoothed_losses(losses: Sequence[float], beta: float = 0.98) -> list[float]:
    r"""Running mean of losses, corrected for its start at zero.

    .. math::
        m_t = \beta m_{t-1} + (1 - \beta) \ell_t, \qquad m_0 = 0, \qquad
        \hat m_t = \frac{m_t}{1 - \beta^t}, \qquad t = 1, 2, \dots

    Args:
        losses: Losses :math:`\ell_t` in the order of the steps.
        beta: Part of the mean kept at each step, :math:`\beta`, without unit; in [0, 1). The mean
            looks back over about :math:`1 / (1 - \beta)` steps.

    Returns:
        The corrected means :math:`\hat m_t`, as many as losses.

    Example:
        The first mean is the first loss; the second is (0.5 * 4 + 7) / 1.5:

        >>> smoothed_losses([4.0, 7.0], beta=0.5)
        [4.0, 6.0]

    Torch:
        Has no such function; ``Adam`` corrects its moments in the same way.

    Source:
        Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015, section 3, for the
        correction.
    """
    ### BEGIN SOLUTION
    mean = 0.0
    smoothed = []
    for count, loss in enumerate(losses, start=1):
        mean = beta * mean + (1 - beta) * loss
        smoothed.append(mean / (1 - beta**count))
    return smoothed
    ### END SOLUTION


def suggested_lr(rates: Sequence[float], losses: Sequence[float]) -> float:
    r"""The rate at which the smoothed loss falls fastest, step by step.

    .. math::
        \eta_k \quad \text{with} \quad
        k = \operatorname*{arg\,min}_{0 < i < n - 1} \frac{\hat m_{i+1} - \hat m_{i-1}}{2}

    The slope is taken per step, by differences to both neighbours; so neither the first nor the
    last point can be chosen. Of several equal slopes the earliest counts.

    Args:
        rates: Learning rates of the steps, :math:`n` of them; at least 3.
        losses: Losses of the same steps, smoothed (:func:`smoothed_losses`).

    Returns:
        One of ``rates``, a bold but stable learning rate to start from.

    Example:
        The slopes inside are (3 - 5) / 2, (0 - 4) / 2 and (2 - 3) / 2:

        >>> suggested_lr([0.01, 0.1, 1.0, 10.0, 100.0], [5.0, 4.0, 3.0, 0.0, 2.0])
        1.0

    Torch:
        Has no range test.

    Source:
        Gugger, How Do You Find A Good Learning Rate, 2018, for the idea.
    """
    ### BEGIN SOLUTION
    inside = range(1, len(losses) - 1)
    steepest = min(inside, key=lambda i: losses[i + 1] - losses[i - 1])
    return rates[steepest]
    ### END SOLUTION


class LRRangeTest:
    r"""One short run with a rising rate, after which everything is as it was before.

    .. math:: \eta_t = \eta_a \left(\frac{\eta_b}{\eta_a}\right)^{t / (n - 1)},
        \qquad t = 0, \dots, n - 1

    Each step takes this rate, that of :func:`range_test_lr`, in all groups, and records the loss
    before its update. The run ends early when a loss is not finite (it is not recorded), or the
    smoothed loss exceeds ``diverge_at`` times the lowest so far. Then weights, buffers, gradients,
    training modes, the optimizer's state and groups, and torch's random state are put back
    exactly, also if the run fails.

    Use it once before training, to find the scale of the rate: begin at the suggested one or some
    times less. The curve depends on its length, on the batch size and on the start of the weights,
    so it gives a bracket to search, not an optimum.

    Args:
        model: The network; runs in training mode.
        optimizer: Its optimizer, torch's or ours, one that steps without a closure.
        criterion: Gives the loss, a tensor of one element, of ``(model(inputs), targets)``.
            Divergence is judged by quotients, so losses should be positive.
        start_lr: Learning rate of the first step, :math:`\eta_a`; above 0.
        end_lr: Learning rate of the last step, :math:`\eta_b`; above ``start_lr``.
        steps: Steps of the full ramp, :math:`n`; at least 3.
        mode: ``"exponential"`` or ``"linear"``.
        beta: Part of the running mean of the loss kept at each step; in [0, 1).
        diverge_at: How many times the lowest smoothed loss ends the run; above 1.

    Raises:
        ValueError: If an argument lies outside its domain.

    Example:
        On a parabola with curvature 1 steps above a rate of 2 diverge, so the run ends early:

        >>> import torch
        >>> model = nn.Linear(1, 1, bias=False)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
        >>> def parabola(outputs, targets):
        ...     return outputs.square().sum() / 2
        >>> test = LRRangeTest(model, optimizer, parabola, 0.01, 100.0, steps=40, beta=0.5)
        >>> test.run([(torch.ones(1, 1), None)])
        >>> len(test.losses) < 40, test.rates[0] < test.suggestion < 2.0
        (True, True)
        >>> optimizer.param_groups[0]["lr"]
        0.3

    Torch:
        Has no range test.

    Source:
        Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        criterion: Callable[[Any, Any], Tensor],
        start_lr: float = 1e-6,
        end_lr: float = 10.0,
        steps: int = 100,
        mode: Literal["exponential", "linear"] = "exponential",
        beta: float = 0.98,
        diverge_at: float = 4.0,
    ) -> None:
        check_choice("mode", mode, ("exponential", "linear"))
        if not 0.0 < start_lr < end_lr:
            raise ValueError(f"needed 0 < start_lr < end_lr, got {start_lr} and {end_lr}")
        if steps < 3:
            raise ValueError(f"steps must be at least 3, got {steps}")
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"beta must be in [0, 1), got {beta}")
        if not diverge_at > 1.0:
            raise ValueError(f"diverge_at must be above 1, got {diverge_at}")
        self.model = model
        self.optimizer = optimizer
        self.criterion = criterion
        self.start_lr, self.end_lr, self.steps, self.mode = start_lr, end_lr, steps, mode
        self.beta = beta
        self.diverge_at = diverge_at
        #: Rate of each step that was recorded.
        self.rates: list[float] = []
        #: Loss before the update of each of these steps.
        self.losses: list[float] = []

    @property
    def smoothed(self) -> list[float]:
        """The losses after :func:`smoothed_losses`."""
        return smoothed_losses(self.losses, self.beta)

    @property
    def suggestion(self) -> float:
        """The rate of :func:`suggested_lr`; a ValueError unless 3 steps were recorded."""
        if len(self.losses) < 3:
            raise ValueError(f"a suggestion needs 3 recorded steps, got {len(self.losses)}")
        return suggested_lr(self.rates, self.smoothed)

    def run(self, batches: Iterable[Any]) -> None:
        """Run the test afresh and put everything back.

        Args:
            batches: Pairs ``(inputs, targets)``, such as a data loader; begun again when it ends.

        Raises:
            ValueError: If there is nothing in ``batches``, or it ends and cannot begin again.
        """
        self.rates, self.losses = [], []
        with untouched(self.model, self.optimizer):
            self.model.train()
            for step, (inputs, targets) in enumerate(itertools.islice(_again(batches), self.steps)):
                rate = range_test_lr(step, self.start_lr, self.end_lr, self.steps, self.mode)
                if not self._takes_step(rate, inputs, targets):
                    break

    def _takes_step(self, rate: float, inputs: Any, targets: Any) -> bool:
        """Take one step, unless the loss says that the run is over."""
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(inputs), targets)
        if not math.isfinite(loss.item()):
            return False
        self.rates.append(rate)
        self.losses.append(loss.item())
        smoothed = self.smoothed
        if smoothed[-1] > self.diverge_at * min(smoothed):
            return False
        loss.backward()  # type: ignore[no-untyped-call]
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        return True

    def plot(self) -> tuple[Any, Any]:
        """Draw the losses over the rate, with the suggestion.

        Returns:
            The figure and its axes, in the style of ``course_lib.figures``.

        Raises:
            ValueError: If fewer than 3 steps were recorded.
        """
        from course_lib.figures import COLORS, new  # schedules alone need no matplotlib

        suggestion, smoothed = self.suggestion, self.smoothed
        figure, axes = new()
        axes.plot(self.rates, self.losses, color=COLORS["muted"], alpha=0.5, label="loss")
        axes.plot(self.rates, smoothed, color=COLORS["sgd"], label="smoothed loss")
        label = f"suggested rate {suggestion:.2g}"
        axes.axvline(suggestion, color=COLORS["good"], linestyle="--", label=label)
        # The last losses of a diverging run would flatten all others.
        span = max(smoothed) - min(smoothed)
        axes.set_ylim(min(smoothed) - 0.1 * span, max(smoothed) + 0.1 * span)
        if self.mode == "exponential":
            axes.set_xscale("log")
        axes.set(xlabel="learning rate", ylabel="training loss")
        axes.legend()
        return figure, axes


def _again(batches: Iterable[Any]) -> Iterator[Any]:
    while True:
        found = False
        for batch in batches:
            found = True
            yield batch
        if not found:
            raise ValueError("batches must hold a batch each time it is read, got none")
