"""One long rise and fall of the learning rate over a whole run."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from torch import Tensor
from torch.optim import Optimizer

from course_lib.schedules.momentum import Momenta, set_momentum, start_momenta, uses_beta1
from course_lib.schedules.schedule import (
    Schedule,
    check_choice,
    check_count,
    check_optimizer,
    per_group,
)


def one_cycle_lr(
    epoch: int,
    max_lr: float,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> float:
    r"""Learning rate that rises once to a peak and falls far below its start.

    .. math:: \eta_\text{initial} = \frac{\eta_{\max}}{D}, \qquad
        \eta_{\min} = \frac{\eta_\text{initial}}{F}

    The run consists of phases, each from the end of the one before (the first from 0):

    ============  ===================================================  =======================
    phase         from, to                                             ends at step
    ============  ===================================================  =======================
    rise          :math:`\eta_\text{initial} \to \eta_{\max}`          :math:`pN - 1`
    (fall back)   :math:`\eta_{\max} \to \eta_\text{initial}`          :math:`2pN - 2`
    descent       from the rate before :math:`\to \eta_{\min}`         :math:`N - 1`
    ============  ===================================================  =======================

    the fall back only with ``three_phase``. Ends need not be whole numbers. With :math:`q` the
    share of a phase from :math:`a` to :math:`b` that has passed,

    .. math::
        \texttt{cos:}\quad \eta = b + \tfrac12 (a - b) (1 + \cos \pi q), \qquad
        \texttt{linear:}\quad \eta = a + (b - a)\, q.

    Args:
        epoch: Steps already taken, counted from 0; at most ``total_steps``. The last step of the
            run is ``total_steps - 1``.
        max_lr: Learning rate at the peak, :math:`\eta_{\max}`.
        total_steps: Steps of the run, :math:`N`; at least 1.
        pct_start: Share of the run that rises, :math:`p`; in [0, 1], and
            :math:`pN \ne 1`.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        div_factor: Peak over start, :math:`D`; may be infinite.
        final_div_factor: Start (not peak) over end, :math:`F`; may be infinite.
        three_phase: Whether the rise is mirrored before the final descent.

    Returns:
        The learning rate of the step about to be taken.

    Example:
        Rise until step 0.5 * 6 - 1 = 2, descent until step 5:

        >>> options = dict(pct_start=0.5, anneal_strategy="linear", div_factor=5.0)
        >>> [round(one_cycle_lr(step, 1.0, 6, **options), 3) for step in range(6)]
        [0.2, 0.6, 1.0, 0.667, 0.333, 0.0]

    Torch:
        Equals what ``OneCycleLR`` steps through.

    Source:
        Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large
        Learning Rates, 2018, for the idea; the phases are those of torch's documentation.
    """
    ### BEGIN SOLUTION
    initial = max_lr / div_factor
    ends = [pct_start * total_steps - 1, total_steps - 1]
    rates = [initial, max_lr, initial / final_div_factor]
    if three_phase:
        ends.insert(1, 2 * pct_start * total_steps - 2)
        rates.insert(2, initial)

    phase = sum(epoch > end for end in ends[:-1])
    begin = ends[phase - 1] if phase > 0 else 0.0
    share = (epoch - begin) / (ends[phase] - begin)
    start, stop = rates[phase], rates[phase + 1]
    if anneal_strategy == "cos":
        return stop + (start - stop) / 2 * (1 + math.cos(math.pi * share))
    return start + (stop - start) * share
    ### END SOLUTION


class OneCycleLR(Schedule):
    r"""Set the rate of every group on the one rise and fall of :func:`one_cycle_lr`.

    .. math::
        \frac{\eta_{\max}}{D} \;\to\; \eta_{\max} \;\to\; \frac{\eta_{\max}}{D F}, \qquad
        \mu_{\max} \;\to\; \mu_\text{base} \;\to\; \mu_{\max}

    The momentum goes against the rate and stays at its maximum in a third phase. Use it for a run
    of known, moderate length, stepped after every batch: the peak may be several times the best
    constant rate, and the long descent ends at a rate that is nearly zero.

    Args:
        optimizer: The optimizer whose groups it drives; its own rate is overwritten.
        max_lr: Learning rate at the peak; one number or one for each group.
        total_steps: Steps of the run; an integer of at least 1.
        epochs: Epochs of the run, where ``total_steps`` is not given.
        steps_per_epoch: Batches of an epoch, where ``total_steps`` is not given.
        pct_start: Share of the run that rises; a float in [0, 1]. Times the number of steps it
            must not be 1: the rise would have no length.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: Whether ``momentum`` or the first of ``betas`` moves too.
        base_momentum: Least momentum :math:`\mu_\text{base}`; one number or one for each group.
        max_momentum: Largest momentum :math:`\mu_{\max}`, that of the start; likewise.
        div_factor: Peak over start, :math:`D`.
        final_div_factor: Start over end, :math:`F`.
        three_phase: Whether the rise is mirrored before the final descent.
        last_epoch: Steps already taken when resuming; -1 starts afresh.

    Raises:
        ValueError: If an argument lies outside its domain, neither ``total_steps`` nor both
            ``epochs`` and ``steps_per_epoch`` are given, a list has another length than the
            groups, ``cycle_momentum`` meets an optimizer without momentum, or ``step`` goes past
            ``total_steps``.
        ZeroDivisionError: If the rise has no length.
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=9.0, momentum=0.9)
        >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=6, pct_start=0.5)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr(), optimizer.param_groups[0]["momentum"]
        ([1.0], 0.85)

    Torch:
        Equals ``OneCycleLR``: absolute; groups gain ``initial_lr`` (overwritten), ``max_lr``,
        ``min_lr``, ``max_momentum`` and ``base_momentum``, and are read at every step.

    Source:
        Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large
        Learning Rates, 2018, for the idea; the phases are those of torch's documentation.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: Momenta = 0.85,
        max_momentum: Momenta = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        _check_pct_start(pct_start, self.total_steps)
        check_choice("anneal_strategy", anneal_strategy, ("cos", "linear"))
        self._anneal_func_type: str = anneal_strategy
        self._schedule_phases = _phases(pct_start, self.total_steps, three_phase)
        max_lrs = per_group("max_lr", max_lr, optimizer)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            start_momenta(optimizer, base_momentum, max_momentum, last_epoch != -1)
        if last_epoch == -1:
            for group, peak in zip(optimizer.param_groups, max_lrs, strict=True):
                initial = peak / div_factor
                group |= {"initial_lr": initial, "max_lr": peak}
                group["min_lr"] = initial / final_div_factor
        super().__init__(optimizer, last_epoch)

    def rates(self) -> list[float | Tensor]:
        """The rates of the current step; sets the momenta besides.

        Returns:
            One rate for each group.

        Raises:
            ValueError: If the run is over.
        """
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"step must be called at most {self.total_steps} times, got {self.last_epoch}"
            )
        for group in self.optimizer.param_groups if self.cycle_momentum else ():
            # Between zero and one the same curve says how far the momentum has gone.
            height = self._curve(1.0, math.inf, math.inf)
            fall = (group["max_momentum"] - group["base_momentum"]) * height
            set_momentum(group, group["max_momentum"] - fall, self.use_beta1)
        return [self._group_lr(group) for group in self.optimizer.param_groups]

    def _group_lr(self, group: dict[str, Any]) -> float:
        initial, peak, least = (float(group[f"{name}_lr"]) for name in ("initial", "max", "min"))
        return self._curve(peak, _quotient(peak, initial), _quotient(initial, least))

    def _curve(self, peak: float, div_factor: float, final_div_factor: float) -> float:
        phases = self._schedule_phases
        return one_cycle_lr(
            self.last_epoch,
            peak,
            self.total_steps,
            (phases[0]["end_step"] + 1) / self.total_steps,
            self._anneal_func_type,
            div_factor,
            final_div_factor,
            three_phase=len(phases) == 3,
        )


def _quotient(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else math.inf


def _total_steps(total: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total is not None:
        check_count("total_steps", total)
        return total
    if epochs is None or steps_per_epoch is None:
        raise ValueError("needed total_steps, or both epochs and steps_per_epoch")
    check_count("epochs", epochs)
    check_count("steps_per_epoch", steps_per_epoch)
    return epochs * steps_per_epoch


def _check_pct_start(pct_start: float, total_steps: int) -> None:
    if not isinstance(pct_start, float) or not 0.0 <= pct_start <= 1.0:
        raise ValueError(f"pct_start must be a float in [0, 1], got {pct_start!r}")
    if pct_start * total_steps == 1:
        raise ZeroDivisionError(f"pct_start * total_steps must not be 1, got {pct_start}")


def _phases(pct_start: float, total_steps: int, three_phase: bool) -> list[dict[str, Any]]:
    """The phases under the names by which torch keeps them, so that state dicts are the same."""
    rises = _phase(pct_start * total_steps - 1, ("initial_lr", "max_lr"), ("max", "base"))
    if not three_phase:
        return [rises, _phase(total_steps - 1, ("max_lr", "min_lr"), ("base", "max"))]
    falls = _phase(2 * pct_start * total_steps - 2, ("max_lr", "initial_lr"), ("base", "max"))
    return [rises, falls, _phase(total_steps - 1, ("initial_lr", "min_lr"), ("max", "max"))]


def _phase(end_step: float, rates: tuple[str, str], momenta: tuple[str, str]) -> dict[str, Any]:
    return {
        "end_step": end_step,
        "start_lr": rates[0],
        "end_lr": rates[1],
        "start_momentum": f"{momenta[0]}_momentum",
        "end_momentum": f"{momenta[1]}_momentum",
    }
