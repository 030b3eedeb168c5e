"""Layers that stand in for torch's of the same name, and functions that are their mathematics."""

from course_lib.nn.batchnorm import (
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    batch_norm,
    batch_norm_backward,
    check_batch_norm,
)
from course_lib.nn.conventions import dropout_as_published
from course_lib.nn.drop_connect import DropConnect, drop_connect
from course_lib.nn.dropout import Dropout, dropout, dropout_backward, dropout_mask
from course_lib.nn.probability import check_probability
from course_lib.nn.stochastic_depth import StochasticDepth, stochastic_depth

__all__ = [
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "DropConnect",
    "Dropout",
    "StochasticDepth",
    "batch_norm",
    "batch_norm_backward",
    "check_batch_norm",
    "check_probability",
    "drop_connect",
    "dropout",
    "dropout_as_published",
    "dropout_backward",
    "dropout_mask",
    "stochastic_depth",
]
