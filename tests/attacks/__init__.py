"""The attack corpus: one module for each kind, one row for each submission.

An attack is bounded by itself, in processes, memory, time and size, and speaks to 127.0.0.1 alone:
a defence that fails harms nothing.
"""

from tests.attacks import (
    border,
    delegating,
    detecting,
    exhausting,
    honest,
    leftovers,
    magics,
    network,
    notebook_file,
    outputs,
    pages,
    patching,
    peeking,
    people,
    processes,
    submission,
)

KINDS = (
    *(outputs, notebook_file, patching, peeking, detecting, delegating, border, people),
    *(submission, exhausting, processes, network, leftovers, pages, magics, honest),
)

CORPUS = tuple(attack for kind in KINDS for attack in kind.ATTACKS)
