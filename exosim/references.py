"""Sources of the parameters and equations, read from ``references.toml`` when first asked for."""

from __future__ import annotations

import contextlib
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from exosim.plugins import REFERENCES, Plugin, plugins

UNCHECKED = "unchecked"
_INITIALS = re.compile(r"[^\W\d_a-z]{1,4}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One source; what is not known is None.

    Attributes
    ----------
    key : name that parameters cite, such as ``evtushenko2020``
    title, authors, year, journal, doi, url : the usual fields; authors as ``Surname AB, Surname C``
    checked : what was compared with a copy of the source, in plain words; ``"unchecked"`` when nothing was
    """

    key: str
    title: str
    authors: str | None = None
    year: int | None = None
    journal: str | None = None
    doi: str | None = None
    url: str | None = None
    checked: str = UNCHECKED

    def citation(self) -> str:
        """Return one line, such as ``Evtushenko et al. 2020, PLOS ONE, doi:10.1371/journal.pone.0243738``.

        Without authors the title stands first; without a journal the title stands in its place.
        """
        year = str(self.year) if self.year is not None else ""
        head = f"{_shortened_authors(self.authors) if self.authors else self.title} {year}".rstrip()
        place = self.journal or (self.title if self.authors else None)
        link = f"doi:{self.doi}" if self.doi else self.url
        return ", ".join(part for part in (head, place, link) if part)


def _shortened_authors(authors: str) -> str:
    """Return surnames only: one, two joined by an ampersand, or the first and ``et al.``."""
    surnames = [surname for surname, _ in name_parts(authors)]
    if authors.endswith("et al.") or len(surnames) > 2:
        return f"{surnames[0]} et al."
    return " & ".join(surnames)


def name_parts(authors: str) -> list[tuple[str, str]]:
    """Return surname and initials of each author; an organization has no initials."""
    parts = []
    for name in authors.removesuffix("et al.").strip(" ,").split(", "):
        words = name.split()
        known = len(words) > 1 and _INITIALS.fullmatch(words[-1]) is not None
        parts.append((" ".join(words[:-1] if known else words), words[-1] if known else ""))
    return parts


@functools.cache
def references() -> Mapping[str, Reference]:
    """Return every source by its key, in the order of the keys: those of exosim and those that plug-ins bring."""
    text = resources.files("exosim").joinpath(REFERENCES).read_text(encoding="utf-8")
    found = _read(text)
    for plugin in plugins():
        with contextlib.suppress(Exception):  # a plug-in that is broken is told when its operation is used
            found = {**plugin_references(plugin), **found}
    return MappingProxyType(dict(sorted(found.items())))


def plugin_references(plugin: Plugin) -> dict[str, Reference]:
    """Return the sources that a plug-in brings; whatever is wrong with its file is raised as it is."""
    file = plugin.references_file()
    return {} if file is None else _read(file.read_text(encoding="utf-8"))


def _read(text: str) -> dict[str, Reference]:
    return {key: Reference(key, **fields) for key, fields in tomllib.loads(text).items()}
