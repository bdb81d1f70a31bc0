"""What a clock could not do, found before it starts: time that stands still, steps too short, units needed twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exosim.campaign import Campaign
from exosim.errors import ModelError, Problem, ScenarioError
from exosim.facility.lots import Lots
from exosim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay of one batch on a class of equipment: the first and last procedure of it, hours after its start."""

    unit: str
    first: str
    begin: float
    end: float
    free: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One batch at fixed values and medians that waits nowhere.

    Attributes
    ----------
    phases : hours of each phase, by procedure
    stays : on equipment, in order
    counts, turnaround : units and their turnaround [h], by class
    """

    phases: Mapping[str, Sequence[tuple[str, float]]]
    stays: Sequence[Stay]
    counts: Mapping[str, int]
    turnaround: Mapping[str, float]


def check_in_time(scenario: Scenario) -> None:
    """Refuse a scenario that no clock can run, at its fixed values and medians.

    Raises
    ------
    ModelError
        when batches would be started without end at one moment, or a step is too short to move the clock.
    ScenarioError
        when batches that never wait would need a unit while they still hold it.
    """
    values = scenario.typical_values()
    campaign, plan = scenario.campaign(values), _plan(scenario)
    short = list(_too_short(plan, scenario.declarations.plant.horizon))
    if short:
        raise ModelError(short)
    if _stands_still(plan, campaign):
        first = next(iter(plan.phases))
        problem = f"time stands still at 0 h: nothing limits how many batches enter {first} at one moment"
        expected = f"a time for {first} on a unit, or campaign.batches or campaign.work_in_progress"
        raise ModelError(Problem(problem, path=first, expected=expected))
    if campaign.storage == "zero_wait":
        twice = list(_needed_twice(plan))
        if twice:
            raise ScenarioError([replace(problem, file=scenario.source.name) for problem in twice])


def _plan(scenario: Scenario) -> Plan:
    values = scenario.typical_values()
    recipe, equipment = scenario.recipe(values), scenario.plant(values).equipment
    lots = Lots(recipe, lambda _: recipe, 1)
    turnaround = {e.id: float(np.ravel(e.turnaround)[0]) for e in equipment}
    phases, stays, clock = {}, list[Stay](), 0.0
    for index, procedure in enumerate(recipe.procedures):
        own = [(phase.name, phase.hours) for phase in lots.begin(0, index, 0.0)]
        end = clock + sum(hours for _, hours in own)
        if procedure.unit in turnaround:
            name, first, begin = procedure.unit, procedure.id, clock
            if stays and index and recipe.procedures[index - 1].unit == name:
                last = stays.pop()
                first, begin = last.first, last.begin
            stays.append(Stay(name, first, begin, end, end + turnaround[name]))
        phases[procedure.id], clock = own, end
    return Plan(phases, stays, {e.id: e.count for e in equipment}, turnaround)


def _too_short(plan: Plan, horizon: float) -> Iterator[Problem]:
    """Yield what is too short to move a clock in double precision at the end of the run."""
    tick = float(np.spacing(horizon))
    expected = f"0 h, or more than {tick:.2g} h"
    problem = f"is too short to move the clock at {horizon:g} h"
    for procedure, phases in plan.phases.items():
        for name, hours in phases:
            if hours > 0.0 and horizon + hours == horizon:
                yield Problem(f"the phase {name} {problem}", path=procedure, got=f"{hours:g} h", expected=expected)
    for unit, hours in plan.turnaround.items():
        if hours > 0.0 and horizon + hours == horizon:
            path = f"equipment.{unit}.turnaround"
            yield Problem(problem, path=path, got=f"{hours:g} h", expected=expected)


def _stands_still(plan: Plan, campaign: Campaign) -> bool:
    """Return whether batches that are started as soon as possible would be started without end at one moment."""
    if campaign.mode != "as_soon_as_possible" or campaign.batches is not None:
        return False
    taken = [stay.free - stay.begin for stay in plan.stays]
    if campaign.work_in_progress is not None:
        return sum(hours for phases in plan.phases.values() for _, hours in phases) <= 0.0
    if campaign.storage == "zero_wait":
        return not any(taken)
    enters = bool(plan.stays) and plan.stays[0].first == next(iter(plan.phases))
    held = any(taken) if campaign.storage == "none" else enters and taken[0] > 0.0
    return not (enters and held)


def _needed_twice(plan: Plan) -> Iterator[Problem]:
    """Yield the stays for which the batch itself still has all units of the class, in use or in turnaround."""
    for index, stay in enumerate(plan.stays):
        own = [other for other in plan.stays[:index] if other.unit == stay.unit and other.free > stay.begin + 1e-9]
        count = plan.counts[stay.unit]
        if len(own) >= count:
            problem = (
                f"without waiting it would need a {stay.unit} that the batch itself still has since {own[0].first}"
            )
            free = sorted(other.free for other in own)[-count]
            got = f"{count} {stay.unit}, needed at {stay.begin:g} h, free at {free:g} h"
            expected = f"at least {len(own) + 1}: equipment.{stay.unit}.count, or another campaign.storage"
            yield Problem(problem, path=f"{stay.first}.unit", got=got, expected=expected)
