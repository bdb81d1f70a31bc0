"""Links of a Markdown page that lead out of `docs/`, into the repository, as links within the site.

On a forge a page may link to any file of the repository. On the site, the README of the scenarios and other pages of
the root are pages too, and the file of an operation is told by the page of that operation. Everything else that exists
stays a link to the file, which Sphinx then offers as a download.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "scenarios/README.md": "docs/generated/scenarios.md",
    "CONTRIBUTING.md": "docs/generated/contributing.md",
    "CHANGELOG.md": "docs/generated/changes.md",
    "benchmarks/README.md": "docs/generated/benchmarks.md",
    "examples/exosim_example_plugin/README.md": "docs/generated/example_plugin.md",
    "README.md": "docs/index.md",
}
"""Pages of the site by the file of the repository that they are made from."""
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_OPERATION = re.compile(r"exosim/operations/(?!base\b)(\w+)\.py")


def rewritten(text: str, written_at: str, page: str) -> str:
    """Return a page with its relative links as they must be on the site.

    Parameters
    ----------
    text : Markdown
    written_at : path of the file that holds it, from the root of the repository
    page : path under which the site has it, from the root of the repository
    """

    def link(found: re.Match[str]) -> str:
        target = os.path.normpath(PurePosixPath(written_at).parent / found[1])
        inner = PAGES.get(target) or _OPERATION.sub(r"docs/generated/operations/\1.md", target)
        relative = os.path.relpath(inner, PurePosixPath(page).parent)
        return f"]({relative}{found[2] or ''})"

    return _LINK.sub(link, text)
