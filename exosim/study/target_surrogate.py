"""A smooth surface through the margins that are known, and where it expects the smallest change to a goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim.study.factor import Floats
from exosim.study.known_points import Known
from exosim.study.target_space import Space

if TYPE_CHECKING:
    from scipy.interpolate import RBFInterpolator

_MOST = 600
"""Points that a surface goes through at most: those with the least margin on either side."""
_APART = 2e-3
"""Of a change: how near to each other two of them may lie."""
_GLOBAL, _LOCAL, _SHRINKS, _SHRINK = 512, 96, 9, 0.6
_T = np.linspace(0.0, 1.0, 9)
_OFFSETS = np.array([-1.0, -0.25, 0.0, 0.25, 1.0])
_REGIONS, _ELSEWHERE, _FAR = 3, 0.2, 2
"""Regions in which a surface is followed, how far apart they are, and points asked where nothing is known."""
_BAD = 1e6


@dataclass(frozen=True)
class Surrogate:
    """The surface, over the places of the factors that move.

    Attributes
    ----------
    moved : numbers of those factors
    surface : from places, shape (points, moved), to bounded margins with the same sign, shape (points,)
    """

    moved: tuple[int, ...]
    surface: RBFInterpolator

    @classmethod
    def through(cls, space: Space, known: Known, moved: Sequence[int], size: float) -> Surrogate | None:
        """Return the surface through what is known; None where that is too little.

        Parameters
        ----------
        size : of the changes of interest: points much nearer to each other than that are not told apart
        """
        from scipy.interpolate import RBFInterpolator

        margins = known.answers[:, 0]
        order = np.argsort(np.abs(margins), kind="stable")[:_MOST]
        places = known.places[order][:, list(moved)]
        keep = _apart(places, _APART * max(size, 0.05))
        places, margins = places[keep], margins[order][keep]
        finite = np.abs(margins[np.isfinite(margins)])
        scale = float(np.median(finite)) if finite.size else 0.0
        try:
            return cls(tuple(moved), RBFInterpolator(places, np.arctan(margins / (scale or 1.0)), kernel="cubic"))
        except (ValueError, np.linalg.LinAlgError):
            return None

    def at(self, places: Floats) -> Floats:
        """Return bounded margins at places of all factors, of any shape (..., factors)."""
        own = places[..., list(self.moved)]
        return np.asarray(self.surface(own.reshape(-1, len(self.moved)))).reshape(own.shape[:-1])


def _apart(places: Floats, least: float) -> NDArray[np.intp]:
    """Return the numbers of points of which no two are nearer than that; the first of such a pair stays."""
    from scipy.spatial import cKDTree

    keep = np.ones(len(places), dtype=bool)
    for one, other in sorted(cKDTree(places).query_pairs(least)):
        if keep[one]:
            keep[other] = False
    return np.flatnonzero(keep)


def proposed(
    space: Space, surrogate: Surrogate, known: Known, best: Floats, size: float, spread: float,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Return places that are worth asking next, shape (points, factors).

    Where the surface expects the smallest change, on its ray somewhat before and behind, two beside it; the best of
    other regions; and places far from all that are known, as long as a change there would be smaller than the best.

    Parameters
    ----------
    best : the place of the best change that is known
    size : of that change if it reaches the goal; else infinite
    spread : how far before, behind and beside, as a share of the change
    """
    cloud = space.snapped(_cloud_of_box(space, surrogate.moved, rng))
    places, scores = _scored(space, surrogate, cloud)
    starts = _distinct(np.concatenate([best[None], places[np.argsort(scores, kind="stable")]]))
    refined = [_refined(space, surrogate, start, rng) for start in starts]
    tops = [top for top, _ in refined]
    first = min(range(len(refined)), key=lambda n: refined[n][1])
    change = tops[first] - space.origin
    ray = tops[first] + np.where(space.listed, 0.0, change) * spread * _OFFSETS[:, None]
    beside = tops[first] + spread * np.linalg.norm(change) * _directions(space, surrogate.moved, 2, rng)
    others = [top for n, top in enumerate(tops) if n != first]
    return space.snapped(np.concatenate([ray, beside, *([others] if others else []), _far(space, known, cloud, size)]))


def _distinct(places: Floats) -> list[Floats]:
    """Return the first place and the next ones that lie far from all before them."""
    found: list[Floats] = []
    for place in places:
        if all(np.linalg.norm(place - other) > _ELSEWHERE for other in found):
            found.append(place)
        if len(found) == _REGIONS:
            break
    return found


def _far(space: Space, known: Known, cloud: Floats, size: float) -> Floats:
    """Return the places of a cloud that are farthest from all known ones and would be smaller changes."""
    from scipy.spatial import cKDTree

    small = cloud[space.size(cloud) < size]
    if not len(small):
        return small
    distances, _ = cKDTree(known.places).query(small)
    return np.asarray(small[np.argsort(-distances, kind="stable")[:_FAR]])


def _cloud_of_box(space: Space, moved: Sequence[int], rng: np.random.Generator) -> Floats:
    cloud = np.tile(space.origin, (_GLOBAL, 1))
    columns = list(moved)
    low, high = space.low[columns], space.high[columns]
    cloud[:, columns] = low + rng.random((_GLOBAL, len(columns))) * (high - low)
    return cloud


def _directions(space: Space, moved: Sequence[int], count: int, rng: np.random.Generator) -> Floats:
    """Return random directions in the factors that move, each as long as a change of 1 in one of them."""
    steps = np.zeros((count, len(space.factors)))
    steps[:, list(moved)] = rng.standard_normal((count, len(moved)))
    return steps


def _scored(space: Space, surrogate: Surrogate, cloud: Floats) -> tuple[Floats, Floats]:
    """Return places of a cloud, drawn back to where the surface is zero, with their scores: the smaller, the better.

    A score is the size of the change where the surface reaches the goal, else a large number less the surface.
    """
    cloud = space.snapped(cloud)
    way = np.where(space.listed, 0.0, cloud - space.origin)
    path = (cloud - way)[:, None, :] + _T[:, None] * way[:, None, :]
    margins = surrogate.at(path)
    good = margins >= 0.0
    first = good.argmax(axis=1)
    rows, before = np.arange(len(cloud)), np.maximum(first - 1, 0)
    low, high = margins[rows, before], margins[rows, first]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(first > before, np.clip(-low / (high - low), 0.0, 1.0), 0.0)
    t = _T[before] + share * (_T[first] - _T[before])
    drawn = cloud - way + t[:, None] * way
    any_good = np.asarray(good.any(axis=1))
    top = margins.argmax(axis=1)
    peak = path[rows, top]
    places = np.where(any_good[:, None], drawn, peak)
    return places, np.where(any_good, space.size(places), _BAD - margins[rows, top])


def _refined(space: Space, surrogate: Surrogate, start: Floats, rng: np.random.Generator) -> tuple[Floats, float]:
    """Return the best place of shrinking clouds around a start, and its score."""
    places, scores = _scored(space, surrogate, start[None])
    best, score, radius = places[0], float(scores[0]), 0.5
    for _ in range(_SHRINKS):
        size = max(float(np.linalg.norm(best - space.origin)), 0.02)
        steps = radius * size * _directions(space, surrogate.moved, _LOCAL, rng)
        cloud = best + 0.2 * radius * (best - space.origin) + steps
        places, scores = _scored(space, surrogate, cloud)
        if scores.min() < score:
            best, score = places[scores.argmin()], float(scores.min())
        radius *= _SHRINK
    return best, score
