"""A culture: cells that grow in a vessel and secrete vesicles, whatever the platform.

A platform declares its vessel and tells, through a few properties, what that vessel offers: surface, oxygen transfer,
fresh medium, shear. Everything else is here, once: attachment; growth to what surface, oxygen, glucose, lactate and
ammonia sustain; change to collection medium; harvests with the vesicle balance of secretion, re-uptake by the cells and
decay. Dead cells release protein, DNA and debris. What is secreted before the change to collection medium is discarded
with the growth medium and is not followed.

Secretion follows metabolic activity rather than growth (Barekzai et al. 2023, doi:10.3934/bioeng.2023016): `activity`
scales the release of vesicles, particles and protein together, so that their ratio is not drawn from independent
numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from exosim.culture import stimulus
from exosim.culture.drain import Drain
from exosim.culture.interval import Part, Rates, Stretch
from exosim.culture.plan import Plan
from exosim.culture.release import HOURS
from exosim.culture.stimulus import Stimulus
from exosim.culture.vessel import Vessel
from exosim.material import Material, is_number, plus, times, total
from exosim.operations.base import HEADROOM, NOTHING, Outcome, Phase, Visit
from exosim.parameter import Array
from exosim.vocabulary import SMALL_MOLECULES

# Parts [h] for an error below 1e-3 over all declared ranges. Daily parts do for cells that only die; cells that start
# far above their capacity fall steeply, which matters where vesicles are secreted meanwhile.
_DYING, _GROWING, _GROWING_AND_COLLECTING = 24.0, 12.0, 3.0
CM2_PER_M2 = 1e4
_NO_CELLS = 1e-30  # cell/mL: what an empty lot is computed with
_A_MOMENT = 1e-6  # h
_SPARSE = 300.0  # cell/cm2
_MILLIMOLES = 1e-9  # mmol in a pmol


@dataclass(frozen=True, slots=True)
class _Age:
    """Population doublings: of one cell before, of all cells after, and gained by all."""

    before: Array
    after: Array
    gained: Array


@dataclass(frozen=True, kw_only=True)
class Culture(Vessel, Plan):
    """What every culture declares and does; a platform adds its vessel."""

    makes_vesicles: ClassVar[bool] = True
    needs: ClassVar[Literal["vesicles", "viable_cells"]] = "viable_cells"
    adherent: ClassVar[bool] = True
    """Whether the cells stay in the vessel when medium is taken."""
    left_behind: ClassVar[str] = "not attached"
    """Name of the loss at the inoculation: the cells that do not go on, and the medium they came in."""
    stimuli: tuple[Stimulus, ...] = ()

    def unused(self) -> frozenset[str]:
        """Return what matters only with an effect that this culture does not have."""
        idle = set[str]()
        if not any(stimulus.acts_on != "secretion" for stimulus in self.stimuli):
            idle |= {"fusion_rate", "lysosomal_rate", "budding"}
        if is_number(self.supplement, 0.0) and is_number(self.carryover, 0.0):
            idle |= {"supplement_particles", "supplement_protein"}
        if is_number(self.supplement, 0.0):
            idle |= {"supplement_depletion"}
        if is_number(self.carryover, 0.0):
            idle |= {"growth_supplement"}
        if is_number(self.hypoxia_gain, 0.0) and self.transfer is None:
            idle |= {"oxygen_level"}
        if is_number(self.density_exponent, 0.0) or self.surface is None:
            idle |= {"density_reference"}
        return frozenset(idle)

    # -- what a culture does ------------------------------------------------------------------------------------------

    def schedule(self) -> tuple[Visit, ...]:
        """Return the planned visits."""
        return self.visits()

    def start(self, feed: Material) -> Outcome:
        """Inoculate: cells attach, the suspension is drained, the vessel is filled with growth medium."""
        attached, left = feed.separate({"viable_cells": self.attached_share(feed.viable_cells)}, otherwise=0.0)
        fresh = self.first_medium()
        return Outcome(
            Material(),
            attached + fresh,
            added=fresh,
            losses={self.left_behind: left},
            phases=(Phase("inoculate", self.inoculating),),
            consumption=self.vessel_use(),
            limits=self._seeding_limits(attached.viable_cells),
        )

    def first_medium(self) -> Material:
        """Return the medium in which the cells are inoculated."""
        return self.growth_medium(self.liters)

    def advance(self, state: Material, visit: Visit, hours: float) -> Outcome:
        """Run for `hours` in growth or collection medium, then change the medium or harvest."""
        if visit.kind != "harvest":
            return self._grow(state, visit, hours)
        released, outcome = self._collect(state, visit, hours)
        taken = self.taken(visit)
        suspended = released.replaced(viable_cells=0.0, doublings=0.0) if self.adherent else released
        kept, harvest = suspended.separate({}, otherwise=1.0 - taken)
        fresh = Material() if visit.last else self.fresh_medium(harvest.volume)
        remainder = kept + fresh
        if self.adherent:
            remainder = remainder.replaced(viable_cells=released.viable_cells, doublings=released.doublings)
        harvest = harvest + outcome.product
        monitors = {**outcome.monitors, "harvested": total(harvest.vesicles), "harvest_volume": harvest.volume}
        used = plus(times(self.medium_flow, hours / HOURS), plus(fresh.volume, outcome.added.volume))
        return replace(
            outcome,
            product=harvest,
            remainder=remainder,
            added=fresh + outcome.added,
            phases=self._phases("collect", "harvest", hours),
            consumption={"collection_medium": used},
            monitors=monitors,
        )

    def taken(self, visit: Visit) -> Array:
        """Return the share of the medium that a harvest takes; a vessel that drains is emptied at the last one."""
        return self.harvest_fraction if visit.last or not self.drains else 0.0

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the shares of protein and with the schedule."""
        if np.any(self.small_protein + self.immunoglobulin_like + self.complex_protein > 1.0):
            yield "complex_protein", "the shares of protein pools add up to more than 1"
        yield from self.wrong_times()

    def _phases(self, running: str, visit: str, hours: float) -> tuple[Phase, ...]:
        """Return the run and the visit at its end; the schedule holds both."""
        hands_on = np.minimum(self.visiting, hours)
        return Phase(running, hours - hands_on, attended=False), Phase(visit, hands_on)

    def attached_share(self, seeded: Array) -> Array:
        """Return the share of the `seeded` cells that attaches."""
        return self.attachment

    def _seeding_limits(self, attached: Array) -> dict[str, Array]:
        limits = {}
        if self.most_cells is not None:
            limits["seeded above the capacity of the surface"] = np.greater(attached, self.most_cells)
        if self.surface is not None:
            limits["seeded below 300 cells/cm2: growth is not assured"] = np.less(attached / self.surface, _SPARSE)
        return {name: np.asarray(reached, dtype=np.float64) for name, reached in limits.items()}

    # -- stretches ----------------------------------------------------------------------------------------------------

    def _parts(self, start: float, hours: float, longest: float, *, collecting: bool) -> Iterator[Part]:
        """Yield the parts of a stretch that starts `start` hours after the inoculation."""
        if hours <= _A_MOMENT:
            return
        active = self._active(start, hours)
        if not collecting or not self.stimuli:
            count = max(1, math.ceil(hours / longest - 1e-9))
            yield from (Part(hours / count, active) for _ in range(count))
            return
        since = start - HOURS * self.growth_period
        edges = stimulus.edges(self.stimuli, since, since + hours, longest)
        rates = self.fusion_rate, self.lysosomal_rate, self.budding
        bursts = stimulus.bursts(self.stimuli, *rates, edges)
        for begin, end, burst in zip(edges, edges[1:], bursts, strict=False):
            gain, death = stimulus.acting(self.stimuli, begin)
            yield Part(end - begin, active, times(gain, burst), death)

    def _active(self, start: float, hours: float) -> Array:
        """Return the share of the stretch in which cells have overcome their lag."""
        if start > 0.0 or is_number(self.lag, 0.0):
            return 1.0
        return np.maximum(hours - self.lag, _A_MOMENT) / hours

    def _stretch(self, state: Material) -> Stretch:
        """Return the vessel per milliliter."""
        milliliters = state.volume * 1e3
        solutes = {name: getattr(state, name) / state.volume for name in ("glucose", "lactate", "ammonia")}
        cells = np.maximum(state.viable_cells / milliliters, _NO_CELLS)
        return Stretch(cells, total(state.vesicles) / milliliters, solutes)

    def _grow(self, state: Material, visit: Visit, hours: float) -> Outcome:
        """Grow in growth medium, then change the medium; only the cells stay."""
        rates = self.rates(state, 1.0, self.growth_death_rate)
        run = self._stretch(state).live(rates, self._parts(visit.time - hours, hours, _GROWING, collecting=False))
        living, lived = self._lived(state, run, rates)
        last = visit.kind == "exchange"
        fresh = self.fresh_medium(self.liters) if last else self.growth_medium(self.liters)
        medium = living.replaced(viable_cells=0.0, doublings=0.0)
        left, discarded = medium.separate({}, otherwise=self.carryover)
        fresh = fresh.portion(1.0 if is_number(self.carryover, 0.0) else 1.0 - self.carryover)
        first_fill = self.liters if visit.time == hours else 0.0
        grown_in = plus(times(self.medium_flow, hours / HOURS), first_fill)
        return replace(
            lived,
            remainder=(left + fresh).replaced(viable_cells=living.viable_cells, doublings=living.doublings),
            added=fresh + lived.added,
            losses={**lived.losses, "growth medium": discarded},
            phases=self._phases("grow", "exchange medium", hours),
            consumption={
                "growth_medium": grown_in if last else grown_in + fresh.volume,
                "collection_medium": fresh.volume if last else 0.0,
            },
        )

    def _lived(self, state: Material, run: Stretch, rates: Rates) -> tuple[Material, Outcome]:
        """Return the vessel after a stretch, and what happened to its cells and its medium."""
        milliliters, liters = state.volume * 1e3, state.volume
        cells, washed = run.cells * milliliters, times(run.washed, milliliters)
        died = np.asarray(np.maximum(run.dying * milliliters, state.viable_cells - cells - washed))
        aged = self._aged(state, run, cells, plus(died, washed))
        after = {name: run.solutes[name] * liters for name in SMALL_MOLECULES}
        consumed = times(run.consumed, liters)
        constant = times(times(self.ammonia_rate, _MILLIMOLES), run.cell_hours * milliliters)
        made = {
            "lactate": times(consumed, self.lactate_yield),
            "ammonia": constant if run.released is None else run.released * liters,
        }
        removed = times(run.removed, liters)
        inflow, outflow = self._passed(
            state, run, rates, {**after, "ammonia": plus(after["ammonia"], removed)}, consumed, made
        )
        vessel = state.replaced(viable_cells=cells, doublings=aged.after, **after)
        losses = {
            "cell death": Material(viable_cells=died, doublings=died * aged.before),
            "metabolism": Material(glucose=consumed, ammonia=removed),
        }
        outcome = Outcome(
            Material(viable_cells=washed, doublings=times(aged.before, washed)) + outflow
            if self.drains
            else Material(),
            added=inflow,
            generated=Material(viable_cells=cells - state.viable_cells + died + washed, doublings=aged.gained, **made),
            losses=losses if self.drains or is_number(self.exchange, 0.0) else {**losses, "spent medium": outflow},
            monitors={f"{HEADROOM}{name}": value for name, value in run.headroom.items()},
            limits=run.limits(),
        )
        return vessel, outcome

    def _passed(
        self,
        state: Material,
        run: Stretch,
        rates: Rates,
        after: Mapping[str, Array],
        consumed: Array,
        made: Mapping[str, Array],
    ) -> tuple[Material, Material]:
        """Return the small molecules that fresh medium brought, and those that left with it."""
        if is_number(rates.exchange, 0.0):
            return Material(), Material()
        brought = times(self.fresh_glucose, rates.exchange * run.hours * state.volume)
        left = {
            "glucose": state.glucose + brought - consumed - after["glucose"],
            "lactate": state.lactate + made["lactate"] - after["lactate"],
            "ammonia": state.ammonia + made["ammonia"] - after["ammonia"],
        }
        return Material(glucose=brought), Material(**left)

    @staticmethod
    def _aged(state: Material, run: Stretch, cells: Array, gone: Array) -> _Age:
        """Return the doublings of the cells."""
        start = np.maximum(state.viable_cells, NOTHING)
        before = state.doublings / start
        grown = np.maximum(np.log(np.maximum(cells, NOTHING) / start) + run.mortality, 0.0)
        after = cells * (before + grown / math.log(2.0))
        return _Age(before, after, after - state.doublings + gone * before)

    def _collect(self, state: Material, visit: Visit, hours: float) -> tuple[Material, Outcome]:
        """Return the vessel after `hours` of secretion, what was generated and lost, and what left it meanwhile."""
        rates = self.collecting(state)
        longest = _DYING if is_number(rates.growth, 0.0) else _GROWING_AND_COLLECTING
        run = self._stretch(state).live(rates, self._parts(visit.time - hours, hours, longest, collecting=True))
        volume = state.volume * 1e3
        vessel, lived = self._lived(state, run, rates)
        secreted, found = run.secreted * volume, run.found * volume
        potent = self.relative_potency
        released = self.released(secreted, run.cell_hours * volume, lived.losses["cell death"].viable_cells)
        generated = released.replaced(vesicles=self.context.secreted * secreted, potency=times(secreted, potent))
        stay = Material(vesicles=self.context.secreted * found, potency=times(found, potent)) + Material(
            vesicles=times(state.vesicles, run.survival), potency=times(state.potency, run.survival)
        )
        gone = Material(
            vesicles=plus(state.vesicles, generated.vesicles) - stay.vesicles,
            potency=plus(state.potency, generated.potency) - stay.potency,
        )
        vessel, lived = self._drained(state, vessel, lived, released, gone, run)
        vessel = vessel.replaced(vesicles=stay.vesicles, potency=stay.potency)
        losses = {**self._vesicle_losses(gone, run), **lived.losses}
        monitors = {
            "secreted": secreted,
            "cell_hours": run.cell_hours * volume,
            "viable_cells": vessel.viable_cells,
            "titer": run.titer,
            **lived.monitors,
            **run.told(),
        }
        limits = {**lived.limits, "gains in secretion capped at 50-fold": run.capped} if self._gains else lived.limits
        generated = generated + lived.generated
        return vessel, replace(lived, generated=generated, losses=losses, monitors=monitors, limits=limits)

    def _vesicle_losses(self, gone: Material, run: Stretch) -> dict[str, Material]:
        """Return the vesicles that cells took up and those that decayed; the rest left the vessel."""
        share = run.reuptake_share
        decayed: Array = 1.0 - share
        if self.drains:
            decayed = decayed * (self.decay / (self.decay + self.vesicle_outflow))
        return {
            "re-uptake": Material(vesicles=gone.vesicles * share, potency=gone.potency * share),
            "decay": Material(vesicles=gone.vesicles * decayed, potency=gone.potency * decayed),
        }

    def _drained(
        self, state: Material, vessel: Material, lived: Outcome, released: Material, gone: Material, run: Stretch
    ) -> tuple[Material, Outcome]:
        """Return the vessel with what was released, less what left it; the permeate is the product, the bleed lost."""
        if not self.drains:
            return vessel + released, lived
        drain = Drain(run.hours, self.permeate, self.bleed, self.passing_cells, self.passing_vesicles)
        fresh = self.fresh_medium(drain.volumes * state.volume).replaced(glucose=0.0)
        washed, outflow = drain.wash(vessel, released + fresh)
        lost = self._vesicle_losses(gone, run)
        vesicles = gone.vesicles - lost["re-uptake"].vesicles - lost["decay"].vesicles
        potency = gone.potency - lost["re-uptake"].potency - lost["decay"].potency
        outflow = outflow + lived.product + Material(volume=fresh.volume, vesicles=vesicles, potency=potency)
        permeate, bled = drain.split(outflow)
        return washed, replace(
            lived, product=permeate, added=lived.added + fresh, losses={**lived.losses, "bleed": bled}
        )

    @property
    def _gains(self) -> bool:
        """Whether anything raises secretion, so that the cap may act."""
        return bool(self.stimuli) or not is_number(self.density_exponent, 0.0) or not is_number(self.shear_gain, 1.0)
