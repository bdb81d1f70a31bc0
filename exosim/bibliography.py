"""What to cite: the sources of a scenario, exosim itself and the numerical libraries that ran it, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exosim.parameter import ASSUMPTION
from exosim.references import Reference, name_parts, references
from exosim.version import __version__

if TYPE_CHECKING:
    from exosim.scenario import Scenario

EXOSIM = Reference("exosim", "exosim", "The exosim developers", 2026)
SIMPY = Reference(
    "simpy",
    "SimPy: event discrete, process based simulation for Python",
    "Lünsdorf O, Scherfke S",
    url="https://simpy.readthedocs.io",
    checked="authors, title and address seen in the package",
)
_ALWAYS = ("harris2020", "virtanen2020")
"""NumPy holds every number and SciPy inverts the distributions of every scenario: each has an assay with an error."""
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: f"\\{character}" for character in "&%$#_{}"
}
_KEY = re.compile(r"[^A-Za-z0-9_:.+-]+")
_VERBATIM = ("doi", "url")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a bibliography."""

    key: str
    kind: str
    fields: Mapping[str, str]

    def __str__(self) -> str:
        lines = [f"  {name} = {{{_field(name, text)}}}," for name, text in self.fields.items()]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as a JSON object, its fields as plain text."""
        return {"key": self.key, "type": self.kind, "fields": dict(self.fields)}


def entries(scenario: Scenario) -> list[Entry]:
    """Return what to cite: exosim, the libraries that it ran with, and the sources in the ledger of a scenario."""
    libraries = [references()[key] for key in _ALWAYS]
    simulated = [SIMPY] if scenario.declarations.plant.campaigns else []
    ours = _entry(EXOSIM, {"version": __version__})
    found = [ours, *(_entry(library) for library in (*libraries, *simulated))]
    return found + _own_keys(found, [*_published(scenario), *_stated(scenario)])


def uncited(scenario: Scenario) -> dict[str, int]:
    """Return how many parameters have a source that names no single work, by its key; assumptions come last."""
    counted: dict[str, int] = {}
    known = references()
    for key in sorted(line.source for line in scenario.ledger()):
        if key == ASSUMPTION or (key in known and not _citable(known[key])):
            counted[key] = counted.get(key, 0) + 1
    return {key: counted[key] for key in sorted(counted, key=lambda key: (key == ASSUMPTION, key))}


def bibtex(scenario: Scenario) -> str:
    """Return the bibliography of a scenario as a BibTeX file in UTF-8."""
    return "\n\n".join(map(str, entries(scenario))) + "\n"


def _published(scenario: Scenario) -> Iterator[Entry]:
    used = {line.source for line in scenario.ledger()}
    yield from (_entry(reference) for key, reference in references().items() if key in used and _citable(reference))


def _stated(scenario: Scenario) -> Iterator[Entry]:
    """Yield the sources that the scenario brings itself and uses."""
    used = {line.source for line in scenario.ledger()} - set(references())
    for key, source in sorted(scenario.data.get("sources", {}).items()):
        if key in used:
            fields = {"title": source["text"], "doi": source.get("doi")}
            yield Entry(key, "misc", {name: text for name, text in fields.items() if text})


def _own_keys(taken: list[Entry], found: list[Entry]) -> list[Entry]:
    """Return the entries with keys that BibTeX takes, each its own; a library that is also a source stands once."""
    keys = [entry.key for entry in taken]
    known = set(keys)
    kept = []
    for entry in found:
        if entry.key in known and entry in taken:
            continue
        base = _KEY.sub("-", entry.key).strip("-") or "source"
        key = next(name for name in _numbered(base) if name.lower() not in {used.lower() for used in keys})
        keys.append(key)
        kept.append(Entry(key, entry.kind, entry.fields))
    return kept


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def _citable(reference: Reference) -> bool:
    return bool(reference.authors or reference.journal or reference.doi or reference.url)


def _entry(reference: Reference, more: Mapping[str, str] | None = None) -> Entry:
    fields = {
        "author": " and ".join(_authors(reference.authors)) if reference.authors else None,
        "title": reference.title,
        "journal": reference.journal,
        "year": str(reference.year) if reference.year is not None else None,
        **(more or {}),
        "doi": reference.doi,
        "url": reference.url,
    }
    kind = "article" if reference.journal else "misc"
    return Entry(reference.key, kind, {name: text for name, text in fields.items() if text})


def _authors(authors: str) -> Iterator[str]:
    """Yield each author as ``Surname, A. B.``; a name of several words without initials stays whole in braces."""
    for surname, initials in name_parts(authors):
        whole = f"{{{surname}}}" if " " in surname else surname
        yield f"{surname}, {' '.join(f'{letter}.' for letter in initials)}" if initials else whole
    if authors.endswith("et al."):
        yield "others"


def _field(name: str, text: str) -> str:
    """Return the text of a field: verbatim where it is an address, else with what is special to TeX escaped."""
    if name in _VERBATIM:
        return "".join(character for character in text if character not in "{}")
    if name == "author":
        return "".join(character if character in "{}" else _SPECIAL.get(character, character) for character in text)
    escaped = "".join(_SPECIAL.get(character, character) for character in text)
    return f"{{{escaped}}}" if name == "title" else escaped
