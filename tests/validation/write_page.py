"""Write what stands between the markers of the page of validation, and of that of scale, anew: ``make validation``.

Text around the markers is written by hand; what it says of the rows is to be read again when they move.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import page
import when

_DOCS = Path(__file__).resolve().parents[2] / "docs" / "explanation"
PAGE = _DOCS / "validation.md"
PAGES = {PAGE: page.blocks, _DOCS / "which_technology_when.md": when.blocks}


def current(text: str, blocks: Mapping[str, str]) -> str:
    """Return a page with every block as it is now."""
    for name, block in blocks.items():
        marker = re.compile(rf"(<!-- {name}: .*?-->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if not marker.search(text):
            raise ValueError(f"the page has no block {name!r}")
        text = marker.sub(lambda found, block=block: f"{found[1]}\n{block}\n\n{found[2]}", text)
    return text


if __name__ == "__main__":
    for path, blocks in PAGES.items():
        path.write_text(current(path.read_text(encoding="utf-8"), blocks()), encoding="utf-8")
