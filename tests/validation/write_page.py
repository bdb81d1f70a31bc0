"""Write what stands between the markers of ``docs/explanation/validation.md`` anew: ``make validation``.

Text around the markers is written by hand; what it says of the rows is to be read again when they move.
"""

from __future__ import annotations

import re
from pathlib import Path

import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "validation.md"


def current(text: str) -> str:
    """Return the page with every block as it is now."""
    for name, block in page.blocks().items():
        marker = re.compile(rf"(<!-- {name}: .*?-->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if not marker.search(text):
            raise ValueError(f"the page has no block {name!r}")
        text = marker.sub(lambda found, block=block: f"{found[1]}\n{block}\n\n{found[2]}", text)
    return text


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
