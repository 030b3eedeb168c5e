from typing import ClassVar

from tests.assignments.laws import NotebookLaws


class TestOptimizers(NotebookLaws):
    assignment = "optimizers"
    machine: ClassVar = {
        "conventions": 10,
        "sgd": 20,
        "nesterov": 10,
        "adagrad": 10,
        "rmsprop": 12,
        "adam": 16,
        "adamw": 12,
        "adadelta": 0,
        "nadam": 0,
    }
    written = "written-momentum"
    drawn: ClassVar = {*machine} - {"adadelta", "nadam"} | {"beyond"}
