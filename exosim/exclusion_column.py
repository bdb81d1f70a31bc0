"""What columns for size exclusion have in common: a packed bed, its window, its loads.

`size_exclusion_chromatography` is such a column, and `mixed_mode_chromatography` has a layer under it; the law is that
of :mod:`exosim.physics.plates`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.material import Material, is_number, one_where, rounded_up, solution, total
from exosim.operations.base import NOTHING, MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import packed_bed, passage, plates
from exosim.vocabulary import SMALL_MOLECULES

_LARGEST_LOAD = 0.2


@dataclass(frozen=True, kw_only=True)
class ExclusionColumn(MeasuredRecovery):
    """Group separation on a packed bed; all volumes of the window are in column volumes."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"bed_recovery", "adsorbed_per_area"})
    sized_by: ClassVar[str | None] = "column_volume"
    grows: ClassVar[tuple[str, ...]] = ("column_volume",)

    column_volume: Array = parameter(
        1.2, "L", low=0.001, high=100, doc="bed volume of the column", critical=True, decided=True
    )
    columns: Array = parameter(
        1.0, "1", low=1, high=12, minimum=1.0, whole=True, doc="columns that run in parallel", decided=True
    )
    lifetime: Array = parameter(
        50.0,
        "1",
        low=20,
        high=200,
        minimum=1.0,
        doc="cycles that a packing serves; each uses up its share of the resin",
    )
    load_fraction: Array = parameter(
        0.1,
        "1",
        low=0.02,
        high=0.2,
        doc="largest load of one cycle over the column volume",
        source="terovanesyan2023",
        grade="A",
        critical=True,
        decided=True,
    )
    flow: Array = parameter(
        2.0,
        "CV/h",
        low=0.3,
        high=8,
        doc="flow rate, in column volumes per hour",
        source="general_knowledge",
        decided=True,
    )
    plates: Array = parameter(200.0, "1", low=50, high=3000, doc="plate number of the bed", source="general_knowledge")
    bed_height: Array | None = parameter(
        None,
        "cm",
        low=5,
        high=100,
        doc="height of the bed; sets the plate number and the pressure",
        critical=True,
        decided=True,
    )
    plate_height: Array = parameter(
        0.5,
        "mm",
        low=0.2,
        high=1.0,
        doc="height of one plate, five or six beads: 200 plates in 10 cm; twice that in a bed that is packed by hand",
        source="general_knowledge",
    )
    bead_diameter: Array = parameter(90.0, "um", low=30, high=165, doc="diameter of the beads")
    pressure_limit: Array = parameter(
        2.0, "bar", low=1, high=3, doc="pressure that the bed bears", source="general_knowledge"
    )
    void_fraction: Array = parameter(
        0.35, "1", low=0.3, high=0.36, doc="void volume over column volume", source="sec_encyclopedia", grade="A"
    )
    pore_fraction: Array = parameter(
        0.6, "1", low=0.5, high=0.65, doc="pore volume over column volume", source="general_knowledge"
    )
    pore_diameter: Array = parameter(
        40.0,
        "nm",
        low=20,
        high=80,
        doc="exclusion diameter of the matrix; about 40 for 6 %, 75 for 2 % cross-linked agarose",
        source="terovanesyan2021",
    )
    pool_from: Array = parameter(
        0.3,
        "1",
        low=0.2,
        high=0.5,
        doc="start of the pool, in column volumes",
        source="terovanesyan2023",
        grade="B",
        critical=True,
        decided=True,
    )
    pool_to: Array = parameter(
        0.5,
        "1",
        low=0.35,
        high=0.9,
        doc="end of the pool, in column volumes",
        source="terovanesyan2023",
        grade="B",
        critical=True,
        decided=True,
    )
    bed_recovery: Array = parameter(
        0.89,
        "1",
        low=0.5,
        high=1.0,
        doc="fraction of the vesicles that does not stay on the bed",
        source="watson2018",
        grade="B",
        recovery=True,
    )
    adsorbed_per_area: Array | None = parameter(
        None,
        "1/m2",
        low=1e8,
        high=1e12,
        doc="vesicles that the outer surface of the beads binds in a lot; replaces the fraction that stays on the bed",
    )
    protein_tail: Array = parameter(
        0.02, "1", low=0.0, high=0.05, doc="fraction of every protein that tails into the pool"
    )
    dna_diameter: Array = parameter(
        40.0, "nm", low=10, high=200, doc="hydrodynamic diameter of DNA that can be amplified (above 200 bp)"
    )
    cycle_volume: Array = parameter(
        3.0,
        "1",
        low=1.5,
        high=5,
        doc="eluent and re-equilibration of one cycle, in column volumes",
        source="general_knowledge",
        decided=True,
    )
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.05, high=0.5, doc="salt of the eluent", source="pbs_recipe", grade="B", decided=True
    )
    preparation: Array = parameter(1.0, "h", low=0.25, high=4, doc="time to equilibrate and to sanitize")

    def transform(self, feed: Material) -> Outcome:
        """Return the pool."""
        packed = self.column_volume * self.columns
        cycles = rounded_up(feed.volume / (self.load_fraction * packed))
        load = np.maximum(feed.volume, NOTHING) / (cycles * packed)
        particles = self._particles_in_pool(load)
        eluate, outside = feed.separate(self._kept(feed, load, particles))
        bound, bed_limit = self._bed(feed)
        product, losses = self.take_vesicles(
            "measured loss", {"outside the pool": particles, "bed adsorption": bound}, eluate
        )
        flow, pressed = self._flow()
        pooled = (self.pool_to - self.pool_from) * packed * cycles
        eluent = self.cycle_volume * packed * cycles
        buffer = solution(eluent, self.buffer_salt)
        waste = outside.replaced(
            volume=feed.volume + eluent - pooled, salt=feed.salt + self.buffer_salt * (eluent - pooled)
        )
        return Outcome(
            product.replaced(volume=pooled, salt=self.buffer_salt * pooled),
            added=buffer,
            losses=joined(losses, {"outside the pool": waste}),
            phases=(Phase("prepare", self.preparation), Phase("run", (feed.volume + eluent) / (self.flow * packed))),
            consumption={"buffer": eluent, "resin": packed * cycles / self.lifetime},
            monitors={"cycles": cycles, "load": load, "resolution": self._resolution(), **flow},
            limits={
                "load above 20 % of the column": one_where(load > _LARGEST_LOAD),
                "more loads than the packing lasts": one_where(cycles > self.lifetime),
                **bed_limit,
                **pressed,
            },
        )

    def unused(self) -> frozenset[str]:
        """Return the parameters without effect: of plates or bed, and of fraction or surface, one is given."""
        idle = set(super().unused())
        if self.bed_height is None:
            idle |= {"plate_height", "pressure_limit"}
        else:
            idle.add("plates")
        if self.adsorbed_per_area is not None:
            idle.add("bed_recovery")
        elif self.bed_height is None:
            idle.add("bead_diameter")
        return frozenset(idle)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the pool window."""
        if np.any(self.pool_to <= self.pool_from):
            yield "pool_to", "the pool must end after it starts"

    def _particles_in_pool(self, load: Array) -> NDArray[np.float64]:
        """Return the fraction of the particles of each class that reaches the pool: none above the pores enters one."""
        diameters = self.context.sizes.diameters
        fitting = int(np.searchsorted(diameters[:, 0], np.max(self.pore_diameter, initial=0.0)))
        different = np.asarray(self._in_pool(diameters[: fitting + 1], load))
        return np.repeat(different, [1] * fitting + [len(diameters) - fitting] * (len(different) - fitting), axis=0)

    def _kept(self, feed: Material, load: Array, particles: NDArray[np.float64]) -> dict[str, Array]:
        """Return the fractions that reach the pool of all that is not a vesicle."""
        dissolved = {"free_cargo": self.context.free_cargo_diameter, "polymer": self.context.polymer_diameter}
        there = {name: size for name, size in dissolved.items() if not is_number(getattr(feed, name), 0.0)}
        tail, rest = self.protein_tail, 1.0 - self.protein_tail
        return {
            "volume": 0.0,
            "nonvesicular": particles,
            "lipoproteins": particles,
            "aggregated_cargo": particles[-1],
            "protein": tail + rest * self._in_pool(self.context.protein_diameters, load),
            "nuclease": tail + rest * self._in_pool(self.context.nuclease_diameter, load),
            "free_dna": self._in_pool(self.dna_diameter, load),
            **{name: self._in_pool(size, load) for name, size in there.items()},
            **dict.fromkeys(("salt", *SMALL_MOLECULES), 0.0),
        }

    def _bed(self, feed: Material) -> tuple[Array, dict[str, Array]]:
        """Return the fraction of the vesicles that the bed leaves in solution, and the limit of its surface."""
        if self.adsorbed_per_area is None:
            return self.bed_recovery, {}
        number = total(feed.vesicles)
        area = packed_bed.surface(self.bead_diameter, self.void_fraction) * self.column_volume * self.columns
        left = passage.left_in_solution(feed.vesicles, self.context.sizes.diameters, self.adsorbed_per_area, area)
        return left, self.adsorption_limit(left, number)

    def _plates(self) -> Array:
        if self.bed_height is None:
            return self.plates
        return packed_bed.plates(self.bed_height * 10.0, self.plate_height)

    def _flow(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return linear velocity [cm/h] and pressure [bar] of a bed of known height, and whether it bears that."""
        if self.bed_height is None:
            return {}, {}
        velocity = self.flow * self.bed_height
        pressure = packed_bed.pressure_drop(velocity, self.bed_height, self.bead_diameter, self.void_fraction)
        limit = {"pressure above what the bed bears": one_where(pressure > self.pressure_limit)}
        return {"linear_velocity": velocity, "pressure": pressure}, limit

    def _retention(self, diameter: Array) -> Array:
        coefficient = plates.distribution_coefficient(diameter, self.pore_diameter)
        return self.void_fraction + coefficient * self.pore_fraction

    def _in_pool(self, diameter: Array, load: Array) -> Array:
        return plates.pooled_fraction(self._retention(diameter), self._plates(), self.pool_from, self.pool_to, load)

    def _resolution(self) -> Array:
        albumin = self._retention(self.context.protein_diameters[1])
        return plates.resolution(self._retention(100.0), albumin, self._plates())
