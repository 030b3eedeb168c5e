"""Chapters of the book, as the exercises, hints and notebooks point to them."""

from pathlib import Path

BOOK = Path(__file__).parents[1] / "book"
TO_COME = {
    "12_schedules",
    "13_cycles_and_restarts",
    "19_hyperparameter_search",
    "24_where_to_start",
}
"""Chapters that are pointed to; one that has a page is held to it."""


def assert_leads_somewhere(page: str, label: str = "") -> None:
    """Hold a link to a page, and to the label of one of its headings, to the book."""
    written = BOOK / f"{page}.md"
    if written.exists():
        assert not label or f"({label})=\n" in written.read_text("utf-8"), f"{page}#{label}"
    else:
        assert page in TO_COME, f"there is no {page}"
