"""A culture as it runs: one vessel from visit to visit, and the sums of all that went through it.

This is the form in which every culture runs, whoever asks. The vessel is followed by the amounts that matter to the
cells and by the origins of all else (:mod:`exosim.culture.amounts`); species and size classes are worked out once, at
the end. All vesicles of a vessel have the spectrum in which its cells secrete them: nothing in a vessel depends on
their size. Only the wait of a harvest for its pool does.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exosim.culture.amounts import (
    BOLUS,
    CELL_HOURS,
    COLLECTION,
    DIED,
    FOLLOWED,
    GROWTH,
    INITIAL,
    SECRETED,
    Amounts,
    Flags,
    joined,
    portion,
    rest,
)
from exosim.culture.drain import LIKE_CELLS, LIKE_MEDIUM, LIKE_VESICLES, PASSING, Drain
from exosim.culture.interval import Rates, Stretch
from exosim.material import FIELDS, Material, is_number, plus, times, total
from exosim.operations.base import HARVEST_HOLD, HEADROOM, NOTHING, Outcome, Phase, Visit
from exosim.parameter import Array
from exosim.physics import holding
from exosim.physics.growth import Scratch

if TYPE_CHECKING:
    from exosim.culture.base import Culture

_MILLIMOLES = 1e-9  # mmol in a pmol
_ALL = "all"
_CELLS = ("viable_cells", "doublings")
_DEATH, _METABOLISM, _SPENT, _MEDIUM = "cell death", "metabolism", "spent medium", "growth medium"
_REUPTAKE, _DECAY, _BLEED = "re-uptake", "decay", "bleed"


class Course:
    """One vessel on its way through the visits; lives only while an operation is evaluated.

    Parameters
    ----------
    culture : its platform and parameters
    begin : what is in the vessel
    """

    def __init__(self, culture: Culture, begin: Material) -> None:
        self.culture = self._planned = culture
        self.vessel: Amounts = {name: total(getattr(begin, name)) for name in FOLLOWED}
        self._initial = begin.replaced(**dict.fromkeys((*FOLLOWED, "potency"), 0.0))
        self._groups = (LIKE_CELLS, LIKE_VESICLES, LIKE_MEDIUM) if culture.drains else (_ALL,)
        if any(not is_number(getattr(self._initial, name), 0.0) for name in FIELDS):
            self.vessel = {**self.vessel, **self._origin(INITIAL, 1.0)}
        self._scratch = _scratch(culture, self.vessel)
        self._harvests: dict[float, Amounts] = {}
        self._added: Amounts = {}
        self._made: Amounts = {}
        self._lost: dict[str, Amounts] = {}
        self._phases: list[Phase] = []
        self._consumption: dict[str, Array] = {}
        self._series: dict[str, list[Array]] = {}
        self._headroom: dict[str, Array] = {}
        self._limits: dict[str, NDArray[np.bool_] | Array] = {}

    @property
    def now(self) -> Material:
        """What matters to the cells: volume, cells, solutes, and the number of vesicles."""
        return Material(**{name: self.vessel[name] for name in FOLLOWED})

    def run(self, visit: Visit, hours: float, wait: float = 0.0) -> None:
        """Let the vessel run for `hours`, then do what `visit` asks; a harvest waits for `wait` hours."""
        self.culture, before = self._planned.at(visit), self.now
        if visit.kind == "harvest":
            monitors = self._collect(visit, hours, wait)
        else:
            self._grow(visit, hours)
            self._lost.setdefault(HARVEST_HOLD, {})
            monitors = {}
        watched, limits = self.culture.watched(before, self.now, visit, hours)
        self._reach(limits)
        if visit.kind == "harvest":
            for name, value in {"time": visit.time, **monitors, **watched}.items():
                self._series.setdefault(name, []).append(value)

    # -- visits -------------------------------------------------------------------------------------------------------

    def _grow(self, visit: Visit, hours: float) -> None:
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

    def _collect(self, visit: Visit, hours: float, wait: float) -> dict[str, Array]:
        """Collect, with boluses between stretches, and harvest; return what is monitored."""
        culture, begin = self.culture, visit.time - hours
        marks = [begin, *culture.feeds(begin, visit.time), visit.time]
        for channel in (_REUPTAKE, _DECAY):
            self._lost.setdefault(channel, {})
        drained: Amounts = {}
        monitors: dict[str, Array] = {}
        brought: Array = times(culture.medium_flow, hours / 24.0)
        for first, second in pairwise(marks):
            if first > begin:
                bolus, held = culture.bolus(self.now)
                self._add({**_followed(bolus), **self._origin(BOLUS, bolus.volume)})
                self._reach(held)
                brought = plus(brought, bolus.volume)
            told, out, fresh = self._secrete(second, second - first)
            summed = {name: plus(monitors[name], told[name]) for name in culture.summed if name in monitors}
            monitors, drained, brought = {**told, **summed}, joined(drained, out), plus(brought, fresh)
        stays = _CELLS if culture.adherent else ()
        harvest: Amounts = portion(self.vessel, culture.taken(visit), stays)
        self.vessel = rest(self.vessel, harvest)
        if not visit.last:
            self._add(self._fresh(COLLECTION, harvest["volume"]))
            brought = plus(brought, harvest["volume"])
        harvest = joined(harvest, drained)
        self._harvests[wait] = joined(self._harvests.get(wait, {}), harvest)
        self._lost.setdefault(HARVEST_HOLD, {})
        self._phases += culture.phases_of("collect", "harvest", hours)
        self._use("collection_medium", brought)
        return {**monitors, "harvested": harvest["vesicles"], "harvest_volume": harvest["volume"]}

    # -- stretches ----------------------------------------------------------------------------------------------------

    def _live(
        self, rates: Rates, until: float, hours: float, *, collecting: bool
    ) -> tuple[Stretch, Array, dict[Any, Array]]:
        """Let the cells live; return the stretch, how many died, and what flowed out with fresh medium."""
        culture, volume = self.culture, self.vessel["volume"]
        parts = culture.parts(until - hours, hours, rates, collecting=collecting)
        run = culture.stretch(self.now)
        run.scratch = self._scratch
        run.live(rates, parts)
        died, washed = self._age(run, rates)
        out = {**washed, **self._metabolize(run, rates)}
        if not culture.drains and not is_number(culture.exchange, 0.0):
            self._lose(_SPENT, {name: out[name] for name in ("glucose", "lactate", "ammonia")})
        for name, value in run.headroom.items():  # the least of the whole run counts
            self._headroom[name] = np.minimum(value, self._headroom[name]) if name in self._headroom else value
        self._reach(run.limits())
        self.vessel = {**self.vessel, **{name: run.solutes[name] * volume for name in run.solutes}}
        return run, died, out

    def _age(self, run: Stretch, rates: Rates) -> tuple[Array, dict[Any, Array]]:
        """Follow the cells and their doublings; return how many died, and those that left with the medium."""
        milliliters, start = self.vessel["volume"] * 1e3, self.vessel["viable_cells"]
        cells, washed = run.cells * milliliters, times(run.washed, milliliters)
        died = np.asarray(np.clip(run.dying * milliliters, start - cells - washed, np.inf))
        before = self.vessel["doublings"] / np.maximum(start, NOTHING)
        after = cells * before
        if not is_number(rates.growth, 0.0):
            ratio = np.maximum(cells, NOTHING) / np.maximum(start, NOTHING)
            after = after + cells * (np.clip(np.log(ratio) + run.mortality, 0.0, np.inf) * (1.0 / math.log(2.0)))
        gone = plus(died, washed)
        made = {"viable_cells": cells - start + gone, "doublings": after - self.vessel["doublings"] + gone * before}
        self._lose(_DEATH, {"viable_cells": died, "doublings": died * before})
        self._made = joined(self._made, made)
        self.vessel = {**self.vessel, "viable_cells": cells, "doublings": after}
        return died, {"viable_cells": washed, "doublings": times(before, washed)}

    def _metabolize(self, run: Stretch, rates: Rates) -> dict[Any, Array]:
        """Count what was taken up and made of the small molecules; return what left with the medium."""
        culture, liters = self.culture, self.vessel["volume"]
        consumed, removed = times(run.consumed, liters), times(run.removed, liters)
        constant = times(times(culture.ammonia_rate, _MILLIMOLES), times(run.cell_hours, liters * 1e3))
        lactate = times(consumed, culture.lactate_yield)
        ammonia = constant if run.released is None else run.released * liters
        self._lose(_METABOLISM, {"glucose": consumed, "ammonia": removed})
        self._made = joined(self._made, {"lactate": lactate, "ammonia": ammonia})
        if is_number(rates.exchange, 0.0):
            return {"glucose": 0.0, "lactate": 0.0, "ammonia": 0.0}
        brought = times(culture.fresh_glucose, rates.exchange * (run.hours * liters))
        self._added = joined(self._added, {"glucose": brought})
        after = {name: times(value, liters) for name, value in run.solutes.items()}
        return {
            "glucose": plus(self.vessel["glucose"], brought) - consumed - after["glucose"],
            "lactate": plus(self.vessel["lactate"], lactate) - after["lactate"],
            "ammonia": plus(self.vessel["ammonia"], ammonia) - plus(after["ammonia"], removed),
        }

    def _secrete(self, until: float, hours: float) -> tuple[dict[str, Array], Amounts, Array]:
        """Run one stretch of collection; return its monitors, what was drained, and the fresh medium [L] for it."""
        culture, volume = self.culture, self.vessel["volume"] * 1e3
        rates = culture.collecting(self.now)
        run, died, out = self._live(rates, until, hours, collecting=True)
        secreted, cell_hours = run.secreted * volume, run.cell_hours * volume
        stay = plus(run.found * volume, times(self.vessel["vesicles"], run.survival))
        gone = plus(self.vessel["vesicles"], secreted) - stay
        self.vessel = {**self.vessel, "vesicles": stay}
        share = run.reuptake_share
        taken_up, decayed = gone * share, gone * (1.0 - share)
        if culture.drains:
            decayed = decayed * (culture.decay / (culture.decay + culture.vesicle_outflow))
        self._lose(_REUPTAKE, {"vesicles": taken_up})
        self._lose(_DECAY, {"vesicles": decayed})
        self._reach({"gains in secretion capped at 50-fold": run.capped} if culture.gains else {})
        numbers = {SECRETED: secreted, CELL_HOURS: cell_hours, DIED: died}
        released = {(group, name): amount for group in self._groups for name, amount in numbers.items()}
        self._made = joined(self._made, released)
        drained: Amounts = {}
        fresh: Array = 0.0
        if culture.drains:
            out["vesicles"] = gone - taken_up - decayed
            drained, fresh = self._drain(run, released, out)
        else:
            self.vessel = joined(self.vessel, released)
        monitors = {
            "secreted": secreted,
            "cell_hours": cell_hours,
            "viable_cells": self.vessel["viable_cells"],
            "titer": run.titer,
            **run.told(),
        }
        return monitors, drained, fresh

    def _drain(self, run: Stretch, released: Amounts, out: Amounts) -> tuple[Amounts, Array]:
        """Let medium out through the device and as a bleed, which is lost; return the permeate and the fresh medium."""
        culture = self.culture
        drain = Drain(run.hours, culture.permeate, culture.bleed, culture.passing_cells, culture.passing_vesicles)
        fresh = drain.volumes * self.vessel["volume"]
        medium = self._origin(COLLECTION, fresh)
        self._added = joined(self._added, {"volume": fresh, **medium})
        origins = {name: amount for name, amount in self.vessel.items() if not isinstance(name, str)}
        stays, goes = drain.wash(origins, joined(released, medium))
        self.vessel = {**self.vessel, **stays}
        permeate, bled = drain.split({**out, **goes, "volume": fresh})
        self._lose(_BLEED, bled)
        return permeate, fresh

    # -- sums ---------------------------------------------------------------------------------------------------------

    def _origin(self, name: str, amount: Array) -> dict[Any, Array]:
        return {(group, name): amount for group in self._groups}

    def _fresh(self, medium: str, liters: Array) -> Amounts:
        """Return fresh medium."""
        return {
            "volume": liters,
            "glucose": times(self.culture.fresh_glucose, liters),
            **self._origin(medium, liters),
        }

    def _add(self, amounts: Amounts) -> None:
        self._added, self.vessel = joined(self._added, amounts), joined(self.vessel, amounts)

    def _lose(self, channel: str, amounts: Amounts) -> None:
        self._lost[channel] = joined(self._lost.get(channel, {}), amounts)

    def _use(self, key: str, amount: Array) -> None:
        self._consumption[key] = plus(self._consumption.get(key, 0.0), amount)

    def _reach(self, limits: Flags) -> None:
        for name, at in limits.items():  # reached once is reached
            self._limits[name] = np.maximum(at, self._limits[name]) if name in self._limits else at

    # -- what came of it ----------------------------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        """Return all visits as one outcome; monitors of the harvests are stacked on axis 0."""
        harvested: Amounts = {}
        for amounts in self._harvests.values():
            harvested = joined(harvested, amounts)
        product = self._material(harvested)
        product, waited = self._waited(product)
        losses = {channel: self._material(amounts) for channel, amounts in self._lost.items()}
        series = {name: np.stack(np.broadcast_arrays(*map(np.atleast_1d, rows))) for name, rows in self._series.items()}
        headroom = {f"{HEADROOM}{name}": value for name, value in self._headroom.items()}
        return Outcome(
            product,
            self._material(self.vessel),
            self._material(self._added),
            self._material(self._made).replaced(**self._vesicles(self._made.get((self._groups[0], SECRETED), 0.0))),
            {**losses, HARVEST_HOLD: waited} if HARVEST_HOLD in losses else losses,
            tuple(self._phases),
            self._consumption,
            {**headroom, **series},
            {name: np.asarray(at, dtype=self._scratch.precision) for name, at in self._limits.items()},
        )

    def _material(self, amounts: Amounts) -> Material:
        """Return amounts as a material, with species, size classes and pools."""
        values: dict[str, Array] = {}
        for group in self._groups:
            own = {name[1]: amount for name, amount in amounts.items() if isinstance(name, tuple) and name[0] == group}
            mixed = self._mixed(own)
            alike = FIELDS if group == _ALL else [name for name in FIELDS if PASSING.get(name, LIKE_MEDIUM) == group]
            values.update({name: getattr(mixed, name) for name in alike if name not in FOLLOWED})
        values.update({name: amount for name, amount in amounts.items() if isinstance(name, str)})
        return Material(**{**values, **self._vesicles(amounts.get("vesicles", 0.0))})

    def _mixed(self, origins: Mapping[str, Array]) -> Material:
        """Return the species that come of some origins."""
        culture = self.culture
        found = culture.released(*(origins.get(name, 0.0) for name in (SECRETED, CELL_HOURS, DIED)))
        for name, medium in ((COLLECTION, culture.fresh_medium), (GROWTH, culture.growth_medium)):
            if not is_number(origins.get(name, 0.0), 0.0):
                found = found + medium(origins[name])
        found = found.replaced(salt=plus(found.salt, times(origins.get(BOLUS, 0.0), culture.medium_salt)))
        share = origins.get(INITIAL, 0.0)
        return found if is_number(share, 0.0) else found + self._initial.portion(share)

    def _vesicles(self, number: Array) -> dict[str, Array]:
        """Return vesicles by size class, and their potency."""
        if is_number(number, 0.0):
            return {"vesicles": 0.0, "potency": 0.0}
        return {
            "vesicles": self.culture.context.secreted * number,
            "potency": times(number, self.culture.relative_potency),
        }

    def _waited(self, product: Material) -> tuple[Material, Material]:
        """Return the harvests after their planned waits, and what they lost."""
        culture, hold = self.culture, self.culture.harvest_hold
        if hold is None or not any(self._harvests):
            return product, Material()
        spectrum, group = culture.context.secreted, LIKE_VESICLES if culture.drains else _ALL
        constants = holding.constants(hold.rate, hold.size_exponent, culture.context.sizes.diameters)
        vesicles: Array = 0.0
        following: dict[str, Array] = dict.fromkeys(("potency", "associated_protein", "bound_dna"), 0.0)
        for hours, amounts in self._harvests.items():
            kept = np.exp(constants * -hours) if hours else 1.0
            overall = total(np.asarray(spectrum * kept)) if hours else 1.0
            vesicles = plus(vesicles, kept * amounts["vesicles"])
            bound = {"potency": times(amounts["vesicles"], culture.relative_potency), **self._bound(amounts, group)}
            following = {name: plus(following[name], times(bound[name], overall)) for name in following}
        held = product.replaced(vesicles=spectrum * vesicles, **following)
        names = ("vesicles", *following)
        return held, Material(**{n: plus(getattr(product, n), times(getattr(held, n), -1.0)) for n in names})

    def _bound(self, amounts: Amounts, group: str) -> dict[str, Array]:
        """Return the protein and the DNA that follow the vesicles."""
        hours, died = (amounts.get((group, name), 0.0) for name in (CELL_HOURS, DIED))
        share, culture = amounts.get((group, INITIAL), 0.0), self.culture
        protein = times(culture.protein_released(hours, died), culture.associated_protein)
        dna = times(culture.dna_released(died), culture.bound_dna)
        return {
            "associated_protein": plus(protein, times(self._initial.associated_protein, share)),
            "bound_dna": plus(dna, times(self._initial.bound_dna, share)),
        }


def _remainder(share: Array) -> Array:
    """Return 1 - share."""
    return 1.0 if is_number(share, 0.0) else 1.0 - share


def _followed(material: Material) -> dict[Any, Array]:
    return {name: getattr(material, name) for name in FOLLOWED if not is_number(getattr(material, name), 0.0)}


def _scratch(culture: Culture, vessel: Amounts) -> Scratch:
    """Return where to work for all lanes of a culture."""
    arrays = [value for value in (*_values(culture), *vessel.values()) if isinstance(value, np.ndarray)]
    lanes = max((array.shape[-1] for array in arrays if array.ndim), default=1)
    return Scratch(lanes, np.result_type(*arrays) if arrays else np.dtype(np.float64))


def _values(record: Any) -> Iterator[Any]:
    """Yield the parameter values of a declaration and of those in it."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        yield value
        for part in value if isinstance(value, tuple) else ():
            yield from _values(part)
