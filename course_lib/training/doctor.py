"""The seven steps of hyper-parameter tuning as an examination that stops at the first fault."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from course_lib.training.checkups import CHECKUPS
from course_lib.training.evaluation import Data, Loss
from course_lib.training.patient import Finding, Patient

STEPS = tuple(check.__name__ for check in CHECKUPS)


@dataclass(frozen=True)
class Report:
    """What the doctor has found.

    Args:
        findings: One for each step that was taken, in order, by the name of the step.
        config: The best learning rate and weight decay found so far; empty before step 3 is passed.
    """

    findings: dict[str, Finding]
    config: dict[str, float]

    @property
    def failed(self) -> str | None:
        """Name of the first step that failed, or None."""
        return next((name for name, found in self.findings.items() if not found.passed), None)

    def __str__(self) -> str:
        lines = []
        for number, name in enumerate(STEPS, 1):
            found = self.findings.get(name)
            title = f"{number} {name.replace('_', ' ')}"
            if found is None:
                lines.append(f"{title}: not looked at")
                continue
            lines.append(f"{title}: {'passed' if found.passed else 'FAILED'}, {found.finding}")
            lines += [f"  try: {found.advice}"] if found.advice else []
        return "\n".join(line.replace("\n", "\n  ") for line in lines)


def l2_penalty(model: nn.Module, weight_decay: float) -> Tensor:
    r"""The L2 penalty whose gradient is weight decay: :math:`\frac\lambda2 \sum_i \theta_i^2`.

    Args:
        model: Whose parameters are summed.
        weight_decay: :math:`\lambda`, at least 0.

    Returns:
        A scalar.

    Example:
        >>> import torch
        >>> model = nn.Linear(2, 1, bias=False)
        >>> _ = model.load_state_dict({"weight": torch.tensor([[3.0, 4.0]])})
        >>> l2_penalty(model, 0.1).item()
        1.25
    """
    squares = [param.square().sum() for param in model.parameters()]
    return sum(squares[1:], squares[0]) * (weight_decay / 2)


def tuning_doctor(
    model: nn.Module,
    data: Sequence[Data],
    *,
    loss: Loss = functional.cross_entropy,
    penalty: Callable[[nn.Module, float], Tensor] = l2_penalty,
    optimizer: str | Callable[..., Optimizer] = "torch.optim.AdamW",
    rates: Sequence[float] = (1e-1, 1e-2, 1e-3, 1e-4),
    decays: Sequence[float] = (1e-4, 1e-5, 0.0),
    expected: float | None = None,
    batch_size: int = 64,
    epochs: tuple[int, int, int] = (2, 10, 20),
    seed: int = 0,
) -> Report:
    r"""Walk a model through the seven steps of tuning, up to the first that fails.

    1. The loss before training is that of a guess, :math:`\log C` for :math:`C` classes, and rises
       with weight decay on.
    2. A few mini-batches can be learned by heart, dropout and weight decay off, and every parameter
       moves.
    3. One of the rates makes the loss fall within 100 steps on the whole training part.
    4. In a coarse grid of rates and decays the best rate is not on the edge.
    5. In a finer grid, with longer runs, no run goes to NaN or Inf.
    6. The curves of a long run show neither under- nor overfitting.
    7. The configuration does well on other seeds too. Then go back to step 5.

    Args:
        model: An untrained classifier. It is not changed: each run trains a copy.
        data: Training part and validation part, each inputs and class numbers; a
            :class:`~course_lib.data.Split` will do. A test part is never looked at.
        loss: A function of outputs and labels that returns a mean.
        penalty: What weight decay adds to the loss, a function of model and decay.
        optimizer: Name or builder of the optimizer, called with parameters, ``lr`` and
            ``weight_decay``.
        rates: Learning rates to try; at least 1.
        decays: Weight decays to try; at least 1.
        expected: Loss of a guess; :math:`\log C` unless told (:math:`C - 1` for the hinge loss).
        batch_size: Examples in a step.
        epochs: Passes over the data in the coarse grid, in the finer grid and for the curves.
        seed: What order and noise depend on.

    Returns:
        The findings up to the first failure, and the best configuration so far.

    Raises:
        ValueError: If there are no rates or decays.

    Example:
        >>> import torch
        >>> from course_lib.data import moons
        >>> from course_lib.training import seeded
        >>> with seeded(0):
        ...     model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2), nn.Softmax(1))
        >>> print(tuning_doctor(model, moons()).failed)
        small_sample

    Source:
        Karpathy and others, CS231n course notes, Neural Networks part 3, from the sanity checks to
        the search for hyper-parameters.
    """
    if not rates or not decays:
        raise ValueError(f"needed rates and decays, got {list(rates)} and {list(decays)}")
    guess = math.log(int(data[0][1].max()) + 1) if expected is None else expected
    device = next(model.parameters()).device
    train, validation = ((x.to(device), y.to(device)) for x, y in data[:2])
    patient = Patient(
        model=model,
        train=train,
        validation=validation,
        loss=loss,
        penalty=penalty,
        optimizer=optimizer,
        rates=rates,
        decays=decays,
        expected=guess,
        batch_size=batch_size,
        epochs=epochs,
        seed=seed,
    )
    findings = {}
    for check in CHECKUPS:
        findings[check.__name__] = check(patient)
        if not findings[check.__name__].passed:
            break
    return Report(findings, patient.best)
