from typing import ClassVar

from tests.assignments.laws import NotebookLaws


class TestDropout(NotebookLaws):
    assignment = "dropout"
    machine: ClassVar = {
        "dropout_mask": 14,
        "dropout": 28,
        "dropout_backward": 16,
        "dropout_as_published": 14,
        "dropout_layer": 18,
        "drop_connect": 0,
        "stochastic_depth": 0,
    }
    written = "written-dropout"
    drawn: ClassVar = {*machine} - {"drop_connect", "stochastic_depth"} | {"beyond"}
