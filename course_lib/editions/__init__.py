"""Two editions from one source: what instructors keep, and what students get.

``regions`` reads the solution marks, ``student`` derives the student edition, ``sync`` keeps the
source notebooks in step with the library, ``leaks`` looks for solutions where none may be.
"""
