"""Read built pages without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Page(HTMLParser):
    """What a page holds that others rely on."""

    ids: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    pictures: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.in_article = False
        self.hidden_depth = 0  # elements open inside one that is hidden from screen readers

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._note_id(attributes.get("id"))
        self.in_article |= tag == "article"
        if tag == "a":
            self.links.append(attributes.get("href") or "")
        elif tag in ("script", "img", "iframe", "source", "video", "audio"):
            self.loads.append(attributes.get("src") or "")
        elif tag == "link" and attributes.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(attributes.get("href") or "")
        if tag not in VOID and (self.hidden_depth or attributes.get("aria-hidden") == "true"):
            self.hidden_depth += 1
        elif self.in_article and tag in ("img", "svg") and not self.hidden_depth:
            self.pictures.append({"tag": tag, **attributes})

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.in_article &= tag != "article"
        if tag not in VOID:
            self.hidden_depth = max(0, self.hidden_depth - 1)

    def _note_id(self, name: str | None) -> None:
        if name is not None:
            (self.doubled if name in self.ids else self.ids).add(name)


@cache
def read(path: Path) -> Page:
    """Return what a built page holds."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def pages(site: Path) -> list[Path]:
    """Return every page of a site; the theme's leftovers under _static are none."""
    return sorted(p for p in site.rglob("*.html") if "_static" not in p.parts)
