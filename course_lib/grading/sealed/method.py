"""How processes of the grader begin."""

import sys

METHOD = "fork" if sys.platform == "linux" else "spawn"
"""Forked where that is sure; elsewhere, libraries of the system may break in a fork."""
