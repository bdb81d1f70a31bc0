"""What a back-solving says, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exosim import units
from exosim.study.margins import Reached

if TYPE_CHECKING:
    from exosim.study.answers import Condition
    from exosim.study.target import Target
    from exosim.study.target_answer import Answer, Room, Share

_FEW = 5.0
_NEAR = 5e-4
_REASONS = 3


def goal_in_words(found: Target) -> str:
    """Return the goal: ``cost_per_dose <= 500 EUR/dose with probability 0.9``."""
    together = " together" if len(found.conditions) > 1 else ""
    return f"{' and '.join(map(str, found.conditions))}{together} with probability {found.probability:g}"


def share_in_words(share: Share | None) -> str:
    """Return a probability with its interval: ``0.91 (0.88 to 0.93)``."""
    return "unknown" if share is None else f"{share.mean:.3g} ({share.low:.3g} to {share.high:.3g})"


def change_in_words(found: Target, answer: Answer) -> str:
    """Return what is changed: ``concentrate.flux from 25 to 31.5 L/m2/h``."""
    parts = []
    for n, (factor, base, value) in enumerate(zip(found.factors, found.base.point, answer.point, strict=True)):
        if value != base:
            told, to = found.space.told(n, base), value_in_words(found, answer, n)
            unit = "" if factor.choices or factor.times or factor.unit == "1" else f" {factor.unit}"
            parts.append(f"{factor.path} from {told.removesuffix(unit)} to {to}")
    return ", ".join([*parts[:-2], " and ".join(parts[-2:])]) or "nothing"


def value_in_words(found: Target, answer: Answer, n: int) -> str:
    """Return the value of a factor: with all its digits where it reaches the goal, else to four."""
    return found.space.told(n, answer.point[n]) if answer.reaches else found.factors[n].told(answer.point[n])


def margin_in_words(condition: Condition, probability: float, value: float, alone: float) -> str:
    """Return how a condition stands: ``p90 of cost_per_dose is 620 EUR/dose, 120 above``.

    Parameters
    ----------
    value : that is kept to with the probability
    alone : how often the condition is met
    """
    label = Reached(condition, probability).label
    if not math.isfinite(value):
        return f"{label} has no value on enough draws"
    if condition.limit == 1.0 and value in (0.0, 1.0):  # yes or no
        return f"{condition} on {alone:.3g} of the draws"
    far = value - condition.limit
    side = "above" if far > 0.0 else "below"
    near = abs(far) <= _NEAR * (abs(condition.limit) or 1.0)
    told = "just there" if near else f"{units.show(abs(far), '1', 3)} {side}"
    return f"{label} is {units.show(value, condition.unit)}, {told}"


def binding_in_words(found: Target, answer: Answer) -> str:
    """Return what keeps an answer from the goal, or is the first to."""
    n = answer.binding(found.conditions, found.probability)
    told = margin_in_words(found.conditions[n], found.probability, answer.reached[n], answer.alone[n])
    if not answer.reaches and len(found.conditions) > 1 and min(answer.alone) >= found.probability:
        return f"each condition alone is met often enough, all together are not; {told}"
    return told


def sentences(found: Target) -> Iterator[str]:
    """Yield the answer: the goal, where the base stands, and the smallest change or the nearest miss."""
    base = found.base
    yield f"What must be true for {goal_in_words(found)}?"
    meets = "meets it already" if base.reaches else "does not meet it"
    yield f"The base {meets}: probability {share_in_words(base.probability)}; {binding_in_words(found, base)}."
    if base.reaches:
        yield from (room_in_words(found, room) for room in found.rooms)
        return
    if found.answers:
        best = found.answers[0]
        yield (
            f"The smallest change is {change_in_words(found, best)}: probability {share_in_words(best.probability)}; "
            f"{binding_in_words(found, best)}."
        )
        return
    nearest = found.nearest
    yield (
        f"Nothing within the ranges reaches it. The nearest is {change_in_words(found, nearest)}: probability "
        f"{share_in_words(nearest.probability)}; {binding_in_words(found, nearest)}."
    )


def room_in_words(found: Target, room: Room) -> str:
    """Return how far one factor may move from a base that reaches the goal."""
    factor = found.factors[room.factor]
    if not room.low_ends and not room.high_ends:
        return f"{factor.path} may be anything in its range."
    ends = [
        f"{'down' if side == 'low' else 'up'} to {found.space.told(room.factor, value)}"
        + ("" if lost else ", the end of its range")
        for side, value, lost in (("low", room.low, room.low_ends), ("high", room.high, room.high_ends))
    ]
    return f"{factor.path} may go {' and '.join(ends)}."


def remarks(found: Target) -> Iterator[str]:
    """Yield what a reader must know."""
    yield from found.notes
    missing = (1.0 - found.probability) * found.draws
    if missing < _FEW:
        yield (
            f"{found.draws:,} draws say little about a probability of {found.probability:g}: it is met where at most "
            f"{math.floor(missing + 1e-9)} of them miss"
        )
    yield from _fresh(found)
    if found.answers:
        yield (
            f"a search of {found.asked:,} points proves no change to be the smallest, least of all where answers come "
            "in steps (a calendar, whole batches): more evaluations or another seed may find a smaller one"
        )
    if not found.surfaces and len(found.factors) > 1:
        yield "no map was drawn: too few of the evaluations were left for it"
    if found.skipped:
        yield (
            f"{len(found.skipped):,} sets of factors were not searched, those with the least promise: "
            f"{found.evaluations:,} evaluations were allowed"
        )
    if found.unfinished:
        sets = "; ".join(" + ".join(found.factors[n].path for n in moved) for moved in found.unfinished[:_REASONS])
        searches = "search" if len(found.unfinished) == 1 else "searches"
        yield f"{len(found.unfinished):,} {searches} ended before settling, and a smaller change may exist: {sets}"
    if found.same:
        sets = "set" if len(found.same) == 1 else "sets"
        yield f"{len(found.same):,} larger {sets} of factors did no better than a smaller one, and are not listed"
    if found.impossible:
        reasons = [f"{why} ({count:,})" for why, count in list(found.impossible.items())[:_REASONS]]
        yield f"{sum(found.impossible.values()):,} points are not possible and count as missed: {'; '.join(reasons)}"


def _fresh(found: Target) -> Iterator[str]:
    if found.fresh_seed is None:
        if found.answers:
            yield "the model has no other draws: the probabilities were not checked on fresh ones"
        return
    lost = [a for a in found.answers if a.holds(found.probability) == "no"]
    chance = [a for a in found.answers if a.holds(found.probability) == "within chance"]
    if lost:
        yield (
            f"{len(lost)} of {len(found.answers)} answers do not hold on fresh draws (seed {found.fresh_seed}): more "
            "draws make them safer"
        )
    if chance:
        yield (
            f"{len(chance)} of {len(found.answers)} answers miss the probability on fresh draws (seed "
            f"{found.fresh_seed}) by no more than chance: an answer lies at the edge of what was asked for"
        )
