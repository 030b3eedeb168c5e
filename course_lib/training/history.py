"""What a run leaves behind: named curves of values over steps."""

from __future__ import annotations

from collections.abc import Iterator


class History:
    """Curves of a run, each a list of values with the steps at which they were taken.

    Attributes:
        stopped: Why the run ended, in words; empty while it goes on.

    Example:
        >>> history = History()
        >>> history.log(0, loss=2.3)
        >>> history.log(10, loss=1.5, accuracy=0.4)
        >>> history["loss"], history.steps("loss"), history.last("accuracy")
        ([2.3, 1.5], [0, 10], 0.4)
        >>> history.best("loss")
        (10, 1.5)
    """

    def __init__(self) -> None:
        self.stopped = ""
        self._points: dict[str, list[tuple[int, float]]] = {}

    def log(self, step: int, **values: float) -> None:
        """Add a point to each of the named curves.

        Args:
            step: Optimizer steps taken so far.
            **values: One number for each curve.
        """
        for name, value in values.items():
            self._points.setdefault(name, []).append((step, float(value)))

    def __getitem__(self, name: str) -> list[float]:
        return [value for _, value in self.points(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __contains__(self, name: object) -> bool:
        return name in self._points

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self._points == other._points

    __hash__ = None  # type: ignore[assignment] # it changes as the run goes on

    def __repr__(self) -> str:
        curves = ", ".join(f"{name} ({len(points)})" for name, points in self._points.items())
        return f"History({curves or 'empty'})"

    def points(self, name: str) -> list[tuple[int, float]]:
        """Pairs of step and value of a curve.

        Raises:
            KeyError: If there is no curve of that name; the message lists those there are.
        """
        if name not in self._points:
            raise KeyError(f"needed one of {', '.join(self._points) or 'no curves'}, got {name!r}")
        return self._points[name]

    def steps(self, name: str) -> list[int]:
        """The steps at which a curve has values."""
        return [step for step, _ in self.points(name)]

    def last(self, name: str) -> float:
        """The last value of a curve."""
        return self.points(name)[-1][1]

    def best(self, name: str, mode: str = "min") -> tuple[int, float]:
        """Step and value of a curve's best point, the first of equals.

        A value that is not a number is never the best, unless there is no other.

        Args:
            name: Which curve.
            mode: ``"min"`` where lower is better, ``"max"`` where higher is.

        Raises:
            ValueError: If ``mode`` is neither.
        """
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        sign = 1 if mode == "min" else -1
        return min(self.points(name), key=lambda point: (point[1] != point[1], sign * point[1]))
