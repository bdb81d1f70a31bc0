"""Which factors are moved together, in which order, and how many points each such search may ask."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from exosim.study.known_points import KnownPoints
from exosim.study.target_rounding import SLACK, settled
from exosim.study.target_search import Found, search
from exosim.study.target_space import Space

Moved = tuple[int, ...]
MOST_TRIPLED = 5
"""Factors above which no triples are looked at."""
_ROUNDING, _LEAST, _MOST = 16, 0.45, 3.0
"""Points for rounding a change; between which shares of its points a search gets more or fewer."""


@dataclass
class Searched:
    """What came of all searches.

    Attributes
    ----------
    found : the best change of each set of factors that was looked at and is smaller than that of all sets within it
    same : sets to which a smaller set is no worse
    skipped : sets that the budget had no points for
    unfinished : sets whose search ended because its points were spent
    """

    found: dict[Moved, Found] = field(default_factory=dict)
    same: list[Moved] = field(default_factory=list)
    skipped: list[Moved] = field(default_factory=list)
    unfinished: list[Moved] = field(default_factory=list)


def points_for(moved: int) -> int:
    """Return how many points the search of so many factors together asks at most, where the budget allows it."""
    return 48 if moved == 1 else 90 + 20 * moved


def search_all(space: Space, known: KnownPoints, seed: int) -> Searched:
    """Search every factor alone, all together, then pairs and triples, the most promising first."""
    count = len(space.factors)
    done, everything = Searched(), tuple(range(count))
    for n in range(count):
        _search(space, known, (n,), seed, points_for(1), done)
    worth = promise(space, known)
    sizes = [size for size in ((2, 3) if count <= MOST_TRIPLED else (2,)) if size < count]
    sets = [moved for size in sizes for moved in by_promise(itertools.combinations(everything, size), worth)]
    sets = [everything, *sets] if count > 1 else sets
    share = min(_MOST, max(_LEAST, known.left / max(1, sum(points_for(len(moved)) for moved in sets))))
    for moved in sets:
        _search(space, known, moved, seed, int(share * points_for(len(moved))), done)
    return done


def promise(space: Space, known: KnownPoints) -> list[float]:
    """Return how much margin each factor alone gains at best, for a change of 1."""
    (base,) = known.ask(space.origin[None])
    gains = []
    for n in range(len(space.factors)):
        places, answers = known.within((n,))
        sizes, margins = space.size(places), answers[:, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            slopes = np.where(np.isfinite(margins), (margins - max(base, -1e300)) / sizes, 0.0)
        gains.append(max(0.0, float(np.nan_to_num(slopes).max())))
    return gains


def pairs_of(count: int) -> list[Moved]:
    """Return all pairs of so many factors."""
    return list(itertools.combinations(range(count), 2))


def by_promise(sets: Iterable[Moved], worth: Sequence[float]) -> list[Moved]:
    """Return sets of factors, the one with the most promise first."""
    return sorted(sets, key=lambda moved: -sum(worth[n] for n in moved))


def _search(space: Space, known: KnownPoints, moved: Moved, seed: int, points: int, done: Searched) -> None:
    """Search one set and keep what it found, unless a set within it does as well."""
    if known.left < points // 2 and done.found:
        done.skipped.append(moved)
        return
    with known.at_most(points):
        found = search(space, known, moved, seed)
    if not found.finished:
        done.unfinished.append(moved)
    with known.at_most(_ROUNDING):
        found = settled(space, known, found)
    moves = tuple(int(n) for n in np.flatnonzero(found.place != space.origin))
    own = moves if found.reaches and moves else moved
    if any(_no_worse(other, found) for name, other in done.found.items() if set(name) <= set(own)):
        done.same += [moved] if own != moved or own not in done.found else []
        return
    larger = [name for name, other in done.found.items() if set(own) < set(name) and _no_worse(found, other)]
    done.same += [*larger, *([moved] if own != moved else [])]
    done.found = {name: other for name, other in done.found.items() if name not in larger} | {own: found}


def _no_worse(one: Found, other: Found) -> bool:
    if one.reaches != other.reaches:
        return one.reaches
    if one.reaches:
        return one.size <= other.size * (1.0 + SLACK)
    return one.margin >= other.margin - 1e-6 * (1.0 + abs(other.margin))
