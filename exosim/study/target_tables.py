"""A back-solving as tables and as a JSON document."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from exosim.frames import Frame, of_rows
from exosim.study.documents import factor_rows, head, known, plain
from exosim.study.margins import Reached
from exosim.study.target_words import binding_in_words, change_in_words

if TYPE_CHECKING:
    from exosim.study.iso_surface import IsoSurface
    from exosim.study.target import Target
    from exosim.study.target_answer import Answer


def document(found: Target) -> dict[str, Any]:
    """Return the JSON document."""
    return {
        **head("target", found),
        "goal": {
            "probability": found.probability,
            "conditions": [asdict(condition) for condition in found.conditions],
        },
        "norm": found.space.norm,
        "margin_of": "draws" if found.yes_or_no else "limits",
        "factors": list(_factors(found)),
        "base": _answer(found, found.base),
        "reached": found.base.reaches or bool(found.answers),
        "answers": [_answer(found, answer) for answer in found.answers],
        "misses": [_answer(found, answer) for answer in found.misses],
        "room": [
            {"factor": found.factors[r.factor].path, "low": r.low, "high": r.high, "lost_below": r.low_ends,
             "lost_above": r.high_ends}
            for r in found.rooms
        ],
        "surfaces": [_surface(found, surface) for surface in found.surfaces],
        "same": [_paths(found, moved) for moved in found.same],
        "skipped": [_paths(found, moved) for moved in found.skipped],
        "evaluations": {"allowed": found.evaluations, "asked": found.asked},
        "impossible": [{"reason": why, "points": count} for why, count in found.impossible.items()],
        "fresh_seed": found.fresh_seed,
        "remarks": found.remarks(),
    }  # fmt: skip


def frames(found: Target) -> Mapping[str, Callable[[], Frame]]:
    """Return the tables by name."""
    return {
        "answers": lambda: _answers(found, found.answers),
        "misses": lambda: _answers(found, found.misses),
        "profiles": lambda: _profiles(found),
        "iso_lines": lambda: _lines(found),
        "maps": lambda: _maps(found),
    }


def _paths(found: Target, moved: tuple[int, ...]) -> list[str]:
    return [found.factors[n].path for n in moved]


def _factors(found: Target) -> Iterator[dict[str, Any]]:
    space = found.space
    rows = factor_rows(found.factors, space.base)
    for row, weight, way in zip(rows, space.weights, space.ways, strict=True):
        yield {**row, "weight": weight, "way": way}


def _answer(found: Target, answer: Answer) -> dict[str, Any]:
    return {
        "factors": _paths(found, answer.moved),
        "change": change_in_words(found, answer),
        "values": {f.path: value for f, value in zip(found.factors, answer.point, strict=True)},
        "shares": {f.path: share for f, share in zip(found.factors, answer.shares, strict=True)},
        "size": answer.size,
        "margin": known(answer.margin),
        "probability": None if answer.probability is None else answer.probability.as_dict(),
        "fresh": None if answer.fresh is None else answer.fresh.as_dict(),
        "holds": answer.holds(found.probability) if answer.reaches else None,
        "conditions": [
            {"label": Reached(c, found.probability).label, "value": known(value), "probability": known(alone)}
            for c, value, alone in zip(found.conditions, answer.reached, answer.alone, strict=True)
        ],
        "binding": binding_in_words(found, answer),
    }


def _surface(found: Target, surface: IsoSurface) -> dict[str, Any]:
    return {
        "factors": _paths(found, (surface.first, surface.second)),
        "values": [surface.x.tolist(), surface.y.tolist()],
        "margin": plain(surface.margin),
        "probability": plain(surface.probability),
        "line": surface.line.tolist(),
    }


def _answers(found: Target, answers: tuple[Answer, ...]) -> Frame:
    """Return a row for each answer: its factors, size, probability, the value of every factor and condition."""
    labels = [Reached(c, found.probability).label for c in found.conditions]
    names = ["factors", "moved", "size", "margin", "probability", "low", "high", "fresh", "holds"]
    rows = [
        (
            " + ".join(_paths(found, a.moved)), len(a.moved), a.size, a.margin,
            *((a.probability.mean, a.probability.low, a.probability.high) if a.probability else (math.nan,) * 3),
            math.nan if a.fresh is None else a.fresh.mean, a.holds(found.probability), *a.point, *a.reached,
        )
        for a in answers
    ]  # fmt: skip
    units = {f.path: "1" if f.times else f.unit for f in found.factors}
    units |= dict(zip(labels, (c.unit for c in found.conditions), strict=True))
    return of_rows("answer", [*names, *units], rows, units=units, first=1)


def _profiles(found: Target) -> Frame:
    rows = [
        (f.path, f.unit, *row) for f, table in zip(found.factors, found.profiles, strict=True) for row in table.tolist()
    ]
    return of_rows("point", ["factor", "unit", "value", "probability", "margin"], rows)


def _lines(found: Target) -> Frame:
    rows = [(*_paths(found, (s.first, s.second)), *row) for s in found.surfaces for row in s.line.tolist()]
    return of_rows("point", ["first", "second", "first_value", "second_value"], rows)


def _maps(found: Target) -> Frame:
    rows = [
        (*_paths(found, (s.first, s.second)), float(x), float(y), float(s.probability[i, j]), float(s.margin[i, j]))
        for s in found.surfaces
        for i, x in enumerate(s.x)
        for j, y in enumerate(s.y)
    ]
    return of_rows("point", ["first", "second", "first_value", "second_value", "probability", "margin"], rows)
