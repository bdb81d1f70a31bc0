"""Confirm finalists in the facility: put a sized plant into its scenario, simulate it, cost the run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from exosim.economics.booking import booked
from exosim.economics.fixed import YEAR
from exosim.economics.ledger import CostLedger
from exosim.economics_builder import costing
from exosim.lot_size import grown
from exosim.replications import replay
from exosim.scaling.screen import Screened, Worlds, expected
from exosim.scenario import Scenario
from exosim.uses import used

_LEAST_GAP, _MOST_GAP = 0.001, 8760.0  # h, between two lots
_RELEASE = 2160.0
"""Hours that tests, reviews and deviations may take after the last vial, so that a run begins in its rhythm [h]."""


@dataclass(frozen=True)
class Checked:
    """A plant in the estimate and in the facility, in the same worlds; arrays of shape (replications,).

    Attributes
    ----------
    technology, demand, rank : which plant, and its place among the technologies at this demand
    screened, simulated : cost of a dose that is asked for [currency/dose]
    screened_cost, simulated_cost : of a year [currency]
    screened_doses, simulated_doses : that meet the demand in a year
    started, released : lots of a year, in the mean
    planned : lots of a year in the estimate, in the mean
    success : planned share of the lots that bring doses
    lead, planned_lead : time of a lot from its start to its last vial, and as estimated [h]
    """

    technology: str
    demand: float
    rank: int
    screened: Worlds
    simulated: Worlds
    screened_cost: Worlds
    simulated_cost: Worlds
    screened_doses: Worlds
    simulated_doses: Worlds
    started: float
    released: float
    planned: float
    success: float
    lead: float
    planned_lead: float

    @property
    def estimate(self) -> float:
        """Cost of a dose by the estimate: cost over doses of the worlds that were simulated."""
        return expected(self.screened_cost, self.screened_doses)

    @property
    def facility(self) -> float:
        """Cost of a dose in the facility: cost over doses of all replications."""
        return expected(self.simulated_cost, self.simulated_doses)

    @property
    def why(self) -> str:
        """Where the difference comes from, in words."""
        money = float(self.simulated_cost.mean() / self.screened_cost.mean()) - 1.0
        doses = float(self.simulated_doses.mean() / max(self.screened_doses.mean(), 1e-300)) - 1.0
        share = self.released / self.started if self.started else 0.0
        days, planned = self.lead / 24.0, self.planned_lead / 24.0
        lead = "none was filled" if math.isnan(days) else f"{days:.0f} d each ({planned:.0f} planned)"
        return (
            f"a year costs {_change(money)} and brings {_change(doses)} doses: {self.started:.3g} lots started "
            f"({self.planned:.3g} planned), {share:.0%} released ({self.success:.0%} planned), {lead}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the plant in both as a JSON object."""
        return {
            "technology": self.technology,
            "demand": self.demand,
            "rank": self.rank,
            "replications": len(self.simulated),
            "estimate": _plain(self.estimate),
            "facility": _plain(self.facility),
            "difference": _plain(self.facility / self.estimate - 1.0),
            "lots": {
                "planned": self.planned,
                "started": self.started,
                "released": self.released,
            },
            "lead_time": {"planned": self.planned_lead, "simulated": _plain(self.lead)},
            "why": self.why,
        }


def _change(share: float) -> str:
    """Return a change in percent; none has no sign."""
    return f"{share:+.0%}" if abs(share) >= 0.005 else "0%"


def _plain(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def confirmed(scenario: Scenario, point: Screened, rank: int, replications: int, seed: int) -> Checked:
    """Return a plant of the estimate beside its run in the facility.

    Parameters
    ----------
    scenario : the technology, as the estimate took it
    point : the plant
    rank : its place at this demand, from 1
    replications : worlds that are simulated; the first of the estimate
    seed : of the random values
    """
    ledgers = [_ledger(scenario, point, world, seed) for world in range(replications)]
    years = [ledger.hours / YEAR for ledger in ledgers]
    costs = np.array([ledger.total / year for ledger, year in zip(ledgers, years, strict=True)])
    doses = np.array([min(ledger.released / year, point.demand) for ledger, year in zip(ledgers, years, strict=True)])
    began = [min(line.time for line in ledger.lines) for ledger in ledgers]
    each = [(begin, one) for begin, ledger in zip(began, ledgers, strict=True) for one in ledger.batches]
    started = sum(one.started >= begin for begin, one in each) / sum(years)
    good = sum(one.good and one.ended is not None and one.ended >= begin for begin, one in each) / sum(years)
    leads = [one.manufactured - one.started for _, one in each if one.manufactured is not None]
    own = point.cost.sum(axis=0)[:replications]
    with np.errstate(divide="ignore"):
        return Checked(
            point.technology, point.demand, rank, point.per_dose[:replications], costs / doses, own, costs,
            point.delivered[:replications], doses, started, good, float(point.run[:replications].mean()),
            point.success, float(np.mean(leads)) if leads else math.nan, point.hours,
        )  # fmt: skip


def _ledger(scenario: Scenario, point: Screened, world: int, seed: int) -> CostLedger:
    """Return what a year of a plant costs in one world, from its run in time."""
    plant = sized(scenario, point, float(point.run[world]))
    replayed = replay(plant, seed, world)
    return booked(used(*replayed), costing(plant, world, seed), replayed.window.run.batches)


def sized(scenario: Scenario, point: Screened, lots: float | None = None) -> Scenario:
    """Return a scenario with the plant of an estimate: a year in its rhythm, after a warm-up.

    Parameters
    ----------
    scenario : the technology
    point : its plant
    lots : of a year; default: as planned
    """
    larger = grown(scenario, point.factor)
    return larger.with_(dict(_changes(larger, point, point.lots if lots is None else lots)))


def _changes(scenario: Scenario, point: Screened, lots: float) -> Iterator[tuple[str, Any]]:
    declared = scenario.declarations.plant
    numbers = declared.campaigns[0].numbers
    every = min(max(YEAR / lots, _LEAST_GAP), _MOST_GAP)
    warm_up = 2.0 * point.hours + _RELEASE
    usual = numbers.typical("every", float(numbers.parameters["every"].default or 0.0))
    yield "warm_up", f"{warm_up!r} h"
    yield "horizon", f"{warm_up + YEAR!r} h"
    yield f"{numbers.prefix}.mode", "paced"
    yield f"{numbers.prefix}.every", f"{every!r} h"
    if "batches" in numbers.given:
        yield f"{numbers.prefix}.batches", math.ceil((warm_up + YEAR) / every) + 1
    yield from ((f"equipment.{name}.count", count) for name, count in point.units.items())
    yield from ((f"personnel.{role}.headcount", people) for role, people in point.people.items())
    yield from ((f"room.{name}.capacity", lots) for name, lots in point.room_capacity.items())
    yield from ((f"room.{name}.area", f"{area!r} m2") for name, area in point.room_area.items() if area > 0.0)
    yield from _more(scenario, max(point.factor * usual / every, 1.0))


def _more(scenario: Scenario, times: float) -> Iterator[tuple[str, Any]]:
    """Yield stocks, stores and limits of utilities that are so many times as large."""
    declared = scenario.declarations.plant
    for stock in declared.stocks.values():
        block = stock.numbers
        for key in ("on_hand", "reorder_point", "order_quantity"):
            if key in block.given:
                yield f"{block.prefix}.{key}", f"{block.typical(key) * times!r} {block.parameters[key].unit}"
    for name, block in declared.stores.items():
        if "capacity" in block.given:
            yield f"store.{name}.capacity", math.ceil(block.typical("capacity") * times)
    for name, (limit, unit) in declared.utilities.items():
        yield f"utility.{name}.limit", limit * times if unit == "1" else f"{limit * times!r} {unit}"
