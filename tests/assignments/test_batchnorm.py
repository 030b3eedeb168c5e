from typing import ClassVar

from tests.assignments.laws import NotebookLaws


class TestBatchnorm(NotebookLaws):
    assignment = "batchnorm"
    machine: ClassVar = {
        "batch_norm": 26,
        "batch_norm_2d": 16,
        "batch_norm_layer": 24,
        "batch_norm_backward": 24,
    }
    written = "written-batchnorm"
    drawn: ClassVar = {*machine, "batch_norm_layer-sizes"}
