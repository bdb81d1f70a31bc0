"""The evidence of a report: every parameter with its source and grade, assumptions first, and the works cited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exosim.parameter import ASSUMPTION, GRADES, PLAN, Resolved
from exosim.references import references
from exosim.saved import Saved
from exosim.saved_yields import SavedYields
from exosim.scenario import Scenario
from exosim.telling.answers import asked_of
from exosim.telling.cells import Cell, Link, Part, Table, number, percent, table
from exosim.titles import headline_title

_DOI = "https://doi.org/"
_GRADE_OF_PLAN = "decided"
_NO_WORK = "no single work"


def grades(scenario: Scenario) -> Table:
    """Return how many parameters there are of each grade."""
    counts = scenario.ledger().counts()
    words = {**GRADES, PLAN: "decided by the plan: a size, a set point, a count"}
    rows = [(_called(grade), words[grade], number(float(counts[grade]))) for grade in (*GRADES, PLAN)]
    return table("Parameters by grade", ("grade", "meaning", "parameters"), rows)


def parameters(saved: Saved) -> Table:
    """Return every parameter of a run; assumptions first, by their share in the spread where it is known."""
    scenario = saved.scenario
    shares, of = spread(saved)
    meant = meanings(scenario)
    lines = sorted(scenario.ledger(), key=lambda line: (line.grade != "D", -_known(shares.get(line.path, ()))))
    head = ("parameter", "meaning", "value", "unit", "grade", "source", "origin")
    rows = [
        (
            line.path,
            meant.get(line.path, ""),
            f"{line.value}{' (outside its plausible range, on purpose)' if line.outside_range else ''}",
            "" if line.unit == "1" else line.unit,
            _called(line.grade),
            _source(line, scenario),
            line.origin,
            *((_share(shares.get(line.path, ())),) if of else ()),
        )
        for line in lines
    ]
    title = "Every parameter: assumptions first" + (", by their share in the spread" if of else "")
    return table(title, (*head, *((f"share in the spread of {of}",) if of else ())), rows)


def assumed(saved: Saved, most: int = 8) -> Table | None:
    """Return the assumptions with the largest shares in the spread; None where shares are not known."""
    found = parameters(saved)
    if len(found.head) < 8:
        return None
    rows = [(row[0], row[1], row[2], row[3], row[7]) for row in found.rows if row[4] == "D" and _has(row[7])]
    head = ("assumption", "meaning", "value", "unit", found.head[7])
    return table("Assumptions that the answer hangs on most", head, rows[:most]) if rows else None


def _has(cell: Cell) -> bool:
    return isinstance(cell, tuple) and bool(cell)


def spread(saved: Saved) -> tuple[Mapping[str, Sequence[Mapping[str, Any]]], str]:
    """Return the ranks of each input that is above the noise, and of which headline; nothing where none is known."""
    if not isinstance(saved, SavedYields) or not saved.document["ranking"]:
        return {}, ""
    ranking = saved.document["ranking"]
    name = asked_of(saved)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for rank in ranking:
        if rank["quantity"] == name and not rank["noise"]:
            found.setdefault(rank["input"], []).append(rank)
    return found, headline_title(name, saved)


def _known(ranks: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(rank["share"]) for rank in ranks)


def _share(ranks: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Return the shares of an input, each with the level at which it varies."""
    parts: list[Part] = []
    for rank in ranks:
        parts += [percent(rank["share"]), f" ({rank['level']}) "]
    return tuple(parts)


def meanings(scenario: Scenario) -> dict[str, str]:
    """Return what each parameter of the ledger means, by address."""
    own = [("", block) for block in scenario.declarations.blocks()]
    others = [
        (f"{product}.", block) for product, other in scenario.others.items() for block in other.declarations.of_recipe()
    ]
    return {
        f"{before}{block.prefix}.{name}": parameter.doc
        for before, block in (*own, *others)
        for name, parameter in block.parameters.items()
    }


def _called(grade: str) -> str:
    return _GRADE_OF_PLAN if grade == PLAN else grade


def _source(line: Resolved, scenario: Scenario) -> Cell:
    """Return the source of a parameter: a link to the bibliography, and the DOI as a link to the work."""
    if line.source in (ASSUMPTION, PLAN):
        return "" if line.source == PLAN else ASSUMPTION
    doi = _doi(line.source, scenario)
    here = Link(line.source, f"#source-{line.source}")
    return (here, " ", Link(f"doi:{doi}", _DOI + doi)) if doi else here


def _doi(key: str, scenario: Scenario) -> str | None:
    if key in references():
        return references()[key].doi
    doi = stated(scenario).get(key, {}).get("doi")
    return None if doi is None else str(doi)


def stated(scenario: Scenario) -> dict[str, Mapping[str, Any]]:
    """Return the sources that a scenario and those of its other products bring themselves, by key."""
    return {k: v for one in (*scenario.others.values(), scenario) for k, v in one.data.get("sources", {}).items()}


def bibliography(scenario: Scenario) -> Table:
    """Return the sources that the ledger uses, by key, with what was compared with a copy of each."""
    used = {line.source for line in scenario.ledger()} - {ASSUMPTION, PLAN}
    rows = [(key, *_work(key, scenario)) for key in sorted(used)]
    return table("Sources used", ("key", "work", "link", "compared with a copy of it"), rows)


def _work(key: str, scenario: Scenario) -> tuple[Cell, ...]:
    known = references().get(key)
    doi = _doi(key, scenario)
    link: Cell = Link(f"doi:{doi}", _DOI + doi) if doi else ""
    if known is None:
        return str(stated(scenario).get(key, {}).get("text", "")), link, "stated by the scenario"
    if not link and known.url:
        link = Link(known.url, known.url)
    parts = (known.authors, f"({known.year})" if known.year else "", known.title, known.journal)
    return ". ".join(part for part in parts if part), link or _NO_WORK, known.checked
