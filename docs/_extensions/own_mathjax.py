"""A Sphinx extension: formulas are drawn by a copy of MathJax on the site itself.

The copy comes from the package sphinx-mathjax-offline (MathJax 3, Apache-2.0). Only the one file that draws formulas as
SVG is taken: it needs no fonts and loads nothing else, so that 2 of the 24 MB of that package are enough.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_PACKAGE = "sphinx-mathjax-offline"
_FILE = "tex-svg.js"


def _copy(app: Sphinx, problem: Exception | None) -> None:
    found = importlib.util.find_spec(_PACKAGE)
    if problem is not None or found is None or found.origin is None:
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(found.origin).parent / "static" / "mathjax" / _FILE, target / _FILE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx where its MathJax is, and put it there."""
    app.config.mathjax_path = f"mathjax/{_FILE}"
    app.config.mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "global"}}
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True}
