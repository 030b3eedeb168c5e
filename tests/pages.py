"""Chapters of the book, as the exercises, hints and notebooks point to them."""

from pathlib import Path

BOOK = Path(__file__).parents[1] / "book"


def assert_leads_somewhere(page: str, label: str = "") -> None:
    """Hold a link to a page, and to the label of one of its headings, to the book."""
    written = BOOK / f"{page}.md"
    assert written.exists(), f"there is no {page}"
    assert not label or f"({label})=\n" in written.read_text("utf-8"), f"{page}#{label}"
