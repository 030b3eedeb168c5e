"""What the builders of cases have in common: plain values, and clear errors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course_lib.checks.spec import Exercise, Inputs


def plain(value: Any) -> Any:
    """``value`` with lists for tuples and strings for keys, as JSON would have it."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def require_known(
    exercise: Exercise, options: Mapping[str, Any], builder: Callable[..., Inputs]
) -> None:
    """Refuse a hyper-parameter the exercise does not have.

    Args:
        exercise: Whose options are allowed.
        options: What a case sets.
        builder: Whose keyword parameters every case of the kind has besides.

    Raises:
        TypeError: Naming the parameter and those allowed.
    """
    for name in options:
        if name not in exercise.options:
            always = ", ".join(builder.__kwdefaults__ or {})
            raise TypeError(
                f"{exercise.slug} has no parameter {name!r}; its own are "
                f"{', '.join(exercise.options)}; every {exercise.kind} case has {always}"
            )


def one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a value that is not among those allowed.

    Raises:
        ValueError: Naming the parameter, the value and those allowed.
    """
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
