"""A Sphinx extension: links that leave `docs/` lead to the pages of the site where it has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from repository_links import ROOT, rewritten
from sphinx.application import Sphinx


def _read(app: Sphinx, name: str, source: list[str]) -> None:
    path = Path(app.env.doc2path(name))
    if path.suffix == ".md" and not name.startswith("generated/"):
        at = path.relative_to(ROOT).as_posix()
        source[0] = rewritten(source[0], at, at)


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}
