"""The attack corpus: submissions that cheat or do harm, graded in a course of their own, watched.

The attacks themselves are data in ``tests/attacks``: what each one tries, how its notebook differs
from the one handed out, and what it deserves.
"""
