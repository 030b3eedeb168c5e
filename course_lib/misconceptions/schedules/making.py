"""How a mistake in a schedule is written down."""

from collections.abc import Callable

from course_lib.misconceptions.model import Misconception


def mistakes_in(exercise: str, section: str) -> Callable[..., Misconception]:
    """What makes the mistakes of one exercise.

    Args:
        exercise: Slug of the exercise, the only one whose hidden cases catch them.
        section: Page and heading that explain it.

    Returns:
        A function of the fault, the belief, the hint, and either edits or a whole ``body``.
    """

    def mistake(
        fault: str, belief: str, hint: str, *edits: tuple[str, str], body: str = ""
    ) -> Misconception:
        return Misconception(
            slug=f"{exercise}/{fault}",
            belief=belief,
            hint=hint,
            section=section,
            edits=edits,
            body=body,
            caught_by=(exercise,),
        )

    return mistake
