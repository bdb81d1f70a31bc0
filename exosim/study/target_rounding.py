"""A change as a person would make it: round numbers, no factor moved for next to nothing, the goal still reached."""

from __future__ import annotations

import numpy as np

from exosim.study.factor import Floats
from exosim.study.known_points import KnownPoints
from exosim.study.target_search import Found
from exosim.study.target_space import Space

SLACK = 0.004
"""By which share a change may become larger for fewer factors, and once more for round numbers."""
_STRETCH = (0.0, 1.5e-3, 3.5e-3)
_TRIED = 6


def settled(space: Space, known: KnownPoints, found: Found) -> Found:
    """Return a change that reaches the goal with fewer factors and round numbers, where it stays about as small."""
    return _round(space, known, _fewer(space, known, found)) if found.reaches else found


def _fewer(space: Space, known: KnownPoints, found: Found) -> Found:
    """Leave out the factors that are moved least, as many as the others can make up for."""
    shares = space.shares(found.place[None])[0]
    moved = np.flatnonzero(shares)
    order = moved[np.argsort(shares[moved], kind="stable")]
    rows = []
    for count in range(len(order) - 1, 0, -1):
        place = found.place.copy()
        place[order[:count]] = space.origin[order[:count]]
        for more in _STRETCH:
            rows.append(_stretched(space, place, 1.0 + more))
    return _first(space, known, found, rows)


def _stretched(space: Space, place: Floats, times: float) -> Floats:
    way = place - space.origin
    longer = space.origin + np.where(space.listed, 1.0, times) * way
    return np.asarray(np.clip(longer, space.low, space.high))


def _round(space: Space, known: KnownPoints, found: Found) -> Found:
    rows = zip(space.rounded(found.place, away=False), space.rounded(found.place, away=True), strict=True)
    return _first(space, known, found, [row for pair in rows for row in pair])


def _first(space: Space, known: KnownPoints, found: Found, rows: list[Floats]) -> Found:
    """Return the first of some changes that reaches the goal and is about as small; the change itself where none is."""
    if not rows:
        return found
    places = np.array(rows)
    sizes = space.size(places)
    small = np.flatnonzero((sizes <= found.size * (1.0 + SLACK)) & (sizes > 0.0))
    for start in range(0, min(len(small), 2 * _TRIED), _TRIED):
        some = small[start : start + _TRIED]
        margins = known.ask(places[some])
        good = np.flatnonzero(margins >= 0.0)
        if good.size:
            first = int(some[good[0]])
            return Found(places[first], float(margins[good[0]]), float(sizes[first]))
    return found
