"""Shares of study, donor and batch in the spread of a headline: nested analysis of variance.

Batches are nested in donors and donors in worlds, so the variance is the sum of three parts: between worlds,
Var E[Y | world]; between the donors of a world, E Var(E[Y | world, donor] | world); between the batches of a donor,
E Var(Y | world, donor). What levels do together belongs to the lower one. The parts are estimated without bias from
the mean squares of a balanced nested sample (Searle, Casella & McCulloch 1992, Variance Components, chapter 3), and
their interval is a jackknife over whole worlds, which are independent.

What counts as spread is the variance of the *normal scores*: each draw is replaced by the standard normal quantile of
its rank. The shares are then the same for a quantity and its logarithm, those of the variance of the logarithm for a
product of lognormals, those of the variance itself for a sum of normals, and the interval holds however long the upper
tail is. With ``scale="value"`` it is the variance of the values; its interval is too narrow where few worlds meet a
long tail.

A run of plain draws, each a world of its own, cannot tell the levels apart. The shares then come from a smaller nested
sample of the same scenario and seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.normal import normal_quantile
from exosim.sampling import LEVELS, Level
from exosim.summaries import COVERAGE
from exosim.uncertain_inputs import levels_of

if TYPE_CHECKING:
    from exosim.results import Yields

Scale: TypeAlias = Literal["score", "value"]
Floats: TypeAlias = NDArray[np.float64]
NESTED_LANES = 2**14
"""Most lanes of the nested sample that is drawn beside a run of plain draws."""
_ALIKE = 0.99
"""Where more of the draws are alike, the few others cannot show where the spread comes from."""
_ONE_WORLD = "one draw cannot show where a spread comes from"


@dataclass(frozen=True, slots=True)
class Part:
    """The share of one level, with its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LevelShares:
    """Where the spread of a headline comes from.

    Attributes
    ----------
    name : the headline
    worlds, donors, batches : the nested sample from which the shares were estimated
    study, donor, batch : shares of the levels; None when there are none, for the `reason` given
    """

    name: str
    worlds: int
    donors: int
    batches: int
    study: Part | None = None
    donor: Part | None = None
    batch: Part | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the shares as a JSON object."""
        return asdict(self)

    def parts(self) -> dict[Level, Part]:
        """Return the share of each level; empty when there are none."""
        found = {"study": self.study, "donor": self.donor, "batch": self.batch}
        return {level: part for level in LEVELS if (part := found[level]) is not None}


def scaled(values: Floats, scale: Scale) -> Floats | str:
    """Return values on the scale of the spread, or the reason why they have none."""
    if not np.isfinite(values).all():
        return "it is not a finite number in all draws"
    _, ties, counts = np.unique(values, return_inverse=True, return_counts=True)
    alike = int(counts.max())
    if alike == values.size:
        return "it is the same in all draws"
    if alike > _ALIKE * values.size:
        return f"it is the same in {100.0 * alike / values.size:.4g} % of the draws"
    if scale == "value":
        return values / max(float(np.abs(values).max()), 1e-300)  # squares of counts stay finite
    ranks = np.cumsum(counts) - 0.5 * counts  # equal values share their mean rank
    return normal_quantile(ranks[ties] / values.size)


def level_shares(yields: Yields, scale: Scale = "score") -> tuple[LevelShares, ...]:
    """Return the shares of the levels in the spread of every headline."""
    levels = levels_of(yields.scenario)
    sample = yields if _tells(yields.kept_worlds, levels) else _sample(yields, levels)
    return tuple(_of_headline(sample, summary.name, levels, scale) for summary in yields.headlines())


def _tells(nested: tuple[int, int, int], levels: Sequence[Level]) -> bool:
    """Return whether a nested sample can tell the levels apart: at least two members of each."""
    if len(levels) < 2:
        return True
    counts = _grouped_shape(nested, levels)
    return min(count for count, _ in zip(counts[-len(levels) :], levels, strict=True)) > 1 and counts[0] > 1


def _sample(yields: Yields, levels: Sequence[Level]) -> Yields:
    """Run the scenario again with two of each lower level in every world; not more lanes than the run has."""
    donors = 2 if "donor" in levels and "study" in levels else 1
    batches = 2 if "batch" in levels else 1
    worlds = min(yields.draws, NESTED_LANES) // (donors * batches)
    if yields.draws < 2:
        return yields
    with np.errstate(all="ignore"):  # what is not finite is reported with a reason
        return yields.again(nested=(max(worlds, 2), donors, batches))


def _grouped_shape(nested: tuple[int, int, int], levels: Sequence[Level]) -> tuple[int, int, int]:
    """Return the shape (top, middle, lowest) in which values are analyzed: a level that is not there merges."""
    worlds, donors, batches = nested
    if len(levels) == len(LEVELS):
        return nested
    if "study" not in levels:
        return worlds * donors, 1, batches
    return (worlds, 1, donors * batches) if "batch" in levels else (worlds, 1, donors)


def _of_headline(sample: Yields, name: str, levels: Sequence[Level], scale: Scale) -> LevelShares:
    counts = sample.kept_worlds
    if not sample.has(name):
        return LevelShares(name, *counts, reason=sample.summary(name).reason)
    values = scaled(sample.values(name)[: math.prod(counts)], scale)
    if sample.draws < 2 or isinstance(values, str):
        return LevelShares(name, *counts, reason=_ONE_WORLD if sample.draws < 2 else str(values))
    if len(levels) == 1:
        estimates = [Part(1.0, 1.0, 1.0)]
    else:
        if "batch" not in levels:  # the batches of a donor are all alike
            values = values.reshape(counts)[:, :, 0]
        estimates = nested_shares(values.reshape(_grouped_shape(counts, levels)))
    known = dict(zip(levels, estimates, strict=True))
    study, donor, batch = (known.get(level, Part(0.0, 0.0, 0.0)) for level in LEVELS)
    return LevelShares(name, *counts, study, donor, batch)


def nested_shares(values: Floats) -> list[Part]:
    """Return the shares of the levels of a balanced nested sample in its variance, with 95 % intervals.

    Parameters
    ----------
    values : shape (top, middle, lowest): lowest members within middle ones within top ones; a middle of length 1 means
        that there are only two levels

    Returns
    -------
    the shares of the top, the middle (unless its length is 1) and the lowest level, cut to 0 to 1
    """
    from scipy.special import stdtrit

    groups, middle, _ = values.shape
    of_middle = values.mean(axis=2)
    of_top = of_middle.mean(axis=1)
    centered = of_top - of_top.mean()
    within = np.square(values - of_middle[:, :, None]).sum(axis=(1, 2))
    between = np.square(of_middle - of_top[:, None]).sum(axis=1)
    sums = np.stack([within, between, centered, np.square(centered)])
    totals = sums.sum(axis=1, keepdims=True)
    whole = _components(totals, groups, values.shape)[:, 0]
    without = _components(totals - sums, groups - 1, values.shape) if groups > 2 else np.full((3, groups), math.nan)
    error = np.sqrt((groups - 1) / groups * np.square(without - without.mean(axis=1, keepdims=True)).sum(axis=1))
    half = np.nan_to_num(float(stdtrit(groups - 1, COVERAGE)) * error, nan=1.0)  # two groups have no error
    low, high, share = (np.clip(x, 0.0, 1.0) for x in (whole - half, whole + half, whole))
    parts = [Part(float(s), float(a), float(b)) for s, a, b in zip(share, low, high, strict=True)]
    return parts if middle > 1 else [parts[0], parts[2]]


def _components(sums: Floats, groups: int, shape: tuple[int, ...]) -> Floats:
    """Return the shares of top, middle and lowest level from sums over `groups` top members, shape (3, cases)."""
    _, middle, lowest = shape
    within, between, first, second = sums
    of_lowest = within / (groups * middle * (lowest - 1))
    middle_square = lowest * between / (groups * (middle - 1)) if middle > 1 else of_lowest
    top_square = middle * lowest * (second - first**2 / groups) / (groups - 1)
    of_middle = (middle_square - of_lowest) / lowest
    of_top = (top_square - middle_square) / (middle * lowest)
    parts = np.stack([of_top, of_middle, of_lowest])
    return np.asarray(parts / np.maximum(parts.sum(axis=0), 1e-300))
