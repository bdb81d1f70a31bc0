"""Where the cheaper of two technologies changes with demand: over all worlds together, and world by world."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from exosim.scaling.screen import Screened, Worlds

Points = Mapping[str, Sequence[Screened]]
"""The cheapest plants of each technology, one for each demand."""


@dataclass(frozen=True)
class Switch:
    """The demand from which one technology is cheaper than another.

    Attributes
    ----------
    before, after : the technology that is cheaper below it, and above it
    demand : at which both cost the same over all worlds together [dose/year]
    low, high : 5 and 95 % of the worlds that have such a demand have it below; None where none has
    share : of the worlds in which the order changes so between the demands looked at
    always, never : share of the worlds in which the second is the cheaper at all of them, and at none
    of_winners : whether both are the cheapest of all there, before and after
    """

    before: str
    after: str
    demand: float
    low: float | None
    high: float | None
    share: float
    always: float
    never: float
    of_winners: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the switch as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Order:
    """What a dose costs by one technology over what it costs by another, at one demand.

    Attributes
    ----------
    one, other, demand : which two, and where
    cheaper : share of the worlds in which the first is the cheaper
    low, ratio, high : cost by the first over cost by the second: 5 %, median and 95 % of the worlds; None where one of
        them is infinite
    """

    one: str
    other: str
    demand: float
    cheaper: float
    low: float | None
    ratio: float | None
    high: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the order as a JSON object."""
        return asdict(self)


def orders(points: Points) -> tuple[Order, ...]:
    """Return the ratio of costs of every two technologies at every demand that both meet."""
    return tuple(
        _order(a, b)
        for one, other in itertools.combinations(points, 2)
        for a, b in zip(points[one], points[other], strict=True)
        if a.feasible and b.feasible
    )


def _order(a: Screened, b: Screened) -> Order:
    gaps = _gaps(a, b)
    quantiles = np.exp(np.quantile(gaps, (0.05, 0.5, 0.95), method="inverted_cdf")).tolist()
    known = [value if math.isfinite(value) and value > 0.0 else None for value in quantiles]
    return Order(a.technology, b.technology, a.demand, float(np.mean(gaps < 0.0)), *known)


def switches(points: Points, winners: Sequence[str | None]) -> tuple[Switch, ...]:
    """Return where the order of two technologies changes, those of the winners first, then by demand.

    Of two that change places several times and never are the winners, the last time counts.

    Parameters
    ----------
    points : of each technology, over the same demands and worlds
    winners : the cheapest at each demand; None where no plant meets it
    """
    changes = {(a, b) for a, b in itertools.pairwise(winners) if a and b and a != b}
    found: list[Switch] = []
    for one, other in itertools.combinations(points, 2):
        both = sorted([*_of(points, one, other), *_of(points, other, one)], key=lambda switch: switch.demand)
        marked = [_marked(switch, (switch.before, switch.after) in changes) for switch in both]
        found += [switch for switch in marked if switch.of_winners] or marked[-1:]
    return tuple(sorted(found, key=lambda switch: (not switch.of_winners, switch.demand)))


def _marked(switch: Switch, of_winners: bool) -> Switch:
    return Switch(**{**asdict(switch), "of_winners": of_winners})


def _of(points: Points, before: str, after: str) -> Iterator[Switch]:
    """Yield where `after` becomes the cheaper over all worlds together."""
    both = [(a, b) for a, b in zip(points[before], points[after], strict=True) if a.feasible and b.feasible]
    for (a, b), (c, d) in itertools.pairwise(both):
        here, there = _gap(a.expected, b.expected), _gap(c.expected, d.expected)
        if here < 0.0 <= there:
            at = np.array([_gaps(one, other) for one, other in both])
            demands = np.log([one.demand for one, _ in both])
            position = _between(math.log(a.demand), math.log(c.demand), here, there)
            yield _told(before, after, math.exp(position), at, demands)


def _gap(one: float, other: float) -> float:
    """Return the logarithm of the ratio of two costs; of two that are infinite, 0."""
    if math.isinf(one) or math.isinf(other):
        return (math.inf if math.isinf(one) else 0.0) - (math.inf if math.isinf(other) and not math.isinf(one) else 0.0)
    return math.log(one / other)


def _gaps(one: Screened, other: Screened) -> Worlds:
    return np.array([_gap(a, b) for a, b in zip(one.per_dose.tolist(), other.per_dose.tolist(), strict=True)])


def _between(low: float, high: float, here: float, there: float) -> float:
    """Return where a line between two gaps is 0; one that is infinite puts it at the other end."""
    if math.isinf(here) or math.isinf(there):
        return (low + high) / 2.0 if math.isinf(here) == math.isinf(there) else (high if math.isinf(here) else low)
    return low + (high - low) * here / (here - there)


def _told(before: str, after: str, demand: float, gaps: np.ndarray[Any, Any], demands: Worlds) -> Switch:
    """Return a switch with what the worlds say of it; `gaps` has the shape (demands, worlds)."""
    each = [_of_world(gap.tolist(), demands.tolist()) for gap in gaps.T]
    inside = np.exp([place for place in each if place is not None and math.isfinite(place)])
    always, never = (sum(place == end for place in each) / len(each) for end in (-math.inf, math.inf))
    low, high = np.quantile(inside, (0.05, 0.95), method="inverted_cdf").tolist() if len(inside) else (None, None)
    return Switch(before, after, demand, low, high, len(inside) / len(each), always, never, False)


def _of_world(gaps: Sequence[float], demands: Sequence[float]) -> float | None:
    """Return where the order of one world changes for the last time; -inf and inf where it never does."""
    cheaper = [gap >= 0.0 for gap in gaps]
    if all(cheaper):
        return -math.inf
    if not any(cheaper):
        return math.inf
    for place in range(len(gaps) - 1, 0, -1):
        if cheaper[place] and not cheaper[place - 1]:
            return _between(demands[place - 1], demands[place], gaps[place - 1], gaps[place])
    return None
