"""Points of which none is better in one objective without being worse in another, and what they are worth together.

Costs are answers turned so that less is better, shape (points, objectives).

References
----------
E. Zitzler and L. Thiele, IEEE Transactions on Evolutionary Computation 3, 257-271 (1999), doi:10.1109/4235.797969
(hypervolume). I. Das, Structural Optimization 18, 107-115 (1999), doi:10.1007/BF01195985 (knee).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exosim.study.factor import Floats
from exosim.study.pymoo_parts import part

Places = NDArray[np.intp]
MARGIN = 0.1
"""How far the reference point lies beyond the worst of the front, in spans of the front."""
LEAST_BULGE = 0.01
"""A point nearer to the plane through the extremes, in spans, is no knee: the front is straight or bulges outward."""


@dataclass(frozen=True)
class Box:
    """Between which costs a front lies, and where its hypervolume ends.

    Attributes
    ----------
    ideal : the least of each cost
    span : from there to the largest of each; where that is nothing, the size of the cost itself, or 1
    """

    ideal: Floats
    span: Floats

    @property
    def reference(self) -> Floats:
        """The point up to which the hypervolume counts: 10 % of the span beyond the worst of the front."""
        return self.ideal + (1.0 + MARGIN) * self.span

    def shares(self, costs: Floats) -> Floats:
        """Return costs as shares of the span: 0 at the best of the front, 1 at its worst."""
        return np.asarray((costs - self.ideal) / self.span)


def box_of(costs: Floats) -> Box:
    """Return the box around costs of at least one point."""
    ideal = costs.min(axis=0)
    span = costs.max(axis=0) - ideal
    own = np.where(ideal != 0.0, np.abs(ideal), 1.0)
    return Box(ideal, np.where(span > 0.0, span, own))


def dominates(one: Floats, others: Floats) -> NDArray[np.bool_]:
    """Return which of the others are worse than one point in an objective, and better in none."""
    return np.asarray((one <= others).all(axis=-1) & (one < others).any(axis=-1))


def nondominated(costs: Floats) -> Places:
    """Return the places of the points that no other dominates, rising; points of equal costs stay together.

    Examples
    --------
    >>> nondominated(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 4.0], [3.0, 1.0]])).tolist()
    [0, 1, 3]
    """
    left = np.lexsort(costs.T[::-1])  # who dominates a point stands before it
    kept: list[int] = []
    while left.size:
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[~dominates(costs[best], costs[left])]
    return np.array(sorted(kept), dtype=np.intp)


def hypervolume(costs: Floats, box: Box) -> float:
    """Return which share of the box, from its ideal to its reference point, is dominated by some of the points."""
    if not len(costs):
        return 0.0
    beyond = np.full(costs.shape[1], 1.0 + MARGIN)
    return float(part("indicators.hv").HV(ref_point=beyond)(box.shares(costs)) / np.prod(beyond))


def knee(costs: Floats) -> tuple[int, float] | None:
    """Return the point farthest on the better side of the plane through the extremes, and how far that is.

    The extremes are the points with the least of each cost. Where they span no plane that falls in every direction,
    the plane is that through the ends of the axes. Distances are in shares of the span of the front.

    Returns
    -------
    place and distance; None where no point lies farther than :data:`LEAST_BULGE` beyond it
    """
    shares = box_of(costs).shares(costs)
    ends = [np.lexsort((shares.sum(axis=1), column))[0] for column in shares.T]
    corners = shares[ends]
    normal = np.ones(costs.shape[1])
    if np.linalg.matrix_rank(corners) == len(corners):
        solved = np.linalg.solve(corners, normal)
        normal = np.where((solved > 0.0).all(), solved, normal)
    distances = (1.0 - shares @ normal) / np.linalg.norm(normal)
    place = int(distances.argmax())
    return (place, float(distances[place])) if distances[place] > LEAST_BULGE else None
