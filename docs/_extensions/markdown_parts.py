"""Small parts of Markdown pages: tables, text that is shown as it is, names that link to a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>$|#])")


def plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def contents(*pages: str, depth: int = 1) -> str:
    """Return the table of contents of other pages, each with its title."""
    return "\n".join(["```{toctree}", f":maxdepth: {depth}", "", *pages, "```"])
