"""Walls around the process that runs student code, without root and without a daemon.

A warm parent calls `prepare` once and `probe` to see what this machine can enforce. Each forked
child calls `enter` before the first line of student code; it returns what holds, layer by layer,
and refuses to go on with fewer layers than `documented` names. Seconds by the clock are the
parent's business, and so is starting the warm parent with `clean_environment`, around which
`bubblewrap.around` puts a second wall where that program is installed.
"""

from course_lib.grading.sandbox.enter import enter, prepare, probe
from course_lib.grading.sandbox.policy import Limits, Policy, clean_environment
from course_lib.grading.sandbox.report import (
    Layer,
    SandboxMissing,
    documented,
    explain,
    lacking,
    require,
)

__all__ = [
    "Layer",
    "Limits",
    "Policy",
    "SandboxMissing",
    "clean_environment",
    "documented",
    "enter",
    "explain",
    "lacking",
    "prepare",
    "probe",
    "require",
]
