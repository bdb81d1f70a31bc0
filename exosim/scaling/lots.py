"""What one lot of each size makes, needs and uses, by world: what a plant is sized and priced by."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.economics.usage import Use
from exosim.economics.utilities_drawn import amount_unit
from exosim.kernel import steps_of
from exosim.lot_figures import Lanes, LotFigures, lot_figures
from exosim.lot_limits import LotLimit, lot_limits
from exosim.lot_size import Largest, largest
from exosim.lot_survival import lot_survival
from exosim.plant import Plant
from exosim.recipe import UnitProcedure
from exosim.sampling import Nesting
from exosim.scale_numbers import ScaleNumbers
from exosim.scenario import Scenario
from exosim.vocabulary import CONSUMABLES

Sizes = NDArray[np.float64]
"""One number for each size of a lot, shape (sizes,)."""
_STEP = math.sqrt(2.0)
_IMPOSSIBLE = ("size", "time", "hold")
_ROUNDS, _PARTS = 2, 8
"""How often, and in how many parts, the step is divided in which lots become too large: to 0.5 %."""


@dataclass(frozen=True)
class Lots:
    """Lots of one technology in all sizes.

    Attributes
    ----------
    factors : sizes over the lot of the scenario, shape (sizes,)
    doses : that a started lot brings in the mean of its world, lost lots and those out of specification included,
        shape (sizes, worlds)
    success : share of the lots that bring doses
    uses : what a lot uses, one unit of it each, and how much, shape (uses, sizes, worlds)
    unit_hours : time for which units of a class are taken, what stands still outside shifts included [unit-h]
    at_once : units of a class that one lot takes at once
    person_hours : by role [person-h]
    crew : most people of a role at one phase
    on_duty : share of the time for which a role is there
    room_hours : time in each room [h]
    hours : time of a lot, what stands still outside shifts included [h]
    impossible : why no such lot can be made, by size; none: it can
    largest : the largest lot that units take, and why
    """

    factors: Sizes
    doses: Lanes
    success: Sizes
    uses: tuple[Use, ...]
    used: NDArray[np.float64]
    unit_hours: Mapping[str, Sizes]
    at_once: Mapping[str, Sizes]
    person_hours: Mapping[str, Sizes]
    crew: Mapping[str, int]
    on_duty: Mapping[str, float]
    room_hours: Mapping[str, Sizes]
    hours: Sizes
    impossible: tuple[tuple[LotLimit, ...], ...]
    largest: Largest


def lots_of(scenario: Scenario, limits: ScaleNumbers, worlds: int, batches: int, seed: int) -> Lots:
    """Return what lots of all sizes make, need and use.

    Parameters
    ----------
    scenario : one technology; its lots have the size 1
    limits : between which sizes to look, and how many units a class may have
    worlds, batches : possible worlds, and lots drawn in each
    seed : of the random values
    """
    wide = with_units(scenario, limits)
    top = largest(wide, more_units=True)
    factors, figures = _figures(wide, list(_factors(limits, top.factor)), worlds, batches, seed)
    plant, procedures = wide.plant(wide.typical_values(), seed), wide.recipe(wide.typical_values()).procedures
    survival = _mean(lot_survival(wide, figures))

    def mean(lanes: Lanes) -> Lanes:
        return np.asarray(lanes.reshape(len(factors), worlds, batches).mean(axis=2))

    doses = mean(figures.doses * figures.met) * survival[:, None]
    uses = dict(_uses(wide, figures, procedures))
    on_duty = _on_duty(plant, wide.declarations.plant.horizon)
    still = {p.id: _mean(figures.attended[p.id]) * (1.0 / on_duty.get(p.operator or "", 1.0) - 1.0) for p in procedures}
    return Lots(
        figures.factors, doses, figures.success * survival, tuple(uses),
        np.stack([mean(amount) for amount in uses.values()]),
        _unit_hours(figures, procedures, still), _at_once(figures, procedures), _person_hours(figures),
        _crews(wide, plant), on_duty, _room_hours(figures, plant, procedures, still),
        _mean(figures.duration) + np.asarray(sum(still.values())),
        _impossible(wide, figures),
        top,
    )  # fmt: skip


def _figures(
    scenario: Scenario, factors: list[float], worlds: int, batches: int, seed: int
) -> tuple[list[float], LotFigures]:
    """Return the figures of lots of some sizes, with the largest that can be made and the next among them."""

    def figures(sizes: list[float]) -> LotFigures:
        return lot_figures(scenario, sizes, worlds * batches, seed, Nesting(batches, 1))

    found, tried = figures(factors), factors
    for _ in range(_ROUNDS):
        wrong = [bool(limits) for limits in _impossible(scenario, found)]
        place = next((at for at in range(len(wrong) - 1) if not wrong[at] and wrong[at + 1]), None)
        if place is None:
            break
        low, high = tried[place], tried[place + 1]
        tried = [low * (high / low) ** (step / _PARTS) for step in range(_PARTS + 1)]
        found = figures(tried)
    if tried is factors:
        return factors, found
    wrong = [bool(limits) for limits in _impossible(scenario, found)]
    place = max(at for at in range(_PARTS) if not wrong[at])
    every = sorted({*factors, tried[place], tried[place + 1]})
    return every, figures(every)


def _impossible(scenario: Scenario, figures: LotFigures) -> tuple[tuple[LotLimit, ...], ...]:
    """Return why no lot of each size can be made."""
    return tuple(tuple(one for one in found if one.kind in _IMPOSSIBLE) for found in lot_limits(scenario, figures))


def with_units(scenario: Scenario, limits: ScaleNumbers) -> Scenario:
    """Return a scenario with as many units of every class with a limit of size as a plant may have."""
    equipment = scenario.declarations.plant.equipment
    limited = [name for name, one in equipment.items() if one.size_limit is not None]
    return scenario.with_({f"equipment.{name}.count": round(limits.most_units) for name in limited})


def _factors(limits: ScaleNumbers, top: float) -> Iterator[float]:
    """Yield the sizes: from the smallest to the largest, each at most 1.41 times the one before, 1 among them."""
    first, last = min(limits.smallest_lot, top), min(limits.largest_lot, top)
    if top == 1.0:
        yield 1.0
        return
    for low, high in ((first, min(1.0, last)), (min(1.0, last), last)):
        steps = math.ceil(math.log(high / low) / math.log(_STEP) - 1e-9)
        yield from (low * (high / low) ** (step / steps) for step in range(steps))
    yield last


def _mean(lanes: Lanes) -> Sizes:
    return np.asarray(lanes.mean(axis=1))


def _uses(
    scenario: Scenario, figures: LotFigures, procedures: tuple[UnitProcedure, ...]
) -> Iterator[tuple[Use, Lanes]]:
    """Yield what a lot uses, and how much of it in each size and draw."""
    one = np.ones_like(figures.doses)
    for (step, material), amount in figures.used.items():
        yield Use(0, step, f"material.{material}", "consumed", 1.0, CONSUMABLES[material], 0.0), amount
    for name, hours in figures.occupied.items():
        yield Use(0, "", f"equipment.{name}", "occupied", 1.0, "h", 0.0), hours
    values = scenario.typical_values()
    release = scenario.release(scenario.recipe(values), values, scenario.seed, 0)
    for test in () if release is None else release.tests:
        yield Use(0, f"assay.{test.id}", f"assay.{test.id}", "tested", 1.0, "1", 0.0), one
    rates = {name: unit for name, (_, unit) in scenario.declarations.plant.utilities.items()}
    for procedure in procedures:
        for name, rate in procedure.utilities.items():
            unit = amount_unit(rates[name])
            factor = 1.0 if rates[name] == "1" else units.parse(f"1 ({rates[name]})*h", unit)
            amount = figures.hours[procedure.id] * rate * factor
            yield Use(0, procedure.id, f"utility.{name}", "drawn", 1.0, unit, 0.0), amount
    economics = scenario.declarations.economics
    if economics is not None and economics.labor_basis == "activity":
        for (role, step), hours in figures.work.items():
            yield Use(0, step, f"personnel.{role}", "worked", 1.0, "h", 0.0), hours
    yield Use(0, "", "lot", "started", 1.0, "lot", 0.0), one
    if not scenario.declarations.plant.warehouses:
        delivered = figures.met * lot_survival(scenario, figures) * (figures.doses > 0.0)
        yield Use(0, "", "shipment", "shipped", 1.0, "shipment", 0.0), delivered


def _on_duty(plant: Plant, horizon: float) -> dict[str, float]:
    """Return the share of the time for which each role is there; an hour of attended work takes its inverse."""
    each = ((role.id, role.hours.worked(horizon) - role.hours.worked(0.0)) for role in plant.roles)
    return {name: max(hours / horizon, 1e-6) for name, hours in each}


def _unit_hours(
    figures: LotFigures, procedures: tuple[UnitProcedure, ...], still: Mapping[str, Sizes]
) -> dict[str, Sizes]:
    found = {name: _mean(hours) for name, hours in figures.occupied.items()}
    for one in procedures:
        if one.unit is not None:
            together = 1 if one.shared_run is None else one.shared_run.usable
            found[one.unit] = found[one.unit] + _held(figures, one.id) * still[one.id] / together
    return found


def _held(figures: LotFigures, procedure: str) -> Sizes:
    return _mean(np.ceil(figures.filled[procedure] / figures.cycles[procedure]))


def _at_once(figures: LotFigures, procedures: tuple[UnitProcedure, ...]) -> dict[str, Sizes]:
    """Return the units of each class that nine lots of ten take at once, or fewer."""
    found: dict[str, Sizes] = {}
    for one in procedures:
        if one.unit is not None:
            held = np.ceil(figures.filled[one.id] / figures.cycles[one.id])
            most = np.ceil(np.quantile(held, 0.9, axis=1))
            found[one.unit] = np.maximum(found.get(one.unit, np.ones(len(most))), most)
    return found


def _person_hours(figures: LotFigures) -> dict[str, Sizes]:
    found: dict[str, Sizes] = defaultdict(lambda: np.zeros(len(figures.factors)))
    for (role, _), hours in figures.work.items():
        found[role] = found[role] + _mean(hours)
    return dict(found)


def _crews(scenario: Scenario, plant: Plant) -> dict[str, int]:
    """Return the most people of each role whom one phase, test or preparation needs at once."""
    values = scenario.typical_values()
    recipe, least = scenario.recipe(values), {role.id: role.minimum_crew for role in plant.roles}
    crews = dict(least)
    for step in steps_of(recipe):
        role = step.procedure.operator
        if role is not None:
            crews[role] = max([crews[role], *(phase.operators for phase in step.outcome.phases if phase.attended)])
    release = scenario.release(recipe, values, scenario.seed, 0)
    for test in () if release is None else release.tests:
        if test.analyst is not None:
            crews[test.analyst] = max(crews[test.analyst], test.people)
    return crews


def _room_hours(
    figures: LotFigures, plant: Plant, procedures: tuple[UnitProcedure, ...], still: Mapping[str, Sizes]
) -> dict[str, Sizes]:
    room = {one.id: one.room for one in plant.equipment}
    found: dict[str, Sizes] = {}
    for one in procedures:
        name = room.get(one.unit or "")
        if name is not None:
            found[name] = found.get(name, 0.0) + _mean(figures.hours[one.id]) + still[one.id]
    return found
