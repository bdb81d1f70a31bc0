"""A culture as it runs: one vessel from visit to visit.

This is the form in which every culture runs, whoever asks; what flows is summed by :mod:`exosim.culture.tally`.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from exosim.culture.amounts import (
    BOLUS,
    CELL_HOURS,
    COLLECTION,
    CONDITIONED,
    DIED,
    FOLLOWED,
    GROWTH,
    SECRETED,
    Amounts,
    joined,
    portion,
    rest,
)
from exosim.culture.drain import Drain
from exosim.culture.interval import Rates, Stretch
from exosim.culture.supply import reached
from exosim.culture.tally import DEATH, DECAY, FADING, METABOLISM, MILLIMOLES, SPENT, Tally
from exosim.material import Material, is_number, plus, times
from exosim.operations.base import HARVEST_HOLD, NOTHING, Visit
from exosim.parameter import Array

_CELLS = ("viable_cells", "doublings")
_MEDIUM, _REUPTAKE, _BLEED = "growth medium", "re-uptake", "bleed"


class Course(Tally):
    """One vessel on its way through the visits; lives only while an operation is evaluated."""

    _rates: tuple[Array, Rates] | None = None

    @property
    def now(self) -> Material:
        """What matters to the cells: volume, cells, solutes, and the number of vesicles."""
        followed = {name: self.vessel[name] for name in FOLLOWED if name != "doublings"}
        return Material(doublings=self.vessel["viable_cells"] * self.age, **followed)

    def run(self, visit: Visit, hours: float, wait: float = 0.0) -> None:
        """Let the vessel run for `hours`, then do what `visit` asks; a harvest waits for `wait` hours."""
        culture = self.culture = self._planned.at(visit)
        before = self.now if culture.watches else None
        monitors = self._collect(visit, hours, wait) if visit.kind == "harvest" else self._grow(visit, hours)
        if before is not None:
            watched, limits = culture.watched(before, self.now, visit, hours)
            self._reach(limits)
            monitors.update(watched)
        self._lost.setdefault(HARVEST_HOLD, {})
        if visit.kind == "harvest":
            self._note({"time": visit.time, **monitors})

    # -- visits -------------------------------------------------------------------------------------------------------

    def _grow(self, visit: Visit, hours: float) -> dict[str, Array]:
        """Grow in growth medium, then change the medium; only the cells stay."""
        culture = self.culture
        rates = culture.rates(self.now, 1.0, culture.growth_death_rate)
        self._live(rates, visit.time, hours, collecting=False)
        last = visit.kind == "exchange"
        discarded = portion(self.vessel, _remainder(culture.carryover), _CELLS)
        self._lose(_MEDIUM, discarded)
        liters = times(culture.liters, _remainder(culture.carryover))
        self.vessel = rest(self.vessel, discarded)
        self._add(self._fresh(COLLECTION if last else GROWTH, liters))
        self._phases += culture.phases_of("grow", "exchange medium", hours)
        first_fill = culture.liters if visit.time == hours else 0.0
        grown_in = plus(times(culture.medium_flow, hours / 24.0), first_fill)
        self._use("growth_medium", grown_in if last else plus(grown_in, liters))
        self._use("collection_medium", liters if last else 0.0)
        return {}

    def _collect(self, visit: Visit, hours: float, wait: float) -> dict[str, Array]:
        """Collect, with boluses between stretches, and harvest; return what is monitored."""
        culture, begin = self.culture, visit.time - hours
        marks = [begin, *culture.feeds(begin, visit.time), visit.time]
        for channel in (_REUPTAKE, DECAY):
            self._lost.setdefault(channel, {})
        drained: Amounts = {}
        monitors: dict[str, Array] = {}
        brought: Array = times(culture.medium_flow, hours / 24.0)
        for first, second in pairwise(marks):
            if first > begin:
                brought = plus(brought, self._feed())
            told, out, fresh = self._secrete(second, second - first)
            summed = {name: plus(monitors[name], told[name]) for name in culture.summed if name in monitors}
            monitors, drained, brought = {**told, **summed}, joined(drained, out), plus(brought, fresh)
        conditioned = self._conditioned(visit)
        harvest: Amounts = portion(self.vessel, culture.taken(visit), _CELLS if culture.adherent else ())
        self.vessel = rest(self.vessel, harvest)
        if not culture.adherent:
            harvest = {**harvest, "doublings": times(harvest["viable_cells"], self.age)}
        if not visit.last:
            self._add(self._fresh(COLLECTION, harvest["volume"]))
            brought = plus(brought, harvest["volume"])
        harvest = joined(harvest, {**drained, **conditioned})
        self._harvests[wait] = joined(self._harvests.get(wait, {}), harvest)
        self._phases += culture.phases_of("collect", "harvest", hours)
        self._use("collection_medium", brought)
        return {**monitors, "harvested": harvest["vesicles"], "harvest_volume": harvest["volume"]}

    def _conditioned(self, visit: Visit) -> Amounts:
        """Return the cells whose medium a harvest is; those whose medium was bled are lost with it."""
        cells, origin = self.vessel["viable_cells"], (self._groups[-1], CONDITIONED)
        if not self.culture.drains:
            return {origin: times(cells, self.culture.taken(visit))}
        kept = cells * self.culture.conditioned_share(visit)
        self._lose(_BLEED, {origin: cells * self.culture.bled_share})
        return {origin: kept}

    def _feed(self) -> Array:
        """Add a bolus; return its volume [L]."""
        bolus, held = self.culture.bolus(self.now)
        self._add({"volume": bolus.volume, "glucose": bolus.glucose, **self._origin(BOLUS, bolus.volume)})
        self._reach(held)
        return bolus.volume

    # -- stretches ----------------------------------------------------------------------------------------------------

    def _live(self, rates: Rates, until: float, hours: float, *, collecting: bool) -> tuple[Stretch, Array]:
        """Let the cells live; return the stretch and how many died."""
        culture, vessel, liters = self.culture, self.vessel, self.vessel["volume"]
        run = culture.stretch(self.vessel)
        run.scratch = self._scratch
        run.live(rates, culture.parts(until - hours, hours, rates, collecting=collecting))
        died = self._age(run, rates)
        if not collecting:
            self._grown = plus(self._grown, run.cell_hours * (liters * 1e3))
        if run.released is not None:
            self._released = plus(0.0 if self._released is None else self._released, run.released * liters)
        consumed, removed = times(run.consumed, liters), times(run.removed, liters)
        self._lose(METABOLISM, {"glucose": consumed, "ammonia": removed})
        if not is_number(rates.exchange, 0.0):
            if not culture.drains:
                self._lost.setdefault(SPENT, {})
            brought = times(culture.fresh_glucose, rates.exchange * (run.hours * liters))
            self._added = joined(self._added, {"glucose": brought})
        self._keep_headroom(run)
        self._reach(run.limits())
        solutes = {name: times(value, liters) for name, value in run.solutes.items()}
        self.vessel = {**vessel, "viable_cells": self.vessel["viable_cells"], **solutes}
        return run, died

    def _keep_headroom(self, run: Stretch) -> None:
        """Keep the least of the whole run, and where a limit was reached."""
        names = tuple(run.sustains)
        if names not in self._headroom:
            self._headroom[names] = run.headroom, reached(run.headroom)
            return
        least, held = self._headroom[names]
        self._headroom[names] = np.minimum(least, run.headroom), held | reached(run.headroom)

    def _age(self, run: Stretch, rates: Rates) -> Array:
        """Follow the cells and their population doublings; return how many died."""
        milliliters, start = self.vessel["volume"] * 1e3, self.vessel["viable_cells"]
        cells = run.cells * milliliters
        died: Array = start - cells if is_number(run.washed, 0.0) else start - cells - run.washed * milliliters
        if not is_number(rates.growth, 0.0):
            died = np.maximum(run.dying * milliliters, died)
            ratio = np.maximum(cells, NOTHING) / np.maximum(start, NOTHING)
            older = np.clip(np.log(ratio) + run.mortality, 0.0, np.inf) * (1.0 / math.log(2.0))
        if self._deaths and self._deaths[-1][0] is self.age:
            self._deaths[-1] = self.age, self._deaths[-1][1] + died
        else:
            self._deaths.append((self.age, died))
        self._lost.setdefault(DEATH, {})
        self.vessel = {**self.vessel, "viable_cells": cells}
        self._before = self.age
        if not is_number(rates.growth, 0.0):
            self.age = self.age + older
        return died

    def _secrete(self, until: float, hours: float) -> tuple[dict[str, Array], Amounts, Array]:
        """Run one stretch of collection; return its monitors, what was drained, and the fresh medium [L] for it."""
        culture, before = self.culture, self.vessel
        run, died = self._live(self._collecting(), until, hours, collecting=True)
        volume = before["volume"] * 1e3
        numbers = {SECRETED: run.secreted * volume, CELL_HOURS: run.cell_hours * volume, DIED: died}
        released = {(group, name): amount for group in self._groups for name, amount in numbers.items()}
        self._lose(_REUPTAKE, {"vesicles": run.taken_up * volume})
        if culture.gains:
            self._reach({"gains in secretion capped at 50-fold": run.capped})
        self.vessel = {**self.vessel, "vesicles": run.vesicles * volume}
        flowing = {} if culture.potency_decay is None else self._fade(before, run, culture.potency_decay)
        drained: Amounts = {}
        fresh: Array = 0.0
        if culture.drains:
            drained, fresh = self._drain(before, run, released, flowing)
        else:
            self.vessel = joined(self.vessel, released)
        monitors = {
            "secreted": numbers[SECRETED],
            "cell_hours": numbers[CELL_HOURS],
            "viable_cells": self.vessel["viable_cells"],
            "titer": run.vesicles,
            **run.told(),
        }
        return monitors, drained, fresh

    def _collecting(self) -> Rates:
        """Return what governs the collection, worked out once where nothing of the vessel changes it."""
        volume = self.vessel["volume"]
        if self._rates is None or not (self.culture.steady and _same(volume, self._rates[0])):
            self._rates = volume, self.culture.collecting(self.now)
        return self._rates[1]

    def _fade(self, before: Amounts, run: Stretch, fading: Array) -> Amounts:
        """Follow the potency of the vesicles over one stretch; return what of it flowed out with them."""
        culture, milliliters = self.culture, before["volume"] * 1e3
        outflow = culture.vesicle_outflow
        made = (run.potency_secreted - run.potency_taken_up - run.potency) * milliliters
        each = plus(before["potency"], made) / np.maximum(plus(plus(culture.decay, outflow), fading), NOTHING)
        self._lose(_REUPTAKE, {"potency": run.potency_taken_up * milliliters})
        self._lose(DECAY, {"potency": each * culture.decay})
        self._lose(FADING, {"potency": each * fading})
        self.vessel = {**self.vessel, "potency": run.potency * milliliters}
        return {"potency": each * outflow}

    def _drain(self, before: Amounts, run: Stretch, released: Amounts, flowing: Amounts) -> tuple[Amounts, Array]:
        """Let medium out through the device and as a bleed, which is lost; return the permeate and the fresh medium."""
        culture, vessel, liters = self.culture, self.vessel, self.vessel["volume"]
        drain = Drain(run.hours, culture.permeate, culture.bleed, culture.passing_cells, culture.passing_vesicles)
        fresh = drain.volumes * liters
        medium = self._origin(COLLECTION, fresh)
        self._added = joined(self._added, {"volume": fresh, **medium})
        origins = {name: amount for name, amount in before.items() if isinstance(name, tuple)}
        stays, goes = drain.wash(origins, joined(released, medium))
        washed = run.washed * (liters * 1e3)
        lost = before["vesicles"] + (run.secreted - run.taken_up) * (liters * 1e3) - vessel["vesicles"]
        out = {
            "volume": fresh,
            "viable_cells": washed,
            "doublings": times(washed, self._before),
            "vesicles": lost * (culture.vesicle_outflow / (culture.decay + culture.vesicle_outflow)),
            **flowing,
            **self._flushed(before, run),
        }
        self.vessel = {**vessel, **stays}
        permeate, bled = drain.split({**out, **goes})
        self._lose(_BLEED, bled)
        return permeate, fresh

    def _flushed(self, before: Amounts, run: Stretch) -> dict[str, Array]:
        """Return the small molecules that left with the medium of one stretch."""
        culture, vessel, liters = self.culture, self.vessel, self.vessel["volume"]
        exchange = self._collecting().exchange
        brought = times(culture.fresh_glucose, exchange * (run.hours * liters))
        consumed = times(run.consumed, liters)
        constant = times(times(culture.ammonia_rate, MILLIMOLES), run.cell_hours * (liters * 1e3))
        made = constant if run.released is None else run.released * liters
        return {
            "glucose": plus(before["glucose"], brought) - consumed - vessel["glucose"],
            "lactate": plus(before["lactate"], times(consumed, culture.lactate_yield)) - vessel["lactate"],
            "ammonia": plus(before["ammonia"], made) - vessel["ammonia"] - times(run.removed, liters),
        }


def _same(first: Array, second: Array) -> bool:
    """Return whether both are one plain number."""
    return not isinstance(first, np.ndarray) and not isinstance(second, np.ndarray) and first == second


def _remainder(share: Array) -> Array:
    """Return 1 - share."""
    return 1.0 if is_number(share, 0.0) else 1.0 - share
