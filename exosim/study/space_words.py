"""A design space in sentences: how much of what was studied is inside, what fails beyond, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from exosim import units
from exosim.study.binomial import draws_to_show
from exosim.study.intervals import wilks_runs

if TYPE_CHECKING:
    from exosim.study.design_space import DesignSpace, OperatingRange, Range
    from exosim.study.factor import Factor

_MUCH = 0.1
"""Share of the points that are undecided from which on more draws are recommended."""


def answer(found: DesignSpace) -> str:
    """Return how much of what was studied is inside, and the proposed range."""
    inside, of = int(found.joint.inside.sum()), found.joint.inside.size
    if inside == 0:
        return f"No point is shown to meet {_all(found)} on {percent(found.level)} of the draws."
    share = "all" if inside == of else f"{inside:,} of {of:,}"
    said = f"{share} points are shown to meet {_all(found)} on at least {percent(found.level)} of the draws"
    if found.operating_range is None:
        return f"{_capital(said)}."
    ranges = zip(found.factors, found.operating_range.ranges, strict=True)
    return f"{_capital(said)}; proposed: {' with '.join(f'{f.path} {told(f, r)}' for f, r in ranges)}."


def title(found: DesignSpace) -> str:
    """Return the answer as the title of a picture."""
    what = f"{_all(found)} on at least {percent(found.level)} of the draws"
    if not found.joint.inside.any():
        return f"no point is shown to meet {what}"
    if found.operating_range is None or not found.operating_range.holds:
        return f"{int(found.joint.inside.sum())} of {found.joint.inside.size} points are shown to meet {what}"
    ranges = zip(found.factors, found.operating_range.ranges, strict=True)
    return f"{' with '.join(f'{f.path} {told(f, r)}' for f, r in ranges)} meets {what}"


def remarks(found: DesignSpace) -> list[str]:
    """Return what a reader must know."""
    parts = (_none, _undecided, _idle, _base, _range, _limits, _failed, _sure)
    return [sentence for part in parts for sentence in part(found)]


def told(factor: Factor, found: Range) -> str:
    """Return a range as a person writes it, such as ``20 to 35 L/m2/h``."""
    if factor.times:
        return f"x {units.show(found.low, '1')} to x {units.show(found.high, '1')}"
    return f"{units.show(found.low, '1')} to {units.show(found.high, factor.unit)}"


def percent(share: float, digits: int = 3) -> str:
    """Return a probability in percent; 100 % only where it is that.

    Examples
    --------
    >>> percent(0.9), percent(0.70712), percent(1.0, 2), percent(0.99996)
    ('90 %', '70.7 %', '100 %', '99.996 %')
    """
    text = f"{float(f'{100.0 * share:.{digits}g}'):g}"
    return percent(share, digits + 1) if text == "100" and share < 1.0 and digits < 6 else f"{text} %"


def at(found: DesignSpace, x: float, y: float) -> str:
    """Return a point in words."""
    return " and ".join(f"{f.path} {f.told(value)}" for f, value in zip(found.factors, (x, y), strict=True))


def _all(found: DesignSpace) -> str:
    count = len(found.conditions)
    return found.names[0] if count == 1 else f"{'both' if count == 2 else f'all {count}'} conditions"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _none(found: DesignSpace) -> Iterator[str]:
    """Yield how near the best point comes where none is inside, and what would show more."""
    if found.joint.inside.any() or not found.joint.possible.any():
        return
    m, n = found.best
    low, high = (float(end[m, n]) for end in found.joint.interval)
    share = float(found.joint.probability[m, n])
    if share == 0.0:
        worst = min(found.parts(), key=lambda part: part.highest)
        yield f"No draw meets {_all(found)} at any point: {worst.condition} is met on {percent(worst.highest)} at most."
        return
    fails = f"; {found.names[found.binding[m, n]]} fails most often there" if found.binding[m, n] >= 0 else ""
    where = at(found, float(found.x[m]), float(found.y[n]))
    yield (
        f"The best point, {where}, meets {_all(found)} on {percent(share)} of the draws "
        f"({percent(found.confidence)} interval {percent(low)} to {percent(high)}){fails}."
    )
    fewest = wilks_runs(found.level, found.confidence)
    if found.draws < fewest:
        sure = f"{percent(found.level)} with {percent(found.confidence)} confidence"
        yield f"{found.draws:,} draws cannot show {sure}, even where all meet it: that takes {fewest:,} or more."
    elif (more := draws_to_show(share, found.level, found.confidence)) is not None:
        yield f"If that share stays, about {more:,} draws would show that the best point is inside."


def _undecided(found: DesignSpace) -> Iterator[str]:
    """Yield that much of the grid is undecided, and how many draws decide most of it."""
    undecided = found.joint.possible & ~found.joint.inside & ~found.joint.outside
    share = np.count_nonzero(undecided) / undecided.size
    if share <= _MUCH or found.draws < wilks_runs(found.level, found.confidence):
        return
    yield (
        f"{percent(share, 2)} of the points are undecided: {found.draws:,} draws neither show {percent(found.level)} "
        f"there nor rule it out. Four times as many halve the band."
    )


def _idle(found: DesignSpace) -> Iterator[str]:
    """Yield that a factor makes no difference, so that a map over it tells nothing."""
    known = found.joint.probability
    if not found.joint.possible.all():
        return
    idle = [f.path for axis, f in enumerate(found.factors) if not np.ptp(known, axis=axis).any()]
    if idle:
        many = len(idle) > 1
        yield (
            f"{' and '.join(idle)} change{'' if many else 's'} nothing here: the probability is the same at all "
            f"{'their' if many else 'its'} values."
        )


def _base(found: DesignSpace) -> Iterator[str]:
    """Yield where the base point stands, unless it is inside."""
    where = at(found, *found.base)
    silent = [factor.path for factor in found.factors if factor.base is None]
    if silent:
        yield f"The scenario says nothing of {' and '.join(silent)}: the middle of the range stands for the base."
    verdict = str(found.base_joint.verdict)
    if not found.base_in_range:
        yield f"The base point, {where}, lies outside of what was studied: no proven acceptable ranges."
    if verdict == "inside":
        return
    if verdict == "not possible":
        yield f"The base point, {where}, is not possible."
        return
    share = float(found.base_joint.probability)
    words = "is outside the design space" if verdict == "outside" else "is not shown to be inside the design space"
    worst = found.names[int(np.argmin(found.base_each))]
    yield f"The base point, {where}, {words}: {percent(share)} of the draws; {worst} fails most often there."


def _range(found: DesignSpace) -> Iterator[str]:
    """Yield what is wanting in the proposed range."""
    proposed = found.operating_range
    if proposed is None:
        if found.joint.inside.any():
            yield "No rectangle between lines of the grid is inside: no operating range is proposed; try a finer grid."
        return
    if not proposed.holds_base:
        yield "The proposed operating range does not hold the base point: it is the largest one anywhere."
    else:
        yield from _border(found, proposed)
    if not proposed.holds:
        bad = proposed.points[~proposed.judged.inside]
        yield (
            f"The proposed operating range does not hold when asked again at {at(found, *bad[0].tolist())}"
            f"{f' and {len(bad) - 1} more points' if len(bad) > 1 else ''}: try a finer grid."
        )
    ends = [f.path for f, r in zip(found.factors, proposed.ranges, strict=True) if r.open_low or r.open_high]
    if ends:
        yield f"The proposed range ends where the study ends in {' and '.join(ends)}: more may be possible beyond."


def _border(found: DesignSpace, proposed: OperatingRange) -> Iterator[str]:
    """Yield that the base point stands on the border of the proposed range, where the study goes on beyond."""
    for factor, own, base in zip(found.factors, proposed.ranges, found.base, strict=True):
        below, above = base == own.low and not own.open_low, base == own.high and not own.open_high
        if below or above:
            side = "below" if below else "above"
            yield f"The base point is on the border of the proposed range: no room {side} it in {factor.path}."


def _limits(found: DesignSpace) -> Iterator[str]:
    """Yield that nothing binds within what was studied."""
    if found.joint.inside.all():
        yield "All points are inside: the edge of failure lies beyond what was studied."


def _failed(found: DesignSpace) -> Iterator[str]:
    if found.failed:
        first = next(iter(found.failed.values()))
        count = len(found.failed)
        yield f"{count:,} point{'s are' if count > 1 else ' is'} not possible and counted as outside: {first}"


def _sure(found: DesignSpace) -> Iterator[str]:
    yield (
        f"Confidence ({percent(found.confidence)}) is that of each point by itself, against chance in its "
        f"{found.draws:,} draws. All points share the same draws: they compare well, but err together. It says nothing "
        "of what the model leaves out. Every draw is another possible world: that a share of them passes is not "
        "that this share of the batches of one plant does."
    )
