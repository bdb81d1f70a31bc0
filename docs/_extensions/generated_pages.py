"""A Sphinx extension: pages made from the program itself, written into `docs/generated` before the build.

Operations, sections and sources come from their declarations, prices from the price list, the command line from its
own help, the interface for Python from the public names, and the pages of the root of the repository from their files.
None is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import command_pages
import operation_pages
import price_pages
import python_pages
from repository_links import PAGES, ROOT, rewritten
from sphinx.application import Sphinx

_FOLDER = "docs/generated"
_MADE = {
    **operation_pages.pages(),
    **command_pages.pages(),
    **price_pages.pages(),
    **python_pages.pages(),
}


def _of_the_root() -> Iterator[tuple[str, str]]:
    """Yield the pages that are files elsewhere in the repository."""
    for source, page in PAGES.items():
        if page.startswith(f"{_FOLDER}/"):
            text = (ROOT / source).read_text(encoding="utf-8")
            yield page.removeprefix(f"{_FOLDER}/"), rewritten(text, source, page)


def write(app: Sphinx) -> None:
    """Write all pages; one that says what it said before is left alone, so that Sphinx need not read it again."""
    folder = Path(app.srcdir) / "generated"
    made = {**_MADE, **dict(_of_the_root())}
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("operations/*.md"):
        if path.relative_to(folder).as_posix() not in made:
            path.unlink()  # an operation that is no more


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
