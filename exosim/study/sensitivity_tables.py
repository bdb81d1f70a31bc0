"""A sensitivity as a JSON document and as frames."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from exosim.frames import Column, Frame, of_rows
from exosim.study.documents import factor_rows, head, known
from exosim.study.factor import Factor
from exosim.study.ranked import Ranked
from exosim.study.sobol_indices import Indices
from exosim.study.tornado import Bars

if TYPE_CHECKING:
    from exosim.study.sensitivity import Sensitivity

_OF_FACTOR = ("low_at", "high_at")
"""Columns that hold values of the factor, not of the answer."""


def as_document(found: Sensitivity) -> dict[str, Any]:
    """Return the JSON document: no time, path or machine, null in the place of NaN."""
    return {
        **head("sensitivity", found),
        "method": found.method,
        "points": len(found.answers.points),
        "samples": found.samples or None,
        "levels": found.levels or None,
        "factors": factor_rows(found.factors, (one.base for one in found.factors)),
        "questions": [_question(found, place) for place in range(len(found.asked))],
        "failed": [{"point": place + 1, "why": why} for place, why in sorted(found.failed.items())],
        "remarks": found.remarks(),
    }


def factor_frame(found: Sensitivity) -> Frame:
    """Return a row for each question and factor, what matters most first."""
    rows = [row for place in range(len(found.asked)) for row in _rows(found, place)]
    names = list(rows[0])
    return of_rows("row", names, [list(row.values()) for row in rows], first=1, about={"seed": found.seed})


def point_frame(found: Sensitivity) -> Frame:
    """Return a row for each point: the values of the factors, the answers, and why it was not possible."""
    points, answers = found.answers.points, found.answers
    columns: dict[str, Column] = {}
    for place, factor in enumerate(found.factors):
        values = points[:, place]
        columns[factor.path] = [str(factor.choices[int(v)]) for v in values] if factor.choices else values
    units = {f.path: f.unit for f in found.factors if not f.choices}
    for asked, unit, values in zip(found.asked, found.units, answers.values, strict=True):
        columns[asked.label], units[asked.label] = values, unit
    if found.failed:
        columns["failed"] = [found.failed.get(place) for place in range(len(points))]
    return Frame("point", columns, units, first=1, about={"seed": found.seed})


def _question(found: Sensitivity, place: int) -> dict[str, Any]:
    ranked = found.found[place]
    base = {"base": known(ranked.base)} if isinstance(ranked, Bars) else {}
    head = {"asked": found.asked[place].label, "unit": found.units[place], "reason": ranked.reason or None}
    skipped = ("question", "unit")
    return {**head, **base, "factors": [_without(row, skipped) for row in _rows(found, place)]}


def _without(row: Mapping[str, Any], skipped: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in skipped}


def _rows(found: Sensitivity, place: int) -> Iterator[dict[str, Any]]:
    """Yield what is known of each factor for a question, in the order of the ranking."""
    ranked = found.found[place]
    for rank, number in enumerate(ranked.order, start=1):
        factor = found.factors[number]
        head = {"question": found.asked[place].label, "unit": found.units[place], "rank": rank, "path": factor.path}
        numbers = {name: _value(name, float(values[number]), factor) for name, values in ranked.columns.items()}
        yield {**head, **numbers, **_flags(ranked, number)}


def _value(name: str, value: float, factor: Factor) -> Any:
    if name in _OF_FACTOR and factor.choices and math.isfinite(value):
        return str(factor.choices[round(value)])
    return known(value)


def _flags(ranked: Ranked, number: int) -> dict[str, Any]:
    """Return what is noise; None where there are no numbers."""
    flags = {"noise": ranked.noise}
    if isinstance(ranked, Indices):
        flags["first_noise"] = ranked.first_noise
    if isinstance(ranked, Bars):
        flags["turns"] = ranked.turns
    known = not ranked.reason and not math.isnan(ranked.size[number])
    return {name: bool(values[number]) if known else None for name, values in flags.items()}
