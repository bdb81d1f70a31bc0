"""The size of a lot: a scenario whose lots are larger or smaller, with what that takes out of its plausible range.

A lot grows by one factor: all that grows with it (:mod:`exosim.lot_growth`) is multiplied, all else stays. Up to the
limits of size of its units a lot is larger on larger units (:mod:`exosim.lot_units`); above them it is shared among
several, or run in cycles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exosim import units
from exosim.lot_growth import check_factor, growing, multiplied, whole_factor
from exosim.lot_units import Largest as Largest
from exosim.lot_units import UnitSize as UnitSize
from exosim.lot_units import largest as largest
from exosim.lot_units import sizes as sizes
from exosim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Outside:
    """A parameter that a larger lot takes out of its plausible range.

    Attributes
    ----------
    address, value, unit : which, and how large it is on one unit [unit]
    low, high : the range
    """

    address: str
    value: float
    unit: str
    low: float
    high: float

    @property
    def nearest(self) -> float:
        """The end of the range that it has left."""
        return self.high if self.value > self.high else self.low

    def __str__(self) -> str:
        inside = f"{units.show(self.low, '1')} to {units.show(self.high, self.unit)}"
        return f"{self.address}: {units.show(self.value, self.unit)} is outside the plausible range, {inside}"


@dataclass(frozen=True, slots=True)
class GrownLot:
    """A scenario whose lots have another size.

    Attributes
    ----------
    scenario : with all that grows multiplied
    factor : times which its lots really are as large as those of the scenario it was made of: whole numbers of the
        plan, such as that of vessels, are rounded up, and all else grows as they do
    rounded : of other numbers that had to be whole, by address, the factor by which they grew
    outside : what is now outside its plausible range; the scenario allows it, and its ledger counts it
    """

    scenario: Scenario
    factor: float
    rounded: Mapping[str, float]
    outside: tuple[Outside, ...]


def grown_lot(scenario: Scenario, factor: float) -> GrownLot:
    """Return a scenario whose lots are `factor` times as large, or a little larger where a number must be whole.

    Raises
    ------
    UsageError
        when the factor is not a finite number above 0.
    ScenarioError
        when its lots cannot grow, a growing parameter is given by measured values, or a number of the plan would be
        more than ten times outside its plausible range.
    """
    check_factor(scenario, factor)
    grows = growing(scenario) if factor != 1.0 else ()
    factor = whole_factor(grows, factor)
    whole = {one.address: float(one.at(one.typical, factor)) / one.typical for one in grows if one.parameter.whole}
    rounded = {address: by for address, by in whole.items() if not math.isclose(by, factor, rel_tol=1e-9)}
    changes = {one.address: multiplied(one, factor) for one in grows}
    larger = scenario.with_(changes) if changes else scenario
    return GrownLot(larger, factor, rounded, left_ranges(scenario, factor))


def left_ranges(scenario: Scenario, factor: float, needed: Sequence[UnitSize] | None = None) -> tuple[Outside, ...]:
    """Return what a lot `factor` times as large takes out of its plausible range; not what is outside already.

    The range is that of one unit: what is shared among several counts in equal parts.

    Parameters
    ----------
    needed : the sizes of such a lot, where they are known (:func:`sizes`)
    """
    grows = growing(scenario)
    factor = whole_factor(grows, factor)
    filled = {size.procedure: size.filled for size in (sizes(scenario, factor) if needed is None else needed)}
    found = ((one, float(one.at(one.typical, factor)) / filled[one.procedure]) for one in grows)
    return tuple(
        Outside(one.address, value, one.parameter.unit, one.parameter.low, one.parameter.high)
        for one, value in found
        if not one.parameter.low <= value <= one.parameter.high and not one.given.outside_range
    )


def grown(scenario: Scenario, factor: float) -> Scenario:
    """Return a scenario whose lots are `factor` times as large; see :func:`grown_lot`, which tells what that took."""
    return grown_lot(scenario, factor).scenario
