"""What holds a culture back: which limit sustains the fewest cells, how often, and how far the others are.

A limit that sustains 1.0 times the cells that are there holds them; one that sustains 50 times is far. Of each draw the
least over the whole run counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.operations.base import HEADROOM
from exosim.totals import Key

if TYPE_CHECKING:
    from exosim.results import Yields


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit of one culture.

    Attributes
    ----------
    step, limit : id of the culture and name of the limit, such as ``oxygen``
    share : share of the draws in which it is the least of all limits
    headroom : median of how many times the cells that are there it sustains
    """

    step: str
    limit: str
    share: float
    headroom: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {"step": self.step, "limit": self.limit, "share": self.share, "headroom": self.headroom}


def bounds(yields: Yields) -> tuple[Bound, ...]:
    """Return the limits of every culture, the one that binds most often first."""
    found: list[Bound] = []
    for step in yields.steps:
        limits = yields.readings_of(step, HEADROOM)
        if not limits:
            continue
        shares = [yields.share("binding", (name, step)) for name in limits]
        of_step = [Bound(step, n, share, _headroom(yields, n, step)) for n, share in zip(limits, shares, strict=True)]
        found += sorted(of_step, key=lambda bound: (-bound.share, bound.headroom))
    return tuple(found)


def _headroom(yields: Yields, limit: str, step: str) -> float:
    """Return the median of how many times the cells that are there a limit sustains."""
    name = f"{HEADROOM}{limit}"
    if yields.streamed:
        median = yields.summary(name, step).median
        return math.nan if median is None else median
    return float(np.median(yields.values(name, step)))


def binding(readings: Mapping[Key, NDArray[np.float64] | None]) -> dict[Key, NDArray[np.float64]]:
    """Return by limit and step where it sustains the fewest cells, the first of equal ones: 1 or 0 on every lane."""
    by_step: dict[str | None, dict[str, NDArray[np.float64]]] = {}
    for (name, step), values in readings.items():
        if name.startswith(HEADROOM) and values is not None:
            by_step.setdefault(step, {})[name.removeprefix(HEADROOM)] = values
    found: dict[Key, NDArray[np.float64]] = {}
    for step, limits in by_step.items():
        least = reduce(np.minimum, limits.values())
        free = np.ones(least.shape, dtype=bool)
        for limit, values in limits.items():
            binds = free & (values == least)
            free &= ~binds
            found[limit, step] = binds.astype(np.float64)
    return found


def in_words(found: Sequence[Bound]) -> list[str]:
    """Return one sentence for each culture."""
    lines = []
    for step in dict.fromkeys(bound.step for bound in found):
        own = [bound for bound in found if bound.step == step]
        first = " or ".join(f"{b.limit} ({100 * b.share:.3g} % of draws)" for b in own if b.share > 0.0)
        rest = sorted((b for b in own if b.share == 0.0), key=lambda b: b.headroom)
        far = f"; {rest[0].limit} would sustain {units.show(rest[0].headroom, '1', 2)} times the cells" if rest else ""
        lines.append(f"{step} is nearest to the limit of its {first}{far}")
    return lines
