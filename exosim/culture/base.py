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
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from exosim.culture import stimulus
from exosim.culture.amounts import Amounts, Flags
from exosim.culture.course import Course
from exosim.culture.interval import Part, Rates, Stretch
from exosim.culture.plan import Plan
from exosim.culture.release import HOURS
from exosim.culture.stimulus import Stimulus
from exosim.culture.vessel import Vessel
from exosim.material import Material, is_number, one_where, plus, times
from exosim.operations.base import NOTHING, Outcome, Phase, Visit
from exosim.parameter import Array

# Parts [h] for an error below 1e-3 over all declared ranges. Daily parts do for cells that only die; cells that start
# far above their capacity fall steeply, which matters where vesicles are secreted meanwhile.
_DYING, _GROWING, _GROWING_AND_COLLECTING = 24.0, 12.0, 3.0
CM2_PER_M2 = 1e4
_NO_CELLS = 1e-9  # cell/mL: what an empty lot is computed with
_A_MOMENT = 1e-6  # h
_SPARSE = 300.0  # cell/cm2


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

    def transform(self, feed: Material, visits: tuple[Visit, ...] | None = None) -> Outcome:
        """Inoculate and run through the visits, by default the planned ones; the harvests are pooled."""
        visits = self.schedule() if visits is None else visits
        pool_end = {visit.pool: visit.time for visit in visits if visit.kind == "harvest"}
        begun, clock = self.start(feed), 0.0
        course = Course(self, begun.remainder, sum(visit.kind == "harvest" for visit in visits))
        for visit in visits:
            course.run(visit, visit.time - clock, pool_end.get(visit.pool, visit.time) - visit.time)
            clock = visit.time
        return _after(begun, course.outcome())

    def advance(self, state: Material, visit: Visit, hours: float) -> Outcome:
        """Run for `hours` in growth or collection medium, then change the medium or harvest."""
        course = Course(self, state)
        course.run(visit, hours)
        return course.outcome()

    def at(self, visit: Visit) -> Culture:
        """Return the culture as it is before a visit."""
        return self

    watches: ClassVar[bool] = False
    """Whether the platform watches more than every culture does."""

    def watched(self, before: Material, after: Material, visit: Visit, hours: float) -> tuple[dict[str, Array], Flags]:
        """Return what else is monitored at a harvest and which limits are reached, given the vessel around a visit."""
        return {}, {}

    def held_by(self, limit: str) -> str:
        """Return what is told of a culture that a limit holds back."""
        return f"growth held by {limit}"

    def feeds(self, begin: float, end: float) -> list[float]:
        """Return the times of boluses between two times [h]."""
        return []

    def bolus(self, vessel: Material) -> tuple[Material, dict[str, Array]]:
        """Return the volume and the glucose of a bolus, and which limits it reaches."""
        return Material(), {}

    summed: ClassVar[tuple[str, ...]] = ("secreted", "cell_hours", "integration_error")
    """Monitors that add up over the stretches between boluses."""

    def taken(self, visit: Visit) -> Array:
        """Return the share of the medium that a harvest takes; a vessel that drains is emptied at the last one."""
        return self.harvest_fraction if visit.last or not self.drains else 0.0

    def conditioned_share(self, visit: Visit) -> Array:
        """Return the share of the medium of its cells that a harvest is of a vessel that drains; not what was bled.

        Where a vessel that could drain does not, it is the share that a harvest takes.
        """
        return (self.permeate + self.harvest_fraction * NOTHING) / (plus(self.permeate, self.bleed) + NOTHING)

    @property
    def bled_share(self) -> Array:
        """Share of the medium that leaves a vessel as a bleed."""
        return self.bleed / (plus(self.permeate, self.bleed) + NOTHING)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the shares of protein and with the schedule."""
        if np.any(self.small_protein + self.immunoglobulin_like + self.complex_protein > 1.0):
            yield "complex_protein", "the shares of protein pools add up to more than 1"
        yield from self.wrong_times()

    def phases_of(self, running: str, visit: str, hours: float) -> list[Phase]:
        """Return the run and the visit at its end; the schedule holds both."""
        visiting = self.visiting
        hands_on: Array = min(visiting, hours) if isinstance(visiting, float) else np.minimum(visiting, hours)
        return [Phase(running, hours - hands_on, attended=False), Phase(visit, hands_on)]

    def attached_share(self, seeded: Array) -> Array:
        """Return the share of the `seeded` cells that attaches."""
        return self.attachment

    def _seeding_limits(self, attached: Array) -> dict[str, Array]:
        limits = {}
        if self.most_cells is not None:
            limits["seeded above the capacity of the surface"] = np.greater(attached, self.most_cells)
        if self.surface is not None:
            limits["seeded below 300 cells/cm2: growth is not assured"] = np.less(attached / self.surface, _SPARSE)
        return {name: one_where(reached) for name, reached in limits.items()}

    # -- stretches ----------------------------------------------------------------------------------------------------

    def parts(self, start: float, hours: float, rates: Rates, *, collecting: bool) -> Iterator[Part]:
        """Yield the parts of a stretch that starts `start` hours after the inoculation."""
        if hours <= _A_MOMENT:
            return
        longest = _GROWING_AND_COLLECTING if collecting else _GROWING
        if collecting and is_number(rates.growth, 0.0):
            longest = _DYING
        active = self._active(start, hours)
        if not collecting or not self.stimuli:
            count = max(1, math.ceil(hours / longest - 1e-9))
            yield from (Part(hours / count, active) for _ in range(count))
            return
        since = start - HOURS * self.growth_period
        edges = stimulus.edges(self.stimuli, since, since + hours, longest)
        bursts = stimulus.bursts(self.stimuli, self.fusion_rate, self.lysosomal_rate, self.budding, edges)
        for begin, end, burst in zip(edges, edges[1:], bursts, strict=False):
            gain, death = stimulus.acting(self.stimuli, (begin + end) / 2.0)
            yield Part(end - begin, active, times(gain, burst), death)

    def _active(self, start: float, hours: float) -> Array:
        """Return the share of the stretch in which cells have overcome their lag."""
        if start > 0.0 or is_number(self.lag, 0.0):
            return 1.0
        return np.maximum(hours - self.lag, _A_MOMENT) / hours

    def stretch(self, vessel: Amounts) -> Stretch:
        """Return the vessel per milliliter."""
        per_liter = 1.0 / vessel["volume"]
        solutes = {name: times(vessel[name], per_liter) for name in ("glucose", "lactate", "ammonia")}
        cells = np.clip(vessel["viable_cells"] * (per_liter * 1e-3), _NO_CELLS, np.inf)
        vesicles, potency = (times(vessel.get(name, 0.0), per_liter * 1e-3) for name in ("vesicles", "potency"))
        return Stretch(cells, vesicles, solutes, potency=potency)

    @property
    def gains(self) -> bool:
        """Whether anything raises secretion, so that the cap may act."""
        return bool(self.stimuli) or not is_number(self.density_exponent, 0.0) or not is_number(self.shear_gain, 1.0)


def _after(begun: Outcome, course: Outcome) -> Outcome:
    """Return an inoculation and the course that followed it as one outcome."""
    used = dict(begun.consumption)
    for key, amount in course.consumption.items():
        used[key] = plus(used.get(key, 0.0), amount)
    return replace(
        course,
        added=begun.added + course.added,
        losses={**begun.losses, **course.losses},
        phases=(*begun.phases, *course.phases),
        consumption=used,
        monitors={**begun.monitors, **course.monitors},
        limits={**begun.limits, **course.limits},
    )
