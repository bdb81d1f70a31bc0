"""What a reader of a sensitivity must know, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from exosim.study import morris, sobol_indices
from exosim.study.answers import Of
from exosim.study.morris import ElementaryEffects
from exosim.study.sobol_indices import Indices
from exosim.study.tornado import Bars

if TYPE_CHECKING:
    from exosim.study.sensitivity import Sensitivity

_HELD = {
    "morris": (morris.ENOUGH, "they held in as few as 82 % of the repeats with 10"),
    "sobol": (sobol_indices.ENOUGH, "they held in as few as 89 % of the repeats with 64"),
}
"""From how many samples on 95 % intervals hold in 93 to 97 % of the repeats, and what was measured below."""
_FEW_FOR_SPREAD = 1000
"""Draws below which the interval of a standard deviation is too narrow."""


def remarks_of(found: Sensitivity) -> list[str]:
    """Return the sentences: what was changed, what has no answer, what is noise, how far the intervals go."""
    return [*_asked(found), *_unanswered(found), *_noise(found), *_turns(found), *_intervals(found)]


def listed(names: Sequence[str], most: int = 6) -> str:
    """Return names as people list them; of many the first few.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _asked(found: Sensitivity) -> Iterator[str]:
    if found.method == "sobol" and found.wanted not in (0, found.samples):
        yield f"{found.wanted:,} samples were rounded up to {found.samples:,}: a power of two, at least 64."
    if found.method != "one_at_a_time" and found.draws > 1:
        yield (
            f"All points share {found.draws:,} draws: the intervals are those of the design. Ask again with another "
            "seed to see what the draws add."
        )
    few, held = _HELD.get(found.method, (0, ""))
    if found.samples < few:
        unit = "trajectories" if found.method == "morris" else "samples"
        yield f"With fewer than {few} {unit} the 95 % intervals are approximate: on test models {held}."


def _unanswered(found: Sensitivity) -> Iterator[str]:
    points = len(found.answers.points)
    if found.failed:
        first = min(found.failed)
        yield f"{len(found.failed):,} of {points:,} points were not possible, the first of them: {found.failed[first]}"
    for asked, ranked, values in zip(found.asked, found.found, found.answers.values, strict=True):
        missing = int(np.isnan(values).sum())
        if ranked.reason:
            yield f"{asked.label}: {ranked.reason}; there is nothing to rank."
        elif missing:
            rest = "its numbers are of the rest alone"
            yield f"{asked.label} has no answer at {missing:,} of {points:,} points; {rest}."
    for response, share in found.valued.items():
        yield (
            f"{response} has a value on as few as {share:.3g} of the draws of a point, and the others are left out: "
            "an answer that improves where values become rare may be no gain."
        )


def _noise(found: Sensitivity) -> Iterator[str]:
    for asked, ranked in zip(found.asked, found.found, strict=True):
        if ranked.reason:
            continue
        idle = [found.factors[place].path for place in ranked.order if ranked.size[place] == 0.0]
        lost = [found.factors[place].path for place in ranked.order if ranked.noise[place] and ranked.size[place] > 0.0]
        if lost:
            be = "is" if len(lost) == 1 else "are"
            yield f"{asked.label}: {listed(lost)} {be} noise: not told apart from no influence."
        if idle:
            yield f"{asked.label}: nothing at all comes from {listed(idle)}."
        if isinstance(ranked, Indices):
            pairs = [p for p in ranked.order if ranked.first_noise[p] and not ranked.noise[p]]
            if pairs:
                names = listed([found.factors[place].path for place in pairs])
                yield f"{asked.label}: what {names} would do alone is noise; together with others it is not."


def _turns(found: Sensitivity) -> Iterator[str]:
    for asked, ranked in zip(found.asked, found.found, strict=True):
        if isinstance(ranked, Bars) and not ranked.reason:
            names = [found.factors[place].path for place in ranked.order if ranked.turns[place]]
            if names:
                yield f"{asked.label} turns between the ends of {listed(names)}: its swing hides that."


def _intervals(found: Sensitivity) -> Iterator[str]:
    """Yield which intervals are missing or too narrow."""
    for asked, ranked in zip(found.asked, found.found, strict=True):
        if isinstance(ranked, ElementaryEffects) and not ranked.reason and (ranked.used < morris.FEWEST).any():
            yield f"{asked.label}: of some factors fewer than {morris.FEWEST} effects are known."
        if not isinstance(ranked, Bars) or ranked.reason:
            continue
        known = ~np.isnan(ranked.swing)
        if (np.isnan(ranked.swing_low) & known).any():
            yield f"{asked.label}: {found.draws:,} draws are too few for an interval of some swings."
        if isinstance(asked, Of) and asked.statistic == "sd" and found.draws < _FEW_FOR_SPREAD:
            yield f"{asked.label}: with fewer than {_FEW_FOR_SPREAD:,} draws the interval of a spread is too narrow."
