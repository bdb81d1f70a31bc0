"""A front as a JSON document and as frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from exosim.frames import Frame
from exosim.study.documents import factor_rows, head, known
from exosim.study.factor import Factor, Floats

if TYPE_CHECKING:
    from exosim.study.front import Front


def document(found: Front) -> dict[str, Any]:
    """Return the JSON document of a front; what has no value is null."""
    return {
        **head("front", found),
        "factors": factor_rows(found.factors, found.base.point.tolist()),
        "objectives": [
            {"question": one.asked.label, "sense": one.sense, "unit": found.unit(one.asked)} for one in found.objectives
        ],
        "limits": [
            {"question": one.asked.label, "sign": one.sign, "limit": one.limit, "unit": one.unit}
            for one in found.limits
        ],
        "search": {
            "population": found.population,
            "generations": found.generations,
            "ended": found.ended,
            "points": len(found.points),
            "allowed": int(found.allowed.sum()),
            "impossible": len(found.impossible),
        },
        "hypervolume": _hypervolume(found),
        "base": {
            "settings": settings(found, found.base.point),
            "inside": found.base.inside,
            "allowed": found.base_allowed,
            "failed": found.base.failed,
            "answers": _answers(found, found.base.values),
            "fresh": None if found.fresh is None else _answers(found, found.fresh.values[:, -1]),
        },
        "front": [_row(found, row) for row in range(len(found.front))],
        "answer": found.answer,
        "knee": None if found.knee is None else {"row": found.knee[0] + 1, "distance": found.knee[1]},
        "remarks": found.remarks(),
    }


def settings(found: Front, point: Floats) -> dict[str, Any]:
    """Return a point by the paths of its factors: numbers in the unit of each, or what was chosen."""
    return {factor.path: _setting(factor, float(value)) for factor, value in zip(found.factors, point, strict=True)}


def _setting(factor: Factor, value: float) -> Any:
    return factor.told(value) if factor.choices else int(value) if factor.whole else known(value)


def _hypervolume(found: Front) -> dict[str, Any]:
    box = found.box
    ends = (None, None) if box is None else (box.ideal, box.reference)
    names = ("ideal", "reference")
    turned = {
        name: None if end is None else {one.asked.label: float(one.costs(end[place])) for place, one in _each(found)}
        for name, end in zip(names, ends, strict=True)
    }
    return {**turned, "by_generation": found.hypervolume.tolist()}


def _each(found: Front) -> list[tuple[int, Any]]:
    return list(enumerate(found.objectives))


def _row(found: Front, row: int) -> dict[str, Any]:
    place = int(found.front[row])
    gains = {one.asked.label: known(float(found.gains[row, at])) for at, one in _each(found)}
    return {
        "row": row + 1,
        "point": place + 1,
        "settings": settings(found, found.points[place]),
        "answers": _answers(found, found.values[:, place]),
        "fresh": None if found.fresh is None else _answers(found, found.fresh.values[:, row]),
        "stands": None if found.stands is None else bool(found.stands[row]),
        "beats_base": bool(found.beats_base[row]),
        "better_than_base_by": gains,
    }


def _answers(found: Front, values: Floats) -> dict[str, float | None]:
    return {asked.label: known(float(value)) for asked, value in zip(found.questions, values, strict=True)}


def _front(found: Front) -> Frame:
    """Return the front: settings, answers in the search and on other draws, and what of it is better than the base."""
    rows = len(found.front)
    columns = _points(found, found.points[found.front], found.values[:, found.front])
    if found.fresh is not None and found.stands is not None:
        again = zip(found.questions, found.fresh.values, strict=True)
        columns |= {f"fresh {asked.label}": values[:rows] for asked, values in again} | {"stands": found.stands}
    at_knee = np.zeros(rows, dtype=bool)
    if found.knee is not None:
        at_knee[found.knee[0]] = True
    columns |= {"beats_base": found.beats_base, "knee": at_knee}
    units = _units(found)
    return Frame(
        "row", columns, units | {f"fresh {name}": unit for name, unit in units.items()}, 1, about=_about(found)
    )


def _all(found: Front) -> Frame:
    """Return every point that was asked."""
    on_front = np.zeros(len(found.points), dtype=bool)
    on_front[found.front] = True
    reasons = [found.impossible.get(place, "") for place in range(len(found.points))]
    columns = _points(found, found.points, found.values)
    columns |= {"generation": found.generation, "allowed": found.allowed, "front": on_front, "reason": reasons}
    return Frame("point", columns, _units(found), 1, about=_about(found))


def _trace(found: Front) -> Frame:
    """Return the hypervolume after each generation."""
    asked = np.bincount(found.generation, minlength=len(found.hypervolume) + 1)[1:]
    return Frame("generation", {"points": asked, "hypervolume": found.hypervolume}, {}, 1, about=_about(found))


def _points(found: Front, points: Floats, values: Floats) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for place, factor in enumerate(found.factors):
        mine = points[:, place]
        columns[factor.path] = [factor.told(value) for value in mine] if factor.choices else mine
    return columns | {asked.label: row for asked, row in zip(found.questions, values, strict=True)}


def _units(found: Front) -> dict[str, str]:
    asked: dict[str, str] = {one.label: found.unit(one) for one in found.questions}
    return {factor.path: factor.unit for factor in found.factors if not factor.choices} | asked


def _about(found: Front) -> dict[str, Any]:
    return {"scenario": found.name, "hash": found.hash, "seed": found.seed}


FRAMES: Mapping[str, Any] = {"front": _front, "points": _all, "hypervolume": _trace}
