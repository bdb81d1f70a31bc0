"""Tables of a page that a test recomputes, between ``<!-- name: … -->`` and ``<!-- end -->``; blessing writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from page_blocks import BLESS


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column is of words and all others of numbers."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def hold(page: Path, name: str, table: str) -> None:
    """Hold the marked part of a page to a table; write it when blessing."""
    text = page.read_text(encoding="utf-8")
    marked = re.compile(rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- end -->)", re.DOTALL)
    assert marked.search(text), f"{page.name} has no place for {name}"
    current = marked.sub(lambda parts: f"{parts[1]}\n{table}\n\n{parts[2]}", text)
    if BLESS:
        page.write_text(current, encoding="utf-8")
    assert BLESS or text == current, f"{page.name}: run `make bless` with slow tests, and read the page again"
