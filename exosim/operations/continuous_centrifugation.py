"""Continuous centrifugation: the feed flows through a turning bowl, which holds back what settles in time.

Model: Sigma theory (:mod:`exosim.physics.settling_area`) for every size class: a stack of discs or a tubular bowl by
its geometry, or a bowl whose equivalent settling area is known; an efficiency tells how much of it a real machine
reaches. By default the centrate goes on, without cells and debris; vesicles are lost with the sediment, the large ones
first. With slow flow and much area vesicles are held back themselves, and the sediment can go on, taken up in buffer.

The sediment fills the bowl; at a share of its space it is discharged, or a tubular bowl is cleaned, with some liquid.
At the end the hold-up of the bowl is chased in part. Time is the volume over the flow, with these stops. Cells can
break in the feed zone into debris, protein and DNA, and vesicles can be damaged: both are off unless a value is given,
because the evidence is for single machines only.

Assumptions: debris and cells are spheres of one diameter and density each, the fragments of a cell are debris; their
protein is spread over the pools as in cultures by default; bound matter follows the vesicles; aggregates of cargo
settle as non-vesicular particles of the sizes of the vesicles; what is dissolved stays in the liquid.

Validity: feeds of at most a tenth of solids; flow and Stokes' law laminar. Where the flow is too high for the area,
debris passes: a limit.
Failure modes: a bowl that fills and passes solids, an unbalanced bowl, a seal that leaks.

Sources: Ambler 1959; bioprocess practice (discharge at 50 to 70 % of the space).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, as_precise, is_number, one_where, plus, rounded_up, solution, times
from exosim.operations.base import NOTHING, VESICLES_TAKEN, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import settling_area
from exosim.settling import Settling, wrong_radii

_CUBIC_MICROMETER = 1e-15  # L
_CLEARED = 0.95
_DILUTE = 0.1
_POOLS = np.array([[0.25], [0.45], [0.2], [0.1]])  # of the protein of broken cells, as in cultures by default
_IN_THE_LIQUID = dict.fromkeys(("volume", "salt", "free_cargo", "polymer"), 1.0)


@dataclass(frozen=True, kw_only=True)
class ContinuousCentrifugation(Settling):
    """A centrifuge that the feed flows through: the centrate goes on, or the sediment."""

    mechanism: ClassVar[frozenset[str]] = Settling.settling | {"vesicle_damage"}
    sized_by: ClassVar[str | None] = "flow"
    grows: ClassVar[tuple[str, ...]] = ("suspension_volume",)
    takes_longer: ClassVar[str | None] = "bowl"
    repeats: ClassVar[str | None] = "discharges"
    stays: ClassVar[tuple[str, ...]] = ("hold_up",)

    flow: Array = parameter(100.0, "L/h", low=1, high=20_000, doc="flow of the feed", critical=True, decided=True)
    settling_area: Array | None = parameter(
        None, "m2", low=100, high=500_000, doc="equivalent settling area Sigma; replaces the geometry of the bowl"
    )
    discs: float = parameter(
        40, "1", low=0, high=250, whole=True, planned=True, doc="gaps between conical discs; 0 for a tubular bowl"
    )
    disc_angle: Array = parameter(
        40.0, "deg", low=30, high=55, maximum=89, doc="angle between discs and axis", source="general_knowledge"
    )
    r_min: Array = parameter(
        30.0, "mm", low=10, high=100, doc="inner radius of the discs, or of the liquid in a tubular bowl"
    )
    r_max: Array = parameter(75.0, "mm", low=20, high=300, doc="outer radius of the discs, or of a tubular bowl")
    bowl_length: Array = parameter(700.0, "mm", low=50, high=1500, doc="length of a tubular bowl")
    speed: Array = parameter(9000.0, "rpm", low=1000, high=42_000, doc="speed of the bowl", critical=True, decided=True)
    efficiency: Array = parameter(
        0.6,
        "1",
        low=0.3,
        high=0.95,
        doc="share of the settling area that the machine reaches",
        source="general_knowledge",
    )
    temperature: Array = parameter(
        20.0, "degC", low=2, high=37, maximum=60, doc="temperature of the liquid", source="general_knowledge"
    )
    solids_space: Array = parameter(0.5, "L", low=0.05, high=30, doc="space for sediment in the bowl")
    filled_at_discharge: Array = parameter(
        0.6,
        "1",
        low=0.5,
        high=0.7,
        doc="share of the space for sediment that is filled when it is discharged",
        source="biopharm_discharge",
        grade="A",
        decided=True,
    )
    packing: Array = parameter(0.6, "1", low=0.3, high=0.8, doc="volume fraction of solids in the sediment")
    discharge_volume: Array = parameter(
        0.3, "L", low=0.0, high=20, doc="liquid that is lost in a discharge, or when the bowl is cleaned"
    )
    discharge_time: Array = parameter(
        0.01, "h", low=0.0, high=1.5, doc="time of a discharge, or to clean a tubular bowl on the way"
    )
    hold_up: Array = parameter(1.0, "L", low=0.05, high=50, doc="liquid in the bowl")
    chased: Array = parameter(0.8, "1", low=0.0, high=0.95, doc="fraction of the hold-up that a chase recovers")
    broken: Array = parameter(
        0.0, "1", low=0.0, high=0.2, doc="fraction of the cells that break in the feed zone; 0: off"
    )
    fragments: Array = parameter(10.0, "particle/cell", low=5, high=100, doc="debris that a broken cell leaves")
    protein_per_cell: Array = parameter(200.0, "pg/cell", low=50, high=500, doc="protein that a broken cell releases")
    dna_per_cell: Array = parameter(
        6.6, "pg/cell", low=5.0, high=15.0, doc="DNA of a broken diploid cell", source="fackelmayer1999", grade="A"
    )
    vesicle_damage: Array = parameter(
        0.0, "1", low=0.0, high=0.3, doc="fraction of the vesicles that shear destroys; 0: off"
    )
    keep_sediment: float = parameter(
        0, "1", low=0, high=1, whole=True, planned=True, doc="0: the centrate goes on; 1: the sediment, taken up"
    )
    resuspended: Array = parameter(
        0.6,
        "1",
        low=0.15,
        high=0.95,
        doc="fraction of the sediment that is taken up, where it goes on",
        source="webber2013",
        recovery=True,
    )
    suspension_volume: Array = parameter(
        1.0, "L", low=0.05, high=100, doc="buffer in which the sediment is taken up, where it goes on", decided=True
    )
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.5, doc="salt of that buffer", source="pbs_recipe", grade="B", decided=True
    )
    preparation: Array = parameter(2.0, "h", low=0.5, high=6, doc="time to set up, to rinse and to clean")

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the radii."""
        if self.settling_area is None:
            yield from wrong_radii(self.r_min, self.r_max)

    def unused(self) -> frozenset[str]:
        """Return what does not matter beside what is given: other geometries, and what happens to the other stream."""
        idle = set(super().unused())
        if self.viscosity is not None:
            idle.add("temperature")
        if self.settling_area is not None:
            idle |= {"discs", "disc_angle", "r_min", "r_max", "bowl_length", "speed"}
        else:
            idle |= {"bowl_length"} if self.discs else {"disc_angle"}
        if not np.any(np.greater(self.broken, 0.0)):
            idle |= {"fragments", "protein_per_cell", "dna_per_cell"}
        if not self.keep_sediment:
            idle |= {"resuspended", "suspension_volume", "buffer_salt"}
        return frozenset(idle)

    @property
    def area(self) -> Array:
        """Sigma, given or from the geometry [m2]."""
        if self.settling_area is not None:
            return self.settling_area
        if self.discs:
            return settling_area.disc_area(self.discs, self.r_min, self.r_max, self.disc_angle, self.speed)
        return settling_area.tubular_area(self.bowl_length, self.r_min, self.r_max, self.speed)

    def reaching(self, coefficient: Array) -> Array:
        """Return the fraction that the bowl captures, of particles of a sedimentation coefficient [s]."""
        ratio = settling_area.overflow_ratio(coefficient, self.efficiency * self.area, self.flow)
        if self.settling_area is None and not self.discs:
            return settling_area.captured_in_bowl(ratio, self.r_min, self.r_max)
        return settling_area.captured(ratio)

    def transform(self, feed: Material) -> Outcome:
        """Return the centrate, or the sediment taken up in buffer."""
        made, broken, sheared = self._sheared(feed)
        captured, vesicles = self.pelleted_others(sheared), self.pelleted_vesicles(self.context.sizes)
        stops = self._discharges(sheared, captured)
        left = (stops * self.discharge_volume + (1.0 - self.chased) * self.hold_up) / np.maximum(feed.volume, NOTHING)
        left = np.minimum(left, 1.0)
        split = self._sediment if self.keep_sediment else self._centrate
        product, losses = split(sheared, captured, vesicles, left)
        some = one_where(np.greater(feed.volume, 0.0))
        buffer = solution(self.suspension_volume * some, self.buffer_salt) if self.keep_sediment else Material()
        return Outcome(
            product + buffer,
            added=buffer,
            generated=made,
            losses={**losses, "breakage": broken},
            phases=(
                Phase("prepare", self.preparation * some),
                Phase("centrifuge", feed.volume / self.flow),
                Phase("discharge", stops * self.discharge_time),
            ),
            consumption={"buffer": buffer.volume},
            monitors={"discharges": stops, "settling_area": self.area, "debris_captured": captured["debris"]},
            limits=self._limits(sheared, captured["debris"], vesicles, left),
        )

    def _sheared(self, feed: Material) -> tuple[Material, Material, Material]:
        """Return what broken cells leave, the cells that broke, and the feed after the feed zone."""
        rest, broken = feed.separate({"viable_cells": 1.0 - self.broken, "dead_cells": 1.0 - self.broken})
        cells = plus(broken.viable_cells, broken.dead_cells)
        protein = times(cells, self.protein_per_cell * 1e-6)
        made = Material(
            debris=times(cells, self.fragments),
            protein=0.0 if is_number(protein, 0.0) else np.asarray(protein * as_precise(_POOLS, protein)),
            free_dna=times(cells, self.dna_per_cell * 1e-3),
        )
        return made, broken, rest + made

    def _discharges(self, feed: Material, captured: Mapping[str, Array]) -> Array:
        """Return how often the bowl is discharged, at the end too."""
        sediment = self._solids(feed, captured["viable_cells"], captured["debris"]) / self.packing
        bowls = sediment / (self.solids_space * self.filled_at_discharge)
        return rounded_up(bowls, one_where(np.greater(bowls, 0.0)))

    def _solids(self, feed: Material, cells: Array = 1.0, debris: Array = 1.0) -> Array:
        """Return the volume of a fraction of the cells and of the debris [L]."""
        cubes = cells * plus(feed.viable_cells, feed.dead_cells) * self.cell_diameter**3
        return (cubes + debris * feed.debris * self.debris_diameter**3) * (math.pi / 6.0 * _CUBIC_MICROMETER)

    def _centrate(
        self, feed: Material, captured: Mapping[str, Array], vesicles: Array, left: Array
    ) -> tuple[Material, dict[str, Material]]:
        cleared, solids = feed.separate({name: 1.0 - share for name, share in captured.items()})
        drained = 1.0 - left
        mechanism = {"shear": 1.0 - self.vesicle_damage, "sediment": 1.0 - vesicles, "discharge and hold-up": drained}
        cleared, losses = self.take_vesicles("measured loss", mechanism, cleared)
        product, kept_back = cleared.separate(VESICLES_TAKEN, otherwise=drained)
        return product, joined(losses, {"sediment": solids, "discharge and hold-up": kept_back})

    def _sediment(
        self, feed: Material, captured: Mapping[str, Array], vesicles: Array, left: Array
    ) -> tuple[Material, dict[str, Material]]:
        passing = 1.0 - left
        followers = {**VESICLES_TAKEN, "cell_equivalents": 1.0}
        kept = {**followers, **{name: 1.0 - (1.0 - share) * passing for name, share in captured.items()}}
        taken, centrate = feed.separate(kept, otherwise=left)
        held = 1.0 - (1.0 - vesicles) * passing
        mechanism = {"shear": 1.0 - self.vesicle_damage, "centrate": held, "resuspension": self.resuspended}
        taken, losses = self.take_vesicles("measured loss", mechanism, taken)
        product, stuck = taken.separate({**followers, **_IN_THE_LIQUID}, otherwise=self.resuspended)
        return product, joined(losses, {"centrate": centrate, "resuspension": stuck})

    def _limits(self, feed: Material, debris: Array, vesicles: Array, left: Array) -> dict[str, Array]:
        passes = np.less(debris, _CLEARED) & np.greater(feed.debris, 0.0)
        limits = {
            "debris is not cleared: the flow is too high for the settling area": one_where(passes),
            "more than a tenth of the feed is solids: they hinder each other": one_where(
                self._solids(feed) > _DILUTE * feed.volume
            ),
        }
        if self.keep_sediment:
            return {**limits, **self.minority_limit("are captured", vesicles, feed)}
        much = np.greater(left, 0.5) & np.greater(feed.volume, 0.0)
        return {**limits, "discharges and hold-up take more than half of the feed": one_where(much)}
