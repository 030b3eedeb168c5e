"""The exercises of the assignment "batchnorm", each with the promise its check makes."""

from typing import Any

from course_lib.checks.spec import Exercise

REFUSED = (
    "batch_norm",
    "native_batch_norm",
    "native_batch_norm_backward",
    "_native_batch_norm_legit",
    "_native_batch_norm_legit_no_training",
    "_batch_norm_impl_index",
    "_batch_norm_impl_index_backward",
    "_batch_norm_with_update",
    "batch_norm_backward",
    "cudnn_batch_norm",
    "cudnn_batch_norm_backward",
    "miopen_batch_norm",
    "batch_norm_stats",
    "batch_norm_elemt",
    "batch_norm_update_stats",
    "instance_norm",
    "group_norm",
    "native_group_norm",
    "layer_norm",
    "native_layer_norm",
)
"""Everything in torch that normalizes for you."""

AUTOGRAD = ("grad", "backward", "vjp", "jvp", "jacobian")
"""What differentiates for you; names as in ``torch.autograd``."""


def _exercise(
    slug: str,
    target: str,
    section: str,
    title: str,
    claim: str,
    kind: str,
    options: tuple[str, ...],
    defaults: dict[str, Any] | None = None,
    reference: str = "batch_norm",
    method: str = "",
    refused: tuple[str, ...] = REFUSED,
) -> Exercise:
    return Exercise(
        slug=slug,
        target=f"course_lib.nn.batchnorm.{target}",
        assignment="batchnorm",
        section=f"17_batchnorm#{section}",
        title=title,
        claim=claim,
        kind=kind,
        reference=reference,
        options=options,
        defaults=defaults or {},
        method=method,
        refused=refused,
    )


_CALL = ("training", "momentum", "eps")
_TRAINING = {"training": True, "momentum": 0.1, "eps": 1e-5}

EXERCISES = (
    _exercise(
        "batch_norm",
        "batch_norm",
        "sec-forward",
        "Normalize a batch",
        "batch_norm gives torch's outputs, running statistics and gradients",
        "batch norm",
        _CALL,
        _TRAINING,
    ),
    _exercise(
        "batch_norm_2d",
        "batch_norm",
        "sec-images",
        "Normalize images",
        "batch_norm takes one mean and variance for each channel of an image",
        "batch norm",
        _CALL,
        _TRAINING,
    ),
    _exercise(
        "batch_norm_layer",
        "BatchNorm1d",
        "sec-running",
        "The layer and its running statistics",
        "BatchNorm1d keeps and uses running statistics as torch's does",
        "batch norm layer",
        ("eps", "momentum", "affine", "track_running_stats"),
        reference="BatchNorm1d",
        method="forward",
    ),
    _exercise(
        "batch_norm_backward",
        "batch_norm_backward",
        "sec-batchnorm-backward",
        "The way back, by hand",
        "batch_norm_backward gives the three gradients of torch's operator",
        "batch norm backward",
        ("eps",),
        reference="native_batch_norm_backward",
        refused=(*REFUSED, *AUTOGRAD),
    ),
)
