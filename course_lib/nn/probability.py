"""The one check that all random layers share."""


def check_probability(value: float, name: str = "p") -> None:
    """Refuse what is no probability, NaN included.

    Args:
        value: The number to look at.
        name: What the message calls it.

    Raises:
        ValueError: If ``value`` lies outside [0, 1].

    Example:
        >>> check_probability(1.5)
        Traceback (most recent call last):
        ...
        ValueError: p must be in [0, 1], got 1.5
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be in [0, 1], got {value}")
