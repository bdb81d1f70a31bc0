"""What was found about scale, in sentences: the cheapest, where its curve bends, what becomes impossible and why."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exosim import units

if TYPE_CHECKING:
    from exosim.scaling.scaling import Scaling
    from exosim.scaling.screen import Screened
    from exosim.scaling.switches import Switch

_HALF = -0.5
JOINT = "+"


def sentences(found: Scaling) -> list[str]:
    """Return the answer: for which demands what is the cheapest, and what ends where."""
    return [*_cheapest(found), *_bend(found), *_leads(found), *_impossible(found), *_orders(found), *_facility(found)]


def money(value: float, currency: str) -> str:
    """Return an amount of money in three digits: ``14,400 EUR``."""
    if not math.isfinite(value):
        return "no end"
    return f"{rounded(value)} {currency}"


def rounded(value: float) -> str:
    """Return a number in three digits; from a million on as a power of ten."""
    if 1000.0 <= abs(value) < 1e6:
        digits = 10 ** (math.floor(math.log10(abs(value))) - 2)
        return f"{round(value / digits) * digits:,.0f}"
    return units.show(value, "1", 3)


def title(found: Scaling, name: str) -> str:
    """Return a technology in words."""
    return found.titles[name]


def _cheapest(found: Scaling) -> Iterator[str]:
    named = [None if one is None else one.technology for one in found.winners]
    for name, places in itertools.groupby(range(len(named)), key=lambda place: named[place]):
        inside = list(places)
        first, last = found.demands[inside[0]], found.demands[inside[-1]]
        if name is None:
            yield from (_none(found, place) for place in inside)
            continue
        span = f"At {rounded(first)}" if len(inside) == 1 else f"From {rounded(first)} to {rounded(last)}"
        ends = dict.fromkeys((inside[0], inside[-1]))
        costs = " and ".join(_cost(found, place) for place in ends)
        sure = [100.0 * found.cheapest(place)[name] for place in inside]
        told = f"{min(sure):.0f} %" if round(min(sure)) == round(max(sure)) else f"{min(sure):.0f} to {max(sure):.0f} %"
        yield f"{span} doses a year {title(found, name)} is the cheapest, in {told} of the worlds: {costs}."
        yield from _rivals(found, name, inside)


def _rivals(found: Scaling, name: str, places: list[int]) -> Iterator[str]:
    """Yield where another technology than the one that is expected to cost least is so in more of the worlds."""
    for place in places:
        shares, costs = found.cheapest(place), {point.technology: point.expected for point in found.ranking(place)}
        most = max(shares, key=lambda one: shares[one])
        if shares[most] > shares[name] and math.isfinite(costs[most]):
            yield (
                f"At {rounded(found.demands[place])} the order is a close one: {title(found, most)}, "
                f"{100.0 * (costs[most] / costs[name] - 1.0):.1f} % dearer over all worlds, is the cheapest in "
                f"{100.0 * shares[most]:.0f} % of them."
            )


def _cost(found: Scaling, place: int) -> str:
    winner = found.winners[place]
    if winner is None:
        return ""
    low, high = winner.quantile(0.05), winner.quantile(0.95)
    spread = f"{rounded(low)} to {rounded(high) if math.isfinite(high) else 'no end'}"
    return f"{money(winner.expected, found.currency)} a dose at {rounded(winner.demand)} ({spread})"


def _none(found: Scaling, place: int) -> str:
    why = "; ".join(f"{title(found, name)}: {points[place].why}" for name, points in found.points.items())
    return f"No technology meets {rounded(found.demands[place])} doses a year: {why}."


def _bend(found: Scaling) -> Iterator[str]:
    """Yield where ten times the demand stops to make a dose three times cheaper."""
    own = [one for one in found.winners if one is not None and math.isfinite(one.expected)]
    for before, after in itertools.pairwise(own):
        slope = math.log(after.expected / before.expected) / math.log(after.demand / before.demand)
        if slope > _HALF and before is not own[0]:
            share = 100.0 * (1.0 - 10.0**slope)
            yield (
                f"The curve of the cheapest bends at about {rounded(before.demand)} doses a year: "
                f"from there on, ten times the demand makes a dose {share:.0f} % cheaper or less."
            )
            return


def _leads(found: Scaling) -> Iterator[str]:
    """Yield which category of cost is the largest of the cheapest plant, from which demand on."""
    known = [(one.demand, *next(iter(one.shares.items()))) for one in found.winners if one is not None]
    changes = [known[0]] if known else []
    changes += [this for before, this in itertools.pairwise(known) if before[1] != this[1]]
    parts = [
        f"{name.replace('_', ' ')} ({share:.0%}) from {rounded(demand)} doses a year" for demand, name, share in changes
    ]
    if parts:
        yield f"The largest part of its cost: {', then '.join(parts)}."


def _impossible(found: Scaling) -> Iterator[str]:
    for name, points in found.points.items():
        first = next((point for point in points if not point.feasible), None)
        if first is not None:
            yield _ends(found, name, first)


def _ends(found: Scaling, name: str, first: Screened) -> str:
    reach = found.reach[name]
    if reach > 0.0:
        start = f"{title(found, name)} ends at {rounded(reach)} doses a year. For {rounded(first.demand)}"
    else:
        start = f"{title(found, name)} cannot make {rounded(first.demand)} doses a year"
    return f"{start}: {first.why}."


def _orders(found: Scaling) -> Iterator[str]:
    """Yield where two technologies that differ in one choice, or two winners, change their order."""
    for switch in found.switches:
        if switch.of_winners or _alike(switch):
            yield _order(found, switch)


def _alike(switch: Switch) -> bool:
    """Return whether two technologies differ in one choice."""
    one, other = switch.before.split(JOINT), switch.after.split(JOINT)
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _order(found: Scaling, switch: Switch) -> str:
    span = "" if switch.low is None or switch.high is None else f", {rounded(switch.low)} to {rounded(switch.high)}"
    return (
        f"From {rounded(switch.demand)} doses a year on {title(found, switch.after)} is cheaper than "
        f"{title(found, switch.before)} (the order changes in {100 * switch.share:.0f} % of the worlds{span}; in "
        f"{100 * switch.always:.0f} % it is so at every demand, in {100 * switch.never:.0f} % at none)."
    )


def _facility(found: Scaling) -> Iterator[str]:
    known = [one for one in found.checks if math.isfinite(one.facility)]
    if known:
        most = max(known, key=lambda one: abs(math.log(one.facility / one.estimate)))
        off = most.facility / most.estimate - 1.0
        yield (
            f"The facility was run for {len(found.checks)} finalists. It is furthest from the estimate for "
            f"{title(found, most.technology)} at {rounded(most.demand)} doses a year ({off:+.0%}): {most.why}."
        )
    for one in found.checks:
        if not math.isfinite(one.facility):
            named = title(found, one.technology)
            yield f"In the facility {named} releases nothing where {rounded(one.demand)} doses a year are asked for."
