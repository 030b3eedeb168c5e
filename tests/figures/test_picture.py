"""A picture is drawn, or one line says why not."""

from collections.abc import Callable, Iterator

import pytest
from matplotlib import pyplot as plt

from course_lib.figures import picture
from course_lib.figures.picture import GRADING

GRADED = "Pictures are drawn in your own session, not while grading.\n"


@pytest.fixture(autouse=True)
def one_figure_already_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(GRADING, raising=False)
    plt.figure(7)
    yield
    plt.close("all")


def draws(number: int) -> int:
    plt.figure(number)
    return 2 * number


def raises_at_once(number: int) -> int:
    raise NotImplementedError(f"part {number}")


def raises_with_figures_begun(number: int) -> int:
    plt.figure(number)
    plt.subplots()
    raise ValueError("no data")


@pytest.mark.parametrize(
    ("draw", "graded", "returned", "open_after", "said"),
    [
        (draws, "", 18, [7, 9], ""),
        (draws, "1", None, [7], GRADED),
        (raises_at_once, "", None, [7], "No picture yet. NotImplementedError: part 9\n"),
        (raises_with_figures_begun, "", None, [7], "No picture yet. ValueError: no data\n"),
        (raises_with_figures_begun, "1", None, [7], GRADED),
    ],
)
def test_a_picture_is_drawn_or_one_line_says_why_not(
    draw: Callable[[int], int],
    graded: str,
    returned: int | None,
    open_after: list[int],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(GRADING, graded)
    assert picture(draw)(number=9) == returned
    assert plt.get_fignums() == open_after
    assert capsys.readouterr().out == said


def test_a_drawing_in_a_figure_already_open_stays_in_it() -> None:
    @picture
    def draws_on() -> None:
        plt.plot([1, 2])
        raise ValueError("later")

    draws_on()
    assert plt.get_fignums() == [7]


def test_an_interrupt_is_passed_on() -> None:
    @picture
    def waits() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        waits()


def test_the_function_keeps_its_name_and_its_words() -> None:
    assert picture(draws).__name__ == "draws"
