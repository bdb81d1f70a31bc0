"""Size-exclusion chromatography: vesicles leave in the void, protein later.

Model: plate theory with an exactly convolved plug (:mod:`exosim.physics.plates`), per size class and protein pool; a
fraction of the vesicles stays on the bed; a small tail of all protein reaches the pool. A lot that is larger than one
load is run in cycles of equal loads.

Validity: loads up to about 20 % of the column volume; no interaction with the matrix. Lipoproteins of vesicle size
leave with the vesicles (Ter-Ovanesyan et al. 2023, doi:10.7554/eLife.86394).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, one_where, short_of_whole
from exosim.operations.base import NOTHING, MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter
from exosim.physics import plates
from exosim.vocabulary import SMALL_MOLECULES

_LARGEST_LOAD = 0.2


@dataclass(frozen=True, kw_only=True)
class SizeExclusionChromatography(MeasuredRecovery):
    """Group separation on a packed bed; all volumes of the window are in column volumes."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"bed_recovery"})
    sized_by: ClassVar[str | None] = "column_volume"

    column_volume: Array = parameter(
        1.2, "L", low=0.001, high=100, doc="bed volume of the column", critical=True, decided=True
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
        loads = feed.volume / (self.load_fraction * self.column_volume)
        cycles = np.maximum(np.ceil(loads - short_of_whole(loads)), 1.0)
        load = np.maximum(feed.volume, NOTHING) / (cycles * self.column_volume)
        particles = self._in_pool(self.context.sizes.diameters, load)
        pools = self.protein_tail + (1.0 - self.protein_tail) * self._in_pool(self.context.protein_diameters, load)
        enzyme = self.protein_tail + (1.0 - self.protein_tail) * self._in_pool(self.context.nuclease_diameter, load)
        eluate, outside = feed.separate(
            {
                "volume": 0.0,
                "nonvesicular": particles,
                "lipoproteins": particles,
                "protein": pools,
                "nuclease": enzyme,
                "free_dna": self._in_pool(self.dna_diameter, load),
                **dict.fromkeys(("salt", *SMALL_MOLECULES), 0.0),
            }
        )
        mechanism = {"outside the pool": particles, "bed adsorption": self.bed_recovery}
        product, losses = self.take_vesicles("measured loss", mechanism, eluate)
        pooled = (self.pool_to - self.pool_from) * self.column_volume * cycles
        eluent = self.cycle_volume * self.column_volume * cycles
        buffer = Material(volume=eluent, salt=self.buffer_salt * eluent)
        waste = outside.replaced(
            volume=feed.volume + eluent - pooled, salt=feed.salt + self.buffer_salt * (eluent - pooled)
        )
        losses["outside the pool"] = losses.get("outside the pool", Material()) + waste
        return Outcome(
            product.replaced(volume=pooled, salt=self.buffer_salt * pooled),
            added=buffer,
            losses=losses,
            phases=(
                Phase("prepare", self.preparation),
                Phase("run", (feed.volume + eluent) / (self.flow * self.column_volume)),
            ),
            consumption={"buffer": eluent, "resin": self.column_volume},
            monitors={"cycles": cycles, "load": load, "resolution": self._resolution()},
            limits={"load above 20 % of the column": one_where(load > _LARGEST_LOAD)},
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the pool window."""
        if np.any(self.pool_to <= self.pool_from):
            yield "pool_to", "the pool must end after it starts"

    def _retention(self, diameter: Array) -> Array:
        coefficient = plates.distribution_coefficient(diameter, self.pore_diameter)
        return self.void_fraction + coefficient * self.pore_fraction

    def _in_pool(self, diameter: Array, load: Array) -> Array:
        return plates.pooled_fraction(self._retention(diameter), self.plates, self.pool_from, self.pool_to, load)

    def _resolution(self) -> Array:
        albumin = self._retention(self.context.protein_diameters[1])
        return plates.resolution(self._retention(100.0), albumin, self.plates)
