"""Figures of costs over replications: what a dose, a lot and a year cost, and the parts of that."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exosim.economics.allocation import allocated, failed_cost
from exosim.economics.costing import Costing
from exosim.economics.fixed import YEAR, floor_area
from exosim.economics.footprint import footprint
from exosim.economics.headlines import cost_headlines, cost_units, failed_lots
from exosim.economics.ledger import CostLedger, CostLine
from exosim.economics.people_lines import roles
from exosim.economics.usage import Use
from exosim.economics.views import VIEWS, View, title_of
from exosim.summaries import Estimate, Row, estimate

_BY_PRODUCT = "product"
LINE_COLUMNS = (*CostLine._fields, "cost")
"""What is told of a line of the ledger."""


@dataclass(frozen=True, slots=True)
class Part(Row):
    """A part of all costs.

    Attributes
    ----------
    name, title : of the part: a category, a step, a resource
    per_year : mean over replications [currency/year]
    per_dose : mean over the replications that released doses [currency/dose]; None where none did
    share : of all money of all replications
    """

    name: str
    title: str
    per_year: float
    per_dose: float | None
    share: float


@dataclass(frozen=True, slots=True)
class Labor(Row):
    """What people cost in a year, on both bases, mean over replications [currency/year].

    Attributes
    ----------
    activity : of the hours at work
    staffing : of all hours on duty
    gap : what is paid beyond the hours at work
    share_at_work : hours at work over hours on duty; None where nobody is on duty
    """

    activity: float
    staffing: float
    gap: float
    share_at_work: float | None


def figures(ledgers: Sequence[CostLedger], currency: str) -> list[Estimate]:
    """Return the figures of costs over replications: mean with interval, median, 5 to 95 %."""
    told = [cost_headlines(ledger) for ledger in ledgers]
    found = [estimate(name, None, unit, [one[name] for one in told]) for name, unit in cost_units(currency).items()]
    yearly = [YEAR / ledger.hours for ledger in ledgers]
    more: Mapping[tuple[str, str], Sequence[float]] = {
        ("doses_released_per_year", "dose/year"): [one.released for one in ledgers],
        ("lots_released_per_year", "1/year"): [one.lots for one in ledgers],
        ("failed_lots_per_year", "1/year"): [failed_lots(one) for one in ledgers],
        ("cost_of_failed_lots", f"{currency}/year"): [failed_cost(one) for one in ledgers],
        ("cost_of_failed_lots_with_share", f"{currency}/year"): [failed_cost(one, "bottleneck") for one in ledgers],
    }
    for (name, unit), values in more.items():
        rates = [value * rate for value, rate in zip(values, yearly, strict=True)]
        found.append(estimate(name, None, unit, rates))
    return found


def pooled(ledgers: Sequence[CostLedger]) -> float | None:
    """Return all money over all doses [currency/dose]; None where no dose was released."""
    doses = math.fsum(ledger.released for ledger in ledgers)
    return math.fsum(ledger.total for ledger in ledgers) / doses if doses > 0.0 else None


def parts(ledgers: Sequence[CostLedger], view: str) -> list[Part]:
    """Return the parts of a view, largest first; they add up to the mean cost of a year and of a dose.

    By product, what belongs to no lot is shared by the hours on the equipment that is occupied most.
    """
    if view == _BY_PRODUCT:
        ledgers = [allocated(ledger) for ledger in ledgers]
    each = [ledger.by(VIEWS[view](ledger)) for ledger in ledgers]
    names = dict.fromkeys(name for one in each for name in one)
    total = math.fsum(ledger.total for ledger in ledgers)
    selling = [(one, ledger) for one, ledger in zip(each, ledgers, strict=True) if ledger.released > 0.0]
    found = []
    for name in names:
        money = [one.get(name, 0.0) for one in each]
        yearly = [m * YEAR / ledger.hours for m, ledger in zip(money, ledgers, strict=True)]
        per_dose = [one.get(name, 0.0) / ledger.released for one, ledger in selling]
        mean = float(np.mean(per_dose)) if per_dose else None
        share = math.fsum(money) / total if total else 0.0
        found.append(Part(name, title_of(view, name), float(np.mean(yearly)), mean, share))
    return sorted((part for part in found if part.per_year), key=lambda part: -part.per_year)


def crossed(ledgers: Sequence[CostLedger], rows: View, columns: View) -> dict[str, dict[str, float]]:
    """Return the money of each pair of parts of two views: mean of a dose, or of a year where none is released."""
    selling = [ledger for ledger in ledgers if ledger.released > 0.0]
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for ledger in selling or ledgers:
        per = ledger.released if selling else ledger.hours / YEAR
        row, column = rows(ledger), columns(ledger)
        for line in ledger.lines:
            found[row(line)][column(line)].append(line.cost / per)
    count = len(selling or ledgers)
    return {r: {c: math.fsum(costs) / count for c, costs in cells.items()} for r, cells in found.items()}


def labor(uses: Sequence[Sequence[Use]], worlds: Sequence[Costing], ledgers: Sequence[CostLedger]) -> Labor:
    """Return what people cost on both bases, whichever the ledger is on."""
    each = [
        (role, YEAR / ledger.hours)
        for own, world, ledger in zip(uses, worlds, ledgers, strict=True)
        for role in roles(own, world).values()
    ]
    activity, staffing = (
        math.fsum(getattr(role, basis) * rate for role, rate in each) / len(ledgers)
        for basis in ("activity", "staffing")
    )
    paid = math.fsum(role.paid for role, _ in each)
    at_work = math.fsum(role.worked for role, _ in each) / paid if paid > 0.0 else None
    return Labor(activity, staffing, staffing - activity, at_work)


def unpriced(
    uses: Sequence[Sequence[Use]], worlds: Sequence[Costing], ledgers: Sequence[CostLedger]
) -> dict[str, float]:
    """Return what was used and has no price, with the mean amount of a replication; of a building its area [m2]."""
    each = zip(uses, worlds, ledgers, strict=True)
    found = [{**ledger.unpriced, **_building(own, world, ledger)} for own, world, ledger in each]
    names = dict.fromkeys(name for one in found for name in one)
    return {name: float(np.mean([one.get(name, 0.0) for one in found])) for name in sorted(names)}


FOOTPRINT: Mapping[str, str] = {"plastic": "kg", "water": "L", "electricity": "kWh", "inputs": "kg", "room_hours": "h"}
"""What a dose takes of the world besides money, with units."""


def footprints(uses: Sequence[Sequence[Use]], worlds: Sequence[Costing]) -> list[Estimate]:
    """Return what a released dose takes of the world besides money, and the process mass intensity."""
    each = [footprint(*one) for one in zip(uses, worlds, strict=True)]
    found = [
        estimate(f"{name}_per_dose", None, f"{unit}/dose", [getattr(one.per_dose, name) for one in each])
        for name, unit in FOOTPRINT.items()
    ]
    intensity = estimate("mass_intensity", None, "kg/1e12 EV", [one.intensity for one in each])
    return [one for one in (*found, intensity) if one.mean]


def _building(uses: Sequence[Use], world: Costing, ledger: CostLedger) -> dict[str, float]:
    """Return the building where its price is asked for and there is none."""
    priced = world.prices.get("economics.building") or any(room.building for room in world.rooms.values())
    if world.estimate != "installed" or priced:
        return {}
    area = floor_area(uses, world, ledger.hours)
    return {"building": area} if area > 0.0 else {}
