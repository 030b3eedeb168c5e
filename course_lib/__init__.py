"""Neural Networks in Practice: the lessons, their checks and the tools of the course.

Nothing is imported here, so that a session loads only what it uses::

    from course_lib.optim import Adam
    from course_lib.checks import check
"""

__version__ = "0.1.0"
