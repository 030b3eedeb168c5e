"""Read built pages without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path


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
        drawn = tag == "svg" and "katex" not in (attributes.get("class") or "")
        if self.in_article and (tag == "img" or drawn):
            self.pictures.append({"tag": tag, **attributes})

    def handle_endtag(self, tag: str) -> None:
        self.in_article &= tag != "article"

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
