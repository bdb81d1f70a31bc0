"""The smallest change of some factors that reaches a goal.

One factor: a line on either side of the base. Several: Sobol' points in their box, then rounds in which a smooth
surface through all that is known (cubic radial basis functions with a linear tail) says where the smallest change must
be; the model is asked there and around, and the surface is drawn anew. In the end the change is drawn back along its
ray until it only just reaches the goal. Where nothing reaches it, the same rounds look for the largest margin.

The way of searching expensive functions is that of R. G. Regis and C. A. Shoemaker, INFORMS Journal on Computing 19,
497-509 (2007), doi:10.1287/ijoc.1060.0182; the smallest change is the design point of structural reliability (A. M.
Hasofer and N. C. Lind, Journal of the Engineering Mechanics Division 100, 111-121, 1974), on the shares of the ranges.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exosim.study.factor import Floats
from exosim.study.known_points import KnownPoints
from exosim.study.target_line import TOLERANCE, nearest_on_line
from exosim.study.target_space import Space
from exosim.study.target_surrogate import Surrogate, proposed

_COUNTABLE, _AT_ONCE = 32, 64
_PASSES, _ROUNDS, _STALLED, _SPREAD = 4, 16, 3, 0.08
"""Passes over a box; rounds in each; rounds in a row that find nothing; how far beside a change it is looked first."""
_BEFORE = np.array([0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0])
"""Where a change of several factors is looked at on its ray; the rest of it lies where the surface says no."""
_STEP, _LEAST_STEP = 0.02, 2e-4
"""Of a climb, as shares of the ranges."""
_RESERVE = 2 * len(_BEFORE)


@dataclass(frozen=True)
class Found:
    """The smallest change that reaches the goal, or the one that comes nearest to it.

    Attributes
    ----------
    place : of each factor in its range
    margin : of the goal; >= 0 where it is reached
    size : of the change
    finished : whether the search ended by itself, not because its points were spent
    """

    place: Floats
    margin: float
    size: float
    finished: bool = True

    @property
    def reaches(self) -> bool:
        """Whether the goal is reached."""
        return self.margin >= 0.0


def best_known(space: Space, known: KnownPoints, moved: Sequence[int]) -> Found:
    """Return the smallest change of some factors that is known to reach the goal, else the one with most margin."""
    places, answers = known.within(moved)
    margins, sizes = answers[:, 0], space.size(places)
    rank = np.lexsort((sizes, -margins)) if not (margins >= 0.0).any() else np.lexsort((-margins, sizes, margins < 0.0))
    first = int(rank[0])
    return Found(places[first], float(margins[first]), float(sizes[first]))


def search(space: Space, known: KnownPoints, moved: Sequence[int], seed: int) -> Found:
    """Return the smallest change of some factors that reaches the goal, or what comes nearest.

    Parameters
    ----------
    known : the base is among it
    moved : numbers of the factors that may move
    seed : of the points in the box
    """
    counts = [space.count_of(n) for n in moved]
    if math.prod(counts) <= max(min(known.left, _COUNTABLE**2), _COUNTABLE):
        finished = _search_all(space, known, moved)
    elif len(moved) == 1:
        finished = _search_line(space, known, moved[0])
    else:
        finished = _search_box(space, known, moved, seed)
    return replace(best_known(space, known, moved), finished=finished)


def _search_all(space: Space, known: KnownPoints, moved: Sequence[int]) -> bool:
    """Ask at every combination of values, the smallest changes first, until one reaches the goal; whether it ended."""
    axes = [np.concatenate([[space.origin[n]], space.values_of(n)]) for n in moved]
    places = np.tile(space.origin, (math.prod(map(len, axes)), 1))
    places[:, list(moved)] = list(itertools.product(*axes))
    places = places[np.argsort(space.size(places), kind="stable")]
    for start in range(0, len(places), _AT_ONCE):
        if (known.ask(places[start : start + _AT_ONCE]) >= 0.0).any():
            return True
        if known.left <= 0:
            return start + _AT_ONCE >= len(places)
    return True


def _search_line(space: Space, known: KnownPoints, n: int) -> bool:
    """Ask on both sides of the base on one axis."""
    for end in (space.low[n], space.high[n]):
        if end != space.origin[n]:
            place = space.origin.copy()
            place[n] = end
            _draw_back(space, known, place)
    return known.left > 0


def _draw_back(space: Space, known: KnownPoints, place: Floats, steps: Floats | None = None) -> None:
    """Ask between the base and a place, for the first that reaches the goal; what is listed stays where others move."""
    free = ~space.listed if (~space.listed & (place != space.origin)).any() else np.ones_like(space.listed)

    def margins(t: Floats) -> Floats:
        return known.ask(space.snapped(drawn_back(space, place, t, free)))

    nearest_on_line(margins, steps)


def drawn_back(space: Space, place: Floats, t: Floats, free: NDArray[np.bool_]) -> Floats:
    """Return places on the way from the base (t = 0) to a place (t = 1); factors that are not free stay there."""
    way = np.where(free, place - space.origin, 0.0)
    return np.asarray(place - way + t[:, None] * way)


def _search_box(space: Space, known: KnownPoints, moved: Sequence[int], seed: int) -> bool:
    """Ask in the box of several factors: passes of even points and of rounds, until one finds nothing better."""
    from scipy.stats import qmc

    rng = np.random.default_rng([seed, *moved])
    cube = qmc.Sobol(len(moved), scramble=True, rng=rng)
    points = 2 ** min(7, int(math.log2(max(known.left / 3.0, 4.0))))
    before = best_known(space, known, moved)
    for _ in range(_PASSES):
        known.ask(_in_box(space, moved, cube.random(min(points, 2 ** int(math.log2(max(known.left, 1)))))))
        settled = _follow(space, known, moved, rng)
        after = best_known(space, known, moved)
        if known.left <= _RESERVE or (settled and not _better(after, before)):
            break
        before = after
    found = best_known(space, known, moved)
    if not found.reaches:
        found = _climb(space, known, moved, found, rng)
    if found.reaches:
        _draw_back(space, known, found.place, _BEFORE)
    return settled


def _climb(
    space: Space, known: KnownPoints, moved: Sequence[int], found: Found, rng: np.random.Generator
) -> Found:  # fmt: skip
    """Return what has the most margin around a change that does not reach the goal, also on a ridge with an edge.

    Steps along all axes and along random directions, each half as long where none of them is better.
    """
    columns, step = list(moved), _STEP
    while step > _LEAST_STEP and known.left > 0 and not found.reaches:
        ways = np.concatenate([np.eye(len(columns)), rng.standard_normal((len(columns), len(columns)))])
        places = np.tile(found.place, (2 * len(ways), 1))
        places[:, columns] += step * np.concatenate([ways, -ways])
        known.ask(space.snapped(places))
        better = best_known(space, known, moved)
        step = step if better.margin > found.margin else 0.5 * step
        found = better
    return found


def _in_box(space: Space, moved: Sequence[int], shares: Floats) -> Floats:
    """Return the places at shares of the box of some factors."""
    places, columns = np.tile(space.origin, (len(shares), 1)), list(moved)
    places[:, columns] = space.low[columns] + shares * (space.high[columns] - space.low[columns])
    return space.snapped(places)


def _follow(space: Space, known: KnownPoints, moved: Sequence[int], rng: np.random.Generator) -> bool:
    """Ask where the surface through all that is known expects the smallest change; return whether that settled."""
    before, stalled, spread = best_known(space, known, moved), 0, _SPREAD
    for _ in range(_ROUNDS):
        learned = known.within(moved)
        surrogate = Surrogate.through(space, learned, moved, before.size)
        if surrogate is None or known.left <= _RESERVE or stalled == _STALLED:
            break
        with known.at_most(known.left - _RESERVE):
            size = before.size if before.reaches else math.inf
            known.ask(proposed(space, surrogate, learned, before.place, size, spread, rng))
        after = best_known(space, known, moved)
        stalled = 0 if _better(after, before) else stalled + 1
        before, spread = after, 0.6 * spread
    return stalled == _STALLED


def _better(after: Found, before: Found) -> bool:
    """Return whether a round was worth it."""
    if after.reaches != before.reaches:
        return True
    if after.reaches:
        return after.size < before.size * (1.0 - 2.0 * TOLERANCE)
    return after.margin > before.margin + 1e-4 * (1.0 + abs(before.margin)) or not math.isfinite(before.margin)
