"""What a reader of a front must know, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.study.objectives import Known, Objective

if TYPE_CHECKING:
    from exosim.study.front import Front

_ALL_KNOWN = 1.0 - 1e-12
_AT_END, _MOST = 0.01, 0.9
"""Share of a range that counts as its end, and share of the front that must stand there to be told."""
_GENERATIONS = 10


def answer(found: Front) -> str:
    """Return what was found, in one sentence or two."""
    if not len(found.front):
        return f"no point of {len(found.points):,} meets all limits"
    distinct = len(np.unique(found.costs[found.front], axis=0))
    better = int(found.beats_base.sum())
    beats = "none dominates" if not better else f"{better:,} of them {'dominates' if better == 1 else 'dominate'}"
    if distinct == 1:
        told = f"one answer is the best in all {len(found.objectives)} objectives: {_told(found, 0)}"
        return f"{told}; {'it dominates' if better else 'it does not dominate'} the scenario as it stands"
    many = f"{len(found.front):,} of {len(found.points):,} points are the best trade-offs"
    knee = "they have no knee: the front is straight, bulges outward, or has too few points"
    if found.knee is not None:
        row, distance = found.knee
        beyond = f"{distance:.0%} of the span beyond the plane through the extremes"
        knee = f"their knee, row {row + 1}, {beyond}: {_told(found, row)}"
    return f"{many}, {beats} the scenario as it stands; {knee}"


def _told(found: Front, row: int) -> str:
    """Return a row of the front in words: its answers and settings."""
    place = int(found.front[row])
    return f"{' and '.join(_answer(found, one, place) for one in found.objectives)} at {_at(found, place)}"


def remarks(found: Front) -> Iterator[str]:
    """Yield the remarks on a front."""
    yield from _ending(found)
    yield from _refused(found)
    if not len(found.front):
        return
    yield from _base(found)
    yield from _fresh(found)
    yield from _edges(found)
    yield from _unknown(found)
    yield from _ranges(found)


def _ending(found: Front) -> Iterator[str]:
    asked, done = len(found.points), len(found.hypervolume)
    if found.ended == "whole":
        yield f"all {asked:,} points that the factors have were asked: nothing is missing from the front"
        return
    told = f"{asked:,} points in {done} generations of at most {found.population}"
    if found.ended == "enough":
        growth = "the hypervolume of the front grew by less than 0.1 % over the last 10 generations"
        yield f"{told}: ended as {growth}"
    elif found.ended == "exhausted":
        yield f"{told}: ended as the search found no point that it had not asked"
    else:
        yield f"{told}: the budget was spent{_growing(found)}"
    yield "a search finds good points and does not prove that there are no better ones; another --seed tells how far"


def _growing(found: Front) -> str:
    """Return by how much the front still grew when the budget was spent."""
    before = found.hypervolume[-1 - _GENERATIONS] if len(found.hypervolume) > _GENERATIONS else 0.0
    if not before:
        return ""
    growth = found.hypervolume[-1] / before - 1.0
    return f" while the hypervolume grew by {growth:.2%} over the last {_GENERATIONS} generations: more may find better"


def _refused(found: Front) -> Iterator[str]:
    asked = len(found.points)
    if found.impossible:
        first = min(found.impossible)
        why = f"point {first + 1:,}: {found.impossible[first]}"
        yield f"{len(found.impossible):,} of {asked:,} points are not possible; {why}"
    known = np.isfinite(np.concatenate([found.costs, found.violations], axis=1)).all(axis=1)
    without = int((~known).sum()) - len(found.impossible)
    if without:
        yield f"{without:,} of {asked:,} points have an objective or limit without a value"
    for place, one in enumerate(found.limits):
        broken = int((found.violations[:, place] > 0.0).sum())
        if broken:
            yield f"{broken:,} of {asked:,} points break the limit {one}"
    if not len(found.front) and known.any() and found.limits:
        yield from _nearest(found, known)


def _nearest(found: Front, known: NDArray[np.bool_]) -> Iterator[str]:
    """Yield what comes nearest to the limits where no point meets them all."""
    for place, one in enumerate(found.limits):
        best = int(np.where(known, found.violations[:, place], np.inf).argmin())
        value = found.values[found.questions.index(one.asked), best]
        yield f"no point meets all limits; nearest to {one}: {units.show(float(value), one.unit)} at {_at(found, best)}"


def _base(found: Front) -> Iterator[str]:
    if found.base.failed is not None:
        yield f"the base is not possible: {found.base.failed}"
        return
    guessed = [factor.path for factor in found.factors if factor.base is None]
    if guessed:
        yield f"the scenario says nothing of {', '.join(guessed)}: the base stands in the middle of the range"
    if not found.base.inside:
        yield "the base lies outside of the ranges that are searched: it is compared, and cannot be on the front"
    if not found.base_allowed:
        yield "the base breaks a limit, or lacks a value"
    better = np.flatnonzero(found.beats_base)
    if not better.size:
        alike = (found.costs[found.front] == found.base_costs).all(axis=1).any()
        yield f"no point that was asked dominates the base{': it is on the front' if alike else ''}"
        return
    most = found.gains[better].max(axis=0)
    gains = [_gain(found, one, float(most[at]), at) for at, one in enumerate(found.objectives) if most[at] > 0.0]
    yield f"{better.size:,} of {len(found.front):,} points of the front dominate the base, by up to {', '.join(gains)}"


def _gain(found: Front, one: Objective, gain: float, at: int) -> str:
    """Return a gain over the base as words: ``120 EUR/dose (24 %) less p90 of cost_per_dose``."""
    own = abs(float(found.base_costs[at]))
    share = f" ({100.0 * gain / own:.2g} %)" if own > 0.0 else ""
    return f"{units.show(gain, found.unit(one.asked))}{share} {one.label}"


def _fresh(found: Front) -> Iterator[str]:
    if found.fresh is None or found.stands is None:
        yield "the front was not asked on other draws: its answers are those that it was chosen for, and flatter it"
        return
    shifts = [_shift(found, one) for one in found.objectives]
    moved = f"on other draws the answers move, in the median over the front, by {'; '.join(shifts)}"
    yield f"{moved}: what the front loses beyond that, it owed to chance"
    stands = int(found.stands.sum())
    more = "" if 2 * stands >= len(found.front) else ": with more draws or replications more of it would be sure"
    yield f"on other draws {stands:,} of {len(found.front):,} points stay on the front and within the limits{more}"


def _shift(found: Front, one: Objective) -> str:
    """Return how an answer moves from one set of draws to another: at the front, and at the base."""
    at, unit = found.questions.index(one.asked), found.unit(one.asked)
    if found.fresh is None:
        return ""
    mine, again = found.values[at, found.front], found.fresh.values[at, :-1]
    known = np.isfinite(again)
    if not known.any():
        return f"nothing that is known in {one.asked.label}"
    moved = _moved(float(np.median((again - mine)[known])), float(np.median(np.abs(mine))), unit)
    base = float(found.base.values[at])
    beside = _moved(float(found.fresh.values[at, -1]) - base, abs(base), unit)
    return f"{moved} in {one.asked.label} (the base by {beside})"


def _moved(value: float, own: float, unit: str) -> str:
    """Return by how much an answer moves, with its share: ``-135 dose, -17.5%``."""
    if not np.isfinite(value):
        return "nothing that is known"
    return f"{units.show(value, unit)}{f', {value / own:+.1%}' if own > 0.0 else ''}"


def _edges(found: Front) -> Iterator[str]:
    """Yield the factors that nearly all of the front has at an end of the range: there may be more beyond."""
    ends: list[str] = []
    for at, factor in enumerate(found.factors):
        if factor.choices or factor.high == factor.low:
            continue
        shares = factor.share(found.points[found.front, at])
        for there, value in ((shares <= _AT_END, factor.low), (shares >= 1.0 - _AT_END, factor.high)):
            if there.mean() >= _MOST:
                ends.append(f"{factor.path} at {factor.told(value)} ({there.mean():.0%})")
    if ends:
        yield f"nearly all of the front stands at an end of a range, and more may lie beyond: {', '.join(ends)}"


def _unknown(found: Front) -> Iterator[str]:
    """Yield the responses that lack a value on some draws at points of the front."""
    for place, asked in enumerate(found.questions):
        shares = found.values[place, found.front]
        lacking = shares < _ALL_KNOWN
        if isinstance(asked, Known) and lacking.any():
            least = f"on as few as {shares.min():.0%} of the draws"
            yield (
                f"{int(lacking.sum()):,} points of the front have a value of {asked.response} {least}; the others "
                "count as worse than any value"
            )


def _ranges(found: Front) -> Iterator[str]:
    drawn = [factor.path for factor in found.factors if factor.distribution is not None]
    if drawn:
        yield f"{', '.join(drawn)}: searched from the 5 to the 95 % quantile of what the scenario says"


def _answer(found: Front, one: Objective, place: int) -> str:
    value = float(found.values[found.questions.index(one.asked), place])
    return f"{one.asked.label} {units.show(value, found.unit(one.asked))}"


def _at(found: Front, place: int) -> str:
    told = zip(found.factors, found.points[place], strict=True)
    return ", ".join(f"{factor.path} = {factor.told(float(value))}" for factor, value in told)
