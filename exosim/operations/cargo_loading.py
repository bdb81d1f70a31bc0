"""Loading of vesicles with a cargo: from outside, or by the cells that make them.

Model: cargo is offered to the vesicles; a fraction of it stays with them, stated as a published efficiency or worked
out from an isotherm with places and a partition (:mod:`exosim.physics.loading`). What stays is what an assay of the
total finds: the apparent efficiency. A share of it is no cargo in vesicles but aggregates of cargo as large as they,
which no step by size removes: apparent = true + aggregated. The method costs vesicles and potency; a clean-up removes
most of the unused cargo, which can be offered again to the next portion of the vesicles. Cargo that engineered cells
put into their vesicles (`copies_per_vesicle`) needs no such step: it is there from the start, and costs nothing here.

Assumptions: the efficiency refers to the vesicles that are left; cargo is in proportion to their number at all sizes;
the volume of the stock is added, and the clean-up keeps the volume; protein and other particles are not changed; cargo
that is dissolved in the feed is not offered again.

Validity: a published efficiency holds at the ratio of cargo to vesicles at which it was measured, and does not transfer
to another one: an isotherm does, a fraction does not. Published efficiencies of electroporated nucleic acids hold
aggregates, up to all of them. A method that works in portions of half a milliliter takes hours for a lot.

Failures to think of: arcing of a cuvette, foaming and heat of a sonicator, a clogged extruder, precipitated cargo.

Sources: Rankin-Turner et al. 2021 and a table of 2023 (efficiencies by method); Jeyaram et al. 2020 (recycling);
Kooijmans et al. 2013 (aggregates).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, minus, one_where, plus, rounded_up, total, weighted
from exosim.operations.base import NOTHING, ClosedForm, MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, declared, parameter
from exosim.physics import loading

_PACKED = 0.64  # of a volume, by spheres packed at random
_FROM_CELLS = {"ev_recovery", "copies_per_vesicle", "positive_fraction", "dispersion"}
"""The parameters that matter where cells have loaded their vesicles."""


@dataclass(frozen=True, kw_only=True)
class CargoLoading(MeasuredRecovery):
    """Loading by a method, with clean-up and recycling; a preset of the method brings efficiency, losses and times."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"vesicle_recovery"})
    brings: ClassVar[frozenset[str]] = frozenset({"free_cargo"})
    grows: ClassVar[tuple[str, ...]] = ("cargo_offered",)
    takes_longer: ClassVar[str | None] = "cuvette"
    repeats: ClassVar[str | None] = "portions"

    cargo_per_vesicle: Array = parameter(
        7.5e-20,
        "mol/EV",
        low=1e-23,
        high=1e-16,
        doc="cargo offered for each vesicle of the first portion; about 1 ug of siRNA for 1e9 vesicles",
        source="kamerkar2017",
        critical=True,
        decided=True,
    )
    cargo_offered: Array | None = parameter(
        None, "mol", low=1e-15, high=1.0, doc="cargo offered to the first portion, whatever its vesicles", decided=True
    )
    stock: Array = parameter(
        1e-4, "mol/L", low=1e-7, high=1.0, doc="concentration of the cargo solution that is added", decided=True
    )
    apparent_efficiency: Array = parameter(
        0.05,
        "1",
        low=0.001,
        high=0.85,
        doc="fraction of the cargo offered that stays with the vesicles, aggregates included; holds at one ratio only",
        source="rankinturner2021",
        grade="B",
        critical=True,
    )
    capacity: Array | None = parameter(
        None, "1/EV", low=0.1, high=1e5, doc="places for cargo in a vesicle; with it the isotherm gives the efficiency"
    )
    affinity: Array = parameter(
        1e6, "L/mol", low=1e3, high=1e10, doc="affinity of a place for cargo: 1 over the concentration that fills half"
    )
    partition: Array | None = parameter(
        None,
        "1",
        low=0.0,
        high=1e6,
        doc="cargo per volume of vesicle over dissolved cargo; with it the isotherm counts",
    )
    aggregated_share: Array = parameter(
        0.0,
        "1",
        low=0.0,
        high=0.998,
        doc="share of what stays with the vesicles that is aggregated cargo; a control without vesicles tells",
    )
    copies_per_vesicle: Array | None = parameter(
        None,
        "1/EV",
        low=1.0,
        high=1000,
        doc="mean number of molecules in a vesicle that engineered cells have loaded; replaces the loading step",
        source="dooley2021",
    )
    positive_fraction: Array = parameter(
        1.0, "1", low=0.1, high=1.0, doc="fraction of the vesicles that can carry cargo", source="general_knowledge"
    )
    dispersion: Array = parameter(
        1.0, "1", low=0.1, high=100, doc="dispersion k of the copies over these vesicles; large: as by chance alone"
    )
    vesicle_recovery: Array = parameter(
        0.6,
        "1",
        low=0.3,
        high=0.95,
        recovery=True,
        doc="fraction of the vesicles left after loading and clean-up: the others burst, fuse or aggregate",
        source="lennaard2021",
    )
    potency_kept: Array = parameter(
        1.0, "1", low=0.0, high=1.0, doc="potency of a vesicle after loading over that before; no figures published"
    )
    cycles: float = parameter(
        1,
        "1",
        low=1,
        high=8,
        minimum=1,
        whole=True,
        planned=True,
        doc="equal portions of the vesicles that are loaded in turn, each with the unused cargo of the one before",
    )
    recycled: Array = parameter(
        0.77,
        "1",
        low=0.6,
        high=0.95,
        doc="fraction of the cargo that the clean-up removes that is offered to the next portion",
        source="jeyaram2020",
        grade="A",
    )
    free_cargo_removal: Array = parameter(
        2.0,
        "log",
        low=0.0,
        high=4.0,
        doc="log reduction of unused cargo by the clean-up of this step; 0 where a step of its own follows",
        source="general_knowledge",
    )
    portion: Array | None = parameter(
        None, "mL", low=0.05, high=5000, doc="volume that is treated at once, as in a cuvette; none: all", decided=True
    )
    portion_time: Array = parameter(0.05, "h", low=0.005, high=8, doc="time to treat one portion of volume")
    rest_time: Array = parameter(
        1.5, "h", low=0.0, high=48, doc="incubation or recovery of the membranes", source="general_knowledge"
    )
    clean_up_time: Array = parameter(
        2.0,
        "h",
        low=0.0,
        high=24,
        doc="time of the clean-up of one portion of the vesicles",
        source="general_knowledge",
    )
    preparation: Array = parameter(0.5, "h", low=0.0, high=8, doc="time to mix and to set up")

    def transform(self, feed: Material) -> Outcome:
        """Return the loaded vesicles."""
        if self.copies_per_vesicle is not None:
            return self._from_cells(feed, self.copies_per_vesicle)
        vesicles, losses = self.take_vesicles("measured loss", {"damage": self.vesicle_recovery}, feed)
        vesicles, losses["loss of potency"] = vesicles.separate({"potency": self.potency_kept})
        turns = self._turns(feed, vesicles)
        retained, left, lost = (
            sum(parts) for parts in zip(*((t.retained, t.left, t.lost) for t in turns), strict=True)
        )
        aggregated = self.aggregated_share * retained
        loaded = minus(retained, aggregated)
        new = Material(cargo=loaded, aggregated_cargo=aggregated, free_cargo=left)
        product, wash = (vesicles + Material(volume=self._stock_volume(turns))).separate(
            {"free_cargo": self._uncleaned()}
        )
        losses["unused cargo"] = wash + Material(free_cargo=lost)
        return Outcome(
            product + new,
            added=new + Material(free_cargo=lost, volume=self._stock_volume(turns)),
            losses=losses,
            phases=self._phases(feed),
            consumption={"cargo": turns[0].offered},
            monitors={**self._monitors(vesicles, loaded, retained, turns), "portions": self._portions(feed)},
            limits=self._limits(vesicles, loaded, aggregated),
        )

    def unused(self) -> frozenset[str]:
        """Return what is replaced: by cells that load, by an isotherm, by an amount; and what recycling needs alone."""
        idle = set(super().unused())
        if self.copies_per_vesicle is not None:
            return frozenset(declared(type(self))) - _FROM_CELLS
        if self.capacity is None:
            idle |= {"affinity"}
        if self.capacity is not None or self.partition is not None:
            idle |= {"apparent_efficiency"}
        if self.cargo_offered is not None:
            idle |= {"cargo_per_vesicle"}
        if self.cycles <= 1:
            idle |= {"recycled"}
        return frozenset(idle if self.portion is not None else idle | {"portion_time"})

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return which share of the vesicles the method costs."""
        if self.ev_recovery is not None or self.copies_per_vesicle is not None:
            return {}
        return {
            "share_damaged": ClosedForm(
                "1 - vesicle_recovery", "1", "vesicles that are lost", "", "damage", of_vesicles=True
            )
        }

    def _from_cells(self, feed: Material, copies: Array) -> Outcome:
        """Return the vesicles with what their cells have put into them; a step that takes no time and costs nothing."""
        measured = 1.0 if self.ev_recovery is None else self.ev_recovery
        product, losses = self.take_vesicles("measured loss", {"measured loss": measured}, feed)
        per_vesicle = copies * self.positive_fraction
        cargo = Material(cargo=total(product.vesicles) * (per_vesicle / loading.AVOGADRO))
        return Outcome(
            product + cargo,
            generated=cargo,
            losses=losses,
            monitors={
                "copies_per_vesicle": per_vesicle,
                "loaded_vesicles": loading.carriers(per_vesicle, self.positive_fraction, self.dispersion),
            },
        )

    # -- uptake -------------------------------------------------------------------------------------------------------

    def _turns(self, feed: Material, vesicles: Material) -> tuple[loading.Cycle, ...]:
        """Return what happens to the cargo, portion of the vesicles by portion."""
        offered = self.cargo_per_vesicle * total(feed.vesicles) / self.cycles
        if self.cargo_offered is not None:
            offered = self.cargo_offered
        some = one_where(np.greater(total(vesicles.vesicles), 0.0))
        liters = feed.volume / self.cycles + offered / self.stock

        def retained(cargo: Array) -> Array:
            return some * self._retained(cargo / np.maximum(liters, NOTHING), vesicles, liters)

        return loading.cycles(offered, retained, self._uncleaned(), self.recycled, round(self.cycles))

    def _retained(self, concentration: Array, vesicles: Material, liters: Array) -> Array:
        """Return the fraction of the cargo that stays with one portion of the vesicles."""
        if self.capacity is None and self.partition is None:
            return self.apparent_efficiency
        share = 1.0 / (self.cycles * np.maximum(liters, NOTHING))
        capacity = 0.0 if self.capacity is None else self.capacity / loading.AVOGADRO
        partition = 0.0 if self.partition is None else self.partition
        places = capacity * total(vesicles.vesicles) * share
        inside = partition * self._cubes(vesicles) * (np.pi / 6.0 * 1e-24) * share
        return loading.taken_up(concentration, places, self.affinity, inside)

    def _cubes(self, vesicles: Material) -> Array:
        """Return the sum of the cubed diameters of all vesicles [nm3]."""
        return weighted(vesicles.vesicles, self.context.sizes.mean_cubes)

    def _uncleaned(self) -> Array:
        return np.asarray(10.0**-self.free_cargo_removal)

    # -- what is told -------------------------------------------------------------------------------------------------

    def _stock_volume(self, turns: tuple[loading.Cycle, ...]) -> Array:
        return turns[0].offered / self.stock

    def _portions(self, feed: Material) -> Array:
        """Return how many portions of volume are treated; the feed is what counts."""
        if self.portion is None:
            return self.cycles
        return rounded_up(feed.volume * 1e3 / (self.portion * self.cycles)) * self.cycles

    def _phases(self, feed: Material) -> tuple[Phase, ...]:
        treat = 0.0 if self.portion is None else self._portions(feed) * self.portion_time
        return (
            Phase("prepare", self.preparation),
            Phase("treat", treat),
            Phase("rest", self.cycles * self.rest_time, attended=False),
            Phase("clean up", self.cycles * self.clean_up_time),
        )

    def _monitors(
        self, vesicles: Material, loaded: Array, retained: Array, turns: tuple[loading.Cycle, ...]
    ) -> dict[str, Array]:
        number, offered = np.maximum(total(vesicles.vesicles), NOTHING), np.maximum(turns[0].offered, NOTHING)
        copies = loaded * loading.AVOGADRO / number
        return {
            "apparent_efficiency": retained / offered,
            "true_efficiency": loaded / offered,
            "copies_per_vesicle": copies,
            "apparent_copies_per_vesicle": retained * loading.AVOGADRO / number,
            "loaded_vesicles": loading.carriers(copies, self.positive_fraction, self.dispersion),
        }

    def _limits(self, vesicles: Material, loaded: Array, aggregated: Array) -> dict[str, Array]:
        """Return where more than fits is said to be inside, and where an assay of the total sees mostly aggregates."""
        room = _PACKED * self._cubes(vesicles)
        filled = loaded * loading.AVOGADRO * self.context.free_cargo_diameter**3
        return {
            "loaded cargo larger than the vesicles hold": one_where(filled > plus(room, NOTHING)),
            "most of the cargo found is aggregated": one_where(np.greater(aggregated, loaded)),
        }
