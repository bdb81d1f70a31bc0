"""A page read as people and programs read it: its tables by title, its links, its ids, the numbers with all digits."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "col", "hr", "input"}


@dataclass
class Cell:
    """A cell of a table: its text, its numbers and the addresses of its links."""

    text: str = ""
    numbers: list[float] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass
class Page(HTMLParser):
    """What stands on a page outside of its pictures; one that is not well formed is an error."""

    text: str
    tables: dict[str, list[list[Cell]]] = field(default_factory=dict)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    shown: list[tuple[float, str]] = field(default_factory=list)
    words: str = ""

    def __post_init__(self) -> None:
        """Read the page."""
        super().__init__()
        self._open: list[str] = []
        self._rows: list[list[Cell]] = []
        self._title = ""
        self.feed(self.text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and begin what it begins."""
        known = dict(attrs)
        self.tags.append((tag, known))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows, self._title = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append(Cell())
        elif tag == "data":
            value = float(known["value"] or "nan")
            self.shown.append((value, ""))
            if "tr" in self._open:
                self._rows[-1][-1].numbers.append(value)
        elif tag == "a" and "tr" in self._open:
            self._rows[-1][-1].links.append(known["href"] or "")
        elif tag in ("h1", "h2", "h3", "h4"):
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        """End what a tag ends; what was opened last must be closed first."""
        assert self._open.pop() == tag, tag
        if tag == "table":
            self.tables[self._title or f"table {len(self.tables)}"] = self._rows

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag of a picture that has nothing in it."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text where it stands."""
        inside = self._open[-1] if self._open else ""
        if inside in ("style", "svg") or "svg" in self._open:
            return
        self.words += data
        if "caption" in self._open:
            self._title += data
        elif "tr" in self._open:
            self._rows[-1][-1].text += data
        if inside == "data":
            self.shown[-1] = (self.shown[-1][0], self.shown[-1][1] + data)
        elif inside in ("h1", "h2", "h3", "h4"):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """Return the attributes of all tags of some kinds."""
        return [attributes for tag, attributes in self.tags if tag in tags]

    def rows(self, title: str) -> dict[str, list[Cell]]:
        """Return the rows of the first table whose title begins so, by their first cell, without the head."""
        (found,) = [rows for name, rows in self.tables.items() if name.startswith(title)]
        return {row[0].text: row[1:] for row in found[1:]}
