"""All exercises, found by slug or by the name the student writes."""

from importlib import import_module

from course_lib.checks.spec import Exercise

ASSIGNMENTS = ("optimizers", "schedules", "dropout", "batchnorm", "training")
"""Slugs of the assignments, in the order of the course; each names a module here."""

EXERCISES: tuple[Exercise, ...] = tuple(
    exercise
    for assignment in ASSIGNMENTS
    for exercise in import_module(f"{__name__}.{assignment}").EXERCISES
)


def find(slug: str) -> Exercise:
    """The exercise called ``slug``.

    Raises:
        LookupError: If there is none; the message lists those there are.
    """
    for exercise in EXERCISES:
        if exercise.slug == slug:
            return exercise
    raise LookupError(f"no exercise {slug!r}; there are: {', '.join(e.slug for e in EXERCISES)}")


def written_as(name: str) -> tuple[Exercise, ...]:
    """The exercises whose class or function is called ``name``; more than one may share it.

    Raises:
        LookupError: If there is none; the message lists the names there are.
    """
    found = tuple(exercise for exercise in EXERCISES if exercise.name == name)
    if not found:
        names = dict.fromkeys(exercise.name for exercise in EXERCISES)
        raise LookupError(f"no exercise asks for {name!r}; the names are: {', '.join(names)}")
    return found
