"""The estimate without a clock: for one technology, the cheapest plant for each demand, over the draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exosim.cost_numbers import CATEGORIES
from exosim.economics.costing import Costing
from exosim.economics.fixed import YEAR
from exosim.economics_builder import cost_values, costing_of
from exosim.lot_growth import explicit, growing
from exosim.sampling import BatchSample, Quantity, SampleBlock
from exosim.scale_numbers import ScaleNumbers
from exosim.scaling.lots import Lots, Sizes, lots_of
from exosim.scaling.plants import Bounds, Plants, Premises, doses_counted_on, plants
from exosim.scaling.technologies import Technology
from exosim.scaling.unit_costs import UnitCosts, unit_costs
from exosim.scenario import Scenario

Worlds = NDArray[np.float64]
"""Shape (worlds,)."""
NOTHING = 1e-12
_HALVINGS = 30


def expected(costs: Worlds, doses: Worlds) -> float:
    """Return what a dose costs over all worlds together; infinite where none brings any."""
    total = float(doses.sum())
    return float(costs.sum()) / total if total > 0.0 else math.inf


@dataclass(frozen=True)
class Screened:
    """The cheapest plant of one technology for one demand.

    Attributes
    ----------
    technology, demand : of which, and doses a year
    feasible : whether it can be built; else the plant is the one that comes nearest
    why : what binds, in words; empty where it can be built
    binding : kind of what binds
    held : procedure that keeps its lots from being larger, where that binds; else empty
    factor : size of its lots over that of the scenario
    lots : of a year as planned
    run : lots of a year in each world, where its lots bring more than planned, shape (worlds,)
    doses : that a started lot is planned to bring: at least, in so many of the worlds as are asked for
    success : share of lots that bring doses
    units, people, room_area, room_capacity : by class, role and room
    area : floor [m2]
    cost : of a year, by category, shape (categories, worlds) [currency]
    per_dose : cost of a dose that is asked for, shape (worlds,); infinite where none is released
    delivered : doses a year up to the demand, shape (worlds,)
    hours : time of a lot from its start to its last vial [h]
    """

    technology: str
    demand: float
    feasible: bool
    why: str
    binding: str
    held: str
    factor: float
    lots: int
    run: Worlds
    doses: float
    success: float
    units: Mapping[str, int]
    people: Mapping[str, int]
    room_area: Mapping[str, float]
    room_capacity: Mapping[str, int]
    area: float
    cost: NDArray[np.float64]
    per_dose: Worlds
    delivered: Worlds
    hours: float

    @property
    def expected(self) -> float:
        """Cost of a dose that is to be expected: the cost of a year over the doses of a year, all worlds together."""
        return expected(self.cost.sum(axis=0), self.delivered)

    @property
    def median(self) -> float:
        """Median of the cost of a dose over the worlds."""
        return self.quantile(0.5)

    @property
    def met(self) -> float:
        """Share of the worlds in which the demand is met."""
        return float(np.mean(self.delivered >= self.demand * (1.0 - NOTHING)))

    @property
    def shares(self) -> dict[str, float]:
        """Share of each category in the cost of a year, in the mean of the worlds, the largest first."""
        means = self.cost.mean(axis=1) / self.cost.sum(axis=0).mean()
        told = dict(zip(CATEGORIES, means.tolist(), strict=True))
        return {name: share for name, share in sorted(told.items(), key=lambda item: -item[1]) if share > 0.0}

    def quantile(self, share: float) -> float:
        """Return a quantile of the cost of a dose over the worlds; infinite where no dose is released in them."""
        return float(np.quantile(self.per_dose, share, method="inverted_cdf"))


@dataclass(frozen=True)
class Screen:
    """What is known of one technology before a demand is named; build it with :func:`screen`.

    Attributes
    ----------
    purchase : price of one unit of each class over that of a unit of the lots as they are, shape (sizes, worlds)
    """

    technology: str
    lots: Lots
    premises: Premises
    limits: ScaleNumbers
    costs: UnitCosts
    purchase: Mapping[str, NDArray[np.float64]]
    per_lot: NDArray[np.float64]

    def best(self, demand: float) -> Screened:
        """Return the cheapest plant for a demand, all worlds together; else the one that comes nearest."""
        found = plants(self.lots, self.premises, self.limits, demand)
        costs = [self.yearly(found, place) for place in range(len(found.lots))]
        per_dose = [self._per_dose(found, place, cost) for place, cost in enumerate(costs)]
        can = np.flatnonzero(found.feasible)
        if len(can):
            place = min(can, key=lambda at: (expected(costs[at].sum(axis=0), self.delivered(found, int(at))), at))
            return self._told(found, int(place), costs[place], per_dose[place], ("", "", ""))
        nearest = self._nearest(found)
        return self._told(found, nearest, costs[nearest], per_dose[nearest], self._binding(found.bounds, nearest))

    def _nearest(self, found: Plants) -> int:
        """Return the plant that lacks least, of those with lots that can be made; of all where there are none."""
        sizes = range(len(found.lots))
        can = [at for at in sizes if not self.lots.impossible[at]] or list(sizes)
        return min(can, key=lambda at: (max(bound.excess for bound in found.bounds[at]), at))

    def yearly(self, own: Plants, place: int) -> NDArray[np.float64]:
        """Return what a plant costs in a year, by category, shape (categories, worlds) [currency]."""
        costs = self.costs
        total = costs.year + self.run(own, place) * (self.per_lot[place] + costs.dose * self.lots.doses[place])
        for role, number in own.people.items():
            total = total + number[place] * self.lots.on_duty[role] * YEAR * costs.paid[role]
        for name, number in own.units.items():
            total = total + number[place] * costs.owned[name] * self.purchase[name][place]
        for name, area in costs.area.items():
            total = total + (own.room_area[name][place] - self.premises.stated[name]) * area
        return np.asarray(total)

    def reach(self, low: float, high: float) -> float:
        """Return the largest demand between two that the technology can meet; 0 where it cannot meet the lowest."""
        if not self._can(low):
            return 0.0
        if self._can(high):
            return math.inf
        for _ in range(_HALVINGS):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if self._can(middle) else (low, middle)
        return low

    def _can(self, demand: float) -> bool:
        return bool(plants(self.lots, self.premises, self.limits, demand).feasible.any())

    def run(self, own: Plants, place: int) -> Worlds:
        """Return the lots of a year: as many as the doses of a lot ask for in a world, at most those of the plan."""
        needed = np.ceil(own.demand / np.maximum(self.lots.doses[place], NOTHING) * (1.0 - NOTHING))
        return np.asarray(np.clip(needed, 1.0, own.lots[place]))

    def delivered(self, own: Plants, place: int) -> Worlds:
        """Return the doses of a year, up to the demand; what is made beyond it is worth nothing."""
        return np.asarray(np.minimum(self.run(own, place) * self.lots.doses[place], own.demand))

    def _per_dose(self, own: Plants, place: int, cost: NDArray[np.float64]) -> Worlds:
        with np.errstate(divide="ignore"):
            return np.asarray(cost.sum(axis=0) / self.delivered(own, place))

    def _binding(self, bounds: Sequence[Bounds], place: int) -> tuple[str, str, str]:
        """Return what binds the plant that comes nearest, what keeps its lots from being larger, and both in words."""
        most = max(bounds[place], key=lambda bound: bound.excess)
        above = (found for found in self.lots.impossible[place + 1 :] if found)
        held = next((found[0].why for found in above), self.lots.largest.why if self.lots.largest.by else "")
        if most.kind not in ("lots", "units", "people") or not held:
            return most.kind, "", most.why
        return most.kind, held.partition(":")[0], f"{most.why}; a larger lot is not possible: {held}"

    def _told(
        self, own: Plants, place: int, cost: NDArray[np.float64], per_dose: Worlds, binding: tuple[str, str, str]
    ) -> Screened:
        kind, held, why = binding

        def whole(table: Mapping[str, Sizes]) -> dict[str, int]:
            return {name: round(float(number[place])) for name, number in table.items()}

        lots = self.lots
        return Screened(
            self.technology, own.demand, not why, why, kind, held, float(lots.factors[place]), round(own.lots[place]),
            self.run(own, place), float(doses_counted_on(lots, self.limits)[place]), float(lots.success[place]),
            whole(own.units), whole(own.people),
            {name: float(area[place]) for name, area in own.room_area.items()}, whole(own.room_capacity),
            float(own.area[place]), cost, per_dose, self.delivered(own, place), float(lots.hours[place]),
        )  # fmt: skip


def screen(technology: Technology, limits: ScaleNumbers, worlds: int, batches: int, seed: int) -> Screen:
    """Return what is known of a technology before a demand is named.

    Parameters
    ----------
    technology : one plant, one size of lot
    limits : how large a plant may become
    worlds, batches : possible worlds, and lots drawn in each; world n has the prices of replication n of a run
    seed : of the random values
    """
    scenario = technology.scenario
    lots = lots_of(scenario, limits, worlds, batches, seed)
    drawn = _prices(scenario, worlds, seed)
    costings = [
        costing_of(scenario.declarations, {name: float(value[world]) for name, value in drawn.items()})
        for world in range(worlds)
    ]
    basis = scenario.declarations.economics
    paid = [role.id for role in scenario.plant(scenario.typical_values(), seed).roles]
    costs = unit_costs(costings, lots.uses, paid if basis is not None else [])
    return Screen(
        technology.name, lots, _premises(scenario, lots.factors), limits, costs,
        _purchases(scenario, lots.factors, drawn, costings),
        np.einsum("ufw,ucw->fcw", lots.used, costs.each),
    )  # fmt: skip


def _prices(scenario: Scenario, worlds: int, seed: int) -> dict[str, Worlds]:
    """Return numbers and prices of the worlds, by address: world n has those of replication n of a run."""
    declared = scenario.declarations.economics
    block, found = SampleBlock(seed, 0, worlds), dict[str, Worlds]()
    for own in () if declared is None else declared.blocks():
        for name, given in own.given.items():
            address, quantity = f"{own.prefix}.{name}", given.quantity
            if {level for level, _ in quantity.layers(address)} <= {"study"}:
                found[address] = np.broadcast_to(block.values(address, quantity), (worlds,))
            else:
                each = (BatchSample(seed, world, [0], 0).values(address, quantity) for world in range(worlds))
                found[address] = np.array([np.ravel(value)[0] for value in each])
    return found


def _premises(scenario: Scenario, factors: Sizes) -> Premises:
    typical = cost_values(scenario)
    bought = [costing_of(grown.declarations, typical) for grown in _grown(scenario, factors)]
    costing = bought[0]
    return Premises(
        scenario.plant(scenario.typical_values()),
        {name: room.area for name, room in costing.rooms.items()},
        {name: one.footprint for name, one in costing.equipment.items()},
        {name: np.array([one.equipment[name].purchase for one in bought]) for name in costing.equipment},
        costing.numbers.area_factor,
    )


def _purchases(
    scenario: Scenario, factors: Sizes, drawn: Mapping[str, Worlds], costings: Sequence[Costing]
) -> dict[str, NDArray[np.float64]]:
    """Return the price of a unit for lots of each size over that for lots as they are, by class."""
    found = [costing_of(grown.declarations, drawn) for grown in _grown(scenario, factors)]
    ratios = {}
    for name in costings[0].equipment:
        usual = np.array([one.equipment[name].purchase for one in costings])
        each = [np.broadcast_to(one.equipment[name].purchase, usual.shape) for one in found]
        ratios[name] = np.stack([np.divide(one, usual, out=np.ones_like(usual), where=usual > 0.0) for one in each])
    return ratios


def _grown(scenario: Scenario, factors: Sizes) -> list[Scenario]:
    """Return the scenario with lots of each size, as far as the sizes of units go: without checking it again."""
    whole, grows = explicit(scenario), {one.address: one for one in growing(scenario)}
    found = []
    for factor in factors.tolist():
        procedures = []
        for procedure in whole.declarations.procedures:
            block = procedure.operation
            given = {
                name: replace(g, quantity=Quantity(float(grows[address].at(grows[address].typical, factor))))
                if (address := f"{procedure.id}.{name}") in grows
                else g
                for name, g in block.given.items()
            }
            procedures.append(replace(procedure, operation=replace(block, given=given)))
        found.append(replace(whole, declarations=replace(whole.declarations, procedures=tuple(procedures))))
    return found
