"""The units that a lot fills, by its size, and the largest lot that the limits of size of the units allow.

All is at fixed values and medians; a factor is that by which the lot is larger than that of the scenario.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.kernel import steps_of
from exosim.lot_growth import check_factor, explicit, fixed_lots, growing, grown_values, whole_factor
from exosim.operations.base import VisitedOperation
from exosim.parameter import Array, declared
from exosim.plant import Equipment, units_and_cycles, units_filled
from exosim.recipe import Recipe, UnitProcedure, WhenTooLarge
from exosim.scenario import Scenario

_FAR_OUTSIDE = 10.0
"""Times the plausible range of a number of the plan above which a scenario is refused (:mod:`exosim.quantities`)."""
_SMALLEST, _LARGEST = 1e-12, 1e12
_NEAR, _CLOSE = 1e-6, 1e-10
_UNUSED: Array = 0.0


@dataclass(frozen=True, slots=True)
class UnitSize:
    """The size that a procedure needs of its unit, at fixed values and medians.

    Attributes
    ----------
    procedure, unit : id and equipment class; empty where it needs none
    by : the parameter that is the size; None: the volume of the feed
    size, measure : how much of what unit [measure]
    limit : size of the largest unit; None: there is no limit
    filled : units that a lot fills
    at_once, cycles : on how many at once, in how many cycles
    count : units of the class
    when_too_large : what the procedure does when one unit is too small
    most : units that the plant lets it fill; infinite where it can run in cycles
    """

    procedure: str
    unit: str
    by: str | None
    size: float
    measure: str
    limit: float | None
    filled: int
    at_once: int
    cycles: int
    count: int
    when_too_large: WhenTooLarge
    most: float

    @property
    def fits(self) -> bool:
        """Whether the plant can run it: on one unit, on several at once, or in cycles."""
        return self.filled <= self.most

    def __str__(self) -> str:
        told = f"{self.procedure}: {told_size(self.size, self.measure, self.by)}"
        if self.limit is None:
            return told
        return f"{told}; one {self.unit} takes {units.show(self.limit, self.measure)}"


def sizes(scenario: Scenario, factor: float = 1.0) -> tuple[UnitSize, ...]:
    """Return for each procedure the size of its unit in a lot `factor` times as large, and how many units that fills.

    Raises
    ------
    UsageError, ScenarioError
        when the factor is not a finite number above 0; when the lots of the scenario cannot grow.
    """
    return sizes_of_lots(scenario, [factor])[0]


def sizes_of_lots(scenario: Scenario, factors: Sequence[float]) -> tuple[tuple[UnitSize, ...], ...]:
    """Return what :func:`sizes` does for each of several sizes of the lots."""
    for factor in factors:
        check_factor(scenario, factor)
    typical = _Typical(scenario)
    each = np.array([whole_factor(typical.grows, factor) for factor in factors])
    together = [each] if typical.free else np.split(each, len(each))
    return tuple(lot for some in together for lot in typical.sizes(some))


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest lot that units of limited size allow.

    Attributes
    ----------
    factor : times the lot of the scenario; infinite where nothing limits it
    by : address of what limits it; empty where nothing does
    why : in words, with number and limit
    """

    factor: float
    by: str = ""
    why: str = "no unit has a limit of size that its procedures have to keep"

    def __str__(self) -> str:
        return f"{self.factor:.4g} times the lot: {self.why}" if self.by else self.why


def largest(scenario: Scenario, *, more_units: bool = False) -> Largest:
    """Return the largest lot that the limits of size allow, and what limits it.

    A procedure that refuses what is too large for one unit limits the lot; so does a culture, whose visits follow one
    schedule, at the number of units of its class.

    Parameters
    ----------
    more_units : whether a class may have as many units as a lot fills, so that only procedures that refuse limit it
    """
    fixed = fixed_lots(scenario)
    if fixed:
        return Largest(1.0, fixed[0], f"{fixed[0]}: what starts the process does not grow")
    typical = _Typical(scenario)
    found = [typical.largest(place, more_units) for place in range(len(typical.procedures))]
    found += [
        Largest(most / one.typical, one.address, f"{one.address}: {most:g} is the most that can be meant")
        for one in typical.grows
        if one.parameter.planned
        for most in (_FAR_OUTSIDE * one.parameter.high,)
    ]
    return min(found, key=lambda one: one.factor, default=Largest(math.inf))


class _Typical:
    """Lots of a scenario at fixed values and medians."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = explicit(scenario)
        self.grows = growing(scenario)
        self._values = self._scenario.typical_values()
        self._equipment = {one.id: one for one in self._scenario.plant(self._values).equipment}

    @cached_property
    def procedures(self) -> tuple[UnitProcedure, ...]:
        """The procedures of the lot as it is."""
        return self._scenario.recipe(self._values).procedures

    @property
    def free(self) -> bool:
        """Whether lots of several sizes can run together: no number of the plan grows."""
        return not any(one.parameter.planned for one in self.grows)

    def sizes(self, factors: NDArray[np.float64]) -> Iterator[tuple[UnitSize, ...]]:
        """Yield the size of each unit for lots of some sizes, in one run of the kernel."""
        found = [(step.procedure, needed(step.procedure, step.held.volume)) for step in steps_of(self._recipe(factors))]
        for place in range(len(factors)):
            yield tuple(self._size(one, float(size[place % len(size)])) for one, size in found)

    def largest(self, place: int, more_units: bool) -> Largest:
        """Return the largest lot that the units of one procedure take."""
        procedure = self.procedures[place]
        own = self._equipment.get(procedure.unit or "")
        most = _most_units(procedure, own, more_units)
        if own is None or own.size_limit is None or math.isinf(most):
            return Largest(math.inf)
        limit, by = own.size_limit * most, procedure.operation.sized_by
        units_taken = f"{most:.0f} {own.id} take" if most > 1 else f"one {own.id} takes"
        why = f"{procedure.id}: {units_taken} {told_size(limit, _measure(procedure), by)}, and not more"
        return Largest(self._reaching(place, limit), f"equipment.{own.id}.size_limit", why)

    def _recipe(self, factors: NDArray[np.float64]) -> Recipe:
        return self._scenario.recipe(grown_values(self._values, self.grows, factors))

    def _size(self, procedure: UnitProcedure, size: float) -> UnitSize:
        own = self._equipment.get(procedure.unit or "")
        limit = None if own is None else own.size_limit
        filled = 1 if limit is None else units_filled(size, limit)
        count, rule = 1 if own is None else own.count, procedure.when_too_large
        return UnitSize(
            procedure.id, procedure.unit or "", procedure.operation.sized_by, size, _measure(procedure), limit, filled,
            *units_and_cycles(filled, count, rule), count, rule, _most_units(procedure, own, False),
        )  # fmt: skip

    def _reaching(self, place: int, limit: float) -> float:
        """Return the largest factor at which a procedure needs no more than `limit` of its unit; 0: none, inf: any."""
        by = self.procedures[place].operation.sized_by
        stays = by is not None and f"{self.procedures[place].id}.{by}" not in {one.address for one in self.grows}
        if stays:
            return math.inf if self._fits(place, 1.0, limit) else 0.0
        low, high = self._bracket(place, limit)
        while low > 0.0 and low * (1.0 + _CLOSE) < high < math.inf:
            middle = math.sqrt(low * high)
            low, high = (middle, high) if self._fits(place, middle, limit) else (low, middle)
        return low

    def _bracket(self, place: int, limit: float) -> tuple[float, float]:
        """Return a factor at which a procedure fits and one at which it does not; what grows in proportion is near."""
        near = limit / max(self._need(place, 1.0), _SMALLEST)
        if self._fits(place, near * (1.0 - _NEAR), limit) and not self._fits(place, near * (1.0 + _NEAR), limit):
            return near * (1.0 - _NEAR), near * (1.0 + _NEAR)
        low = high = 1.0
        while self._fits(place, high, limit):
            low, high = high, 2.0 * high
            if high > _LARGEST:
                return math.inf, math.inf
        while not self._fits(place, low, limit):
            low *= 0.5
            if low < _SMALLEST:
                return 0.0, 0.0
        return low, high

    def _fits(self, place: int, factor: float, limit: float) -> bool:
        return units_filled(self._need(place, factor), limit) == 1

    def _need(self, place: int, factor: float) -> float:
        recipe = self._recipe(np.array([factor]))
        procedure, volume = recipe.procedures[place], _UNUSED
        if procedure.operation.sized_by is None:
            volume = next(step.held.volume for index, step in enumerate(steps_of(recipe)) if index == place)
        return float(needed(procedure, volume)[0])


def needed(procedure: UnitProcedure, volume: Array) -> NDArray[np.float64]:
    """Return the size that a procedure needs of its unit: the volume of its feed [L], or the parameter of it."""
    by = procedure.operation.sized_by
    return np.ravel(np.asarray(volume if by is None else getattr(procedure.operation, by), dtype=np.float64))


def told_size(size: float, measure: str, by: str | None) -> str:
    """Return a size in words, such as ``2.1 m2 of fiber_area`` or ``40 vessels``."""
    return f"{size:g} {by}" if measure == "1" and by else f"{units.show(size, measure)} of {by or 'feed'}"


def _measure(procedure: UnitProcedure) -> str:
    by = procedure.operation.sized_by
    return "L" if by is None else declared(type(procedure.operation))[by].unit


def _most_units(procedure: UnitProcedure, own: Equipment | None, more_units: bool) -> float:
    """Return how many units a lot may fill: a culture, whose visits follow one schedule, cannot run in cycles."""
    if own is None or own.size_limit is None:
        return math.inf
    if procedure.when_too_large == "refuse":
        return 1.0
    if not isinstance(procedure.operation, VisitedOperation):
        return math.inf
    if procedure.when_too_large == "cycles":
        return 1.0
    return math.inf if more_units else float(own.count)
