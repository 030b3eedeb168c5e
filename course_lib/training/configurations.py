"""The configurations a student hands in; those here are right for the student of the source."""

from __future__ import annotations

from typing import Any


def digits_configuration() -> dict[str, Any]:
    """The configuration handed in for the digits.

    Returns:
        A configuration as ``course_lib.training.configured`` reads it.

    Example:
        >>> from course_lib.training.configured import complete
        >>> complete(digits_configuration())["widths"]
        [128]
    """
    ### BEGIN SOLUTION
    return {
        "widths": [128],
        "batch_norm": "BatchNorm1d",
        "optimizer": "AdamW",
        "optimizer_options": {"lr": 2e-4, "weight_decay": 0.01},
        "schedule": "cosine_annealing_lr",
        "schedule_options": {"T_max": 100},
        "batch_size": 128,
    }
    ### END SOLUTION


def mnist1d_configuration() -> dict[str, Any]:
    """The configuration handed in for MNIST-1D.

    Returns:
        A configuration as ``course_lib.training.configured`` reads it.

    Example:
        >>> from course_lib.training.configured import complete
        >>> complete(mnist1d_configuration())["widths"]
        [256, 256]
    """
    ### BEGIN SOLUTION
    return {
        "widths": [256, 256],
        "batch_norm": "BatchNorm1d",
        "optimizer": "AdamW",
        "optimizer_options": {"lr": 5e-3, "weight_decay": 0.01},
        "schedule": "cosine_annealing_lr",
        "schedule_options": {"T_max": 400},
        "batch_size": 128,
    }
    ### END SOLUTION
