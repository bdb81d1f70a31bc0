"""Small pieces of HTML for notebooks: escaped, without scripts or colors, so that they suit light and dark pages."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from exosim.errors import printable

_SCROLL = "max-height:24em;overflow:auto"


def text(value: object) -> str:
    """Return a value as HTML text; nothing in it is taken for markup."""
    return html.escape(printable(str(value)))


def view(title: str, note: str, *parts: str) -> str:
    """Return a titled view of its parts."""
    return f'<div class="exosim"><p><strong>{text(title)}</strong> {text(note)}</p>{"".join(parts)}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> str:
    """Return a table that scrolls where it is long; the first `words` columns are text, the others are numbers."""
    titles = "".join(f'<th scope="col"{_side(i, words)}>{text(name)}</th>' for i, name in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f"<td{_side(i, words)}>{text(value)}</td>" for i, value in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div style="{_SCROLL}"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def folded(title: str, content: str) -> str:
    """Return content that opens when its title is clicked."""
    return f"<details><summary>{text(title)}</summary>{content}</details>"


def remarks(lines: Iterable[str]) -> str:
    """Return remarks as a list; nothing where there are none."""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _side(column: int, words: int) -> str:
    """Return the side of a cell: notebooks put what says nothing to the right, as numbers want it."""
    return ' style="text-align:left"' if column < words else ""
