"""Blood plasma: the start of a process, or of a diagnostic sample, with what outnumbers its vesicles.

Model: none. Contents are concentrations times the volume. Vesicles are the true ones. Lipoproteins are those large
enough to be counted, of the size of VLDL and its remnants, and nearly all of what an instrument counts in plasma: at
the defaults nanoparticle tracking (half of the particles seen at 65 nm) finds 4e11 per milliliter where there are 1e10
vesicles. Their true number was worked out from that count, of which it sees a fourth: the others are too small.

Assumptions: lipoproteins are lognormal in diameter on the grid of sizes, from 30 nm. Soluble protein has four pools:
apolipoproteins and what else is below 30 kDa; albumin and what elutes with it; immunoglobulin G and its like; complexes
from fibrinogen on. The protein on the vesicles (corona) is about as heavy as their own.

Validity: platelet-free plasma of healthy, fasting donors. LDL (18 to 28 nm, some 1e15 per milliliter) and HDL lie below
the grid and are no particles here: their protein is part of the pools, and apolipoprotein B can be followed only with
the particles from 30 nm. Chylomicrons after a meal, platelets and anticoagulants are left out.

Sources: Johnsen et al. 2019 (vesicles); Mørk 2016 (counts); Busatto et al. 2020 (sizes); Human Protein Atlas (protein).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, total
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter
from exosim.physics.detection import counted
from exosim.physics.size import class_shares


@dataclass(frozen=True, kw_only=True)
class BloodPlasma(UnitOperation):
    """A volume of platelet-free plasma."""

    source: ClassVar[bool] = True
    makes_vesicles: ClassVar[bool] = True
    grows: ClassVar[tuple[str, ...]] = ("volume",)

    volume: Array = parameter(0.001, "L", low=0.00002, high=1000, doc="volume of plasma", decided=True)
    titer: Array = parameter(
        1e10, "EV/mL", low=1e9, high=1e11, doc="true vesicles", source="johnsen2019", grade="A", critical=True
    )
    lipoproteins: Array = parameter(
        1.65e12,
        "particle/mL",
        low=6e11,
        high=5e12,
        doc="lipoproteins above 30 nm, true number; such that nanoparticle tracking counts 1.4e11 to 1.2e12",
        source="mork2016",
        grade="B",
        critical=True,
    )
    counted_lipoproteins: Array | None = parameter(
        None,
        "particle/mL",
        low=1e8,
        high=5e12,
        doc="lipoproteins as the instrument of the product counts them; replaces their true number",
        critical=True,
    )
    lipoprotein_median: Array = parameter(
        50.0, "nm", low=35, high=80, doc="median diameter of the lipoproteins", source="busatto2020", grade="B"
    )
    lipoprotein_gsd: Array = parameter(
        1.35,
        "1",
        low=1.15,
        high=1.6,
        doc="geometric standard deviation of their diameter: 30 to 80 nm hold 90 %",
        source="busatto2020",
        grade="B",
    )
    nonvesicular: Array = parameter(
        1e9, "particle/mL", low=0.0, high=1e11, doc="other non-vesicular particles above 30 nm, such as aggregates"
    )
    nonvesicular_median: Array = parameter(60.0, "nm", low=30, high=200, doc="their median diameter")
    nonvesicular_gsd: Array = parameter(
        1.5, "1", low=1.2, high=2.0, doc="geometric standard deviation of their diameter"
    )
    small_protein: Array = parameter(
        3.0, "mg/mL", low=1.0, high=6.0, doc="soluble protein below 30 kDa", source="hpa_plasma"
    )
    albumin: Array = parameter(
        45.0,
        "mg/mL",
        low=38.0,
        high=58.0,
        doc="albumin (40) and what elutes with it, such as transferrin (2.5) and antitrypsin (1.7)",
        source="hpa_plasma",
        grade="B",
    )
    immunoglobulin: Array = parameter(
        14.0, "mg/mL", low=8.0, high=20.0, doc="soluble protein near 150 kDa", source="general_knowledge"
    )
    complex_protein: Array = parameter(
        8.0,
        "mg/mL",
        low=4.0,
        high=12.0,
        doc="protein in complexes above 300 kDa: macroglobulin (2.9), fibrinogen, immunoglobulin M, LDL (1.3)",
        source="hpa_plasma",
        grade="B",
    )
    corona: Array = parameter(
        3.0, "ug/mL", low=0.0, high=100.0, doc="protein bound to the vesicles, which follows them"
    )
    dna: Array = parameter(10.0, "ng/mL", low=1.0, high=100.0, doc="cell-free DNA", source="general_knowledge")
    bound_dna: Array = parameter(0.05, "1", low=0.0, high=0.5, doc="share of the DNA that is bound to vesicles")
    debris: Array = parameter(1e5, "particle/mL", low=0.0, high=1e8, doc="platelets and debris above 1 um")
    salt: Array = parameter(0.15, "mol/L", low=0.1, high=0.2, doc="salt", source="general_knowledge")
    thaw_time: Array = parameter(0.5, "h", low=0.0, high=72, doc="time to thaw the plasma")

    def transform(self, feed: Material) -> Outcome:
        """Return the plasma."""
        milliliters = self.volume * 1e3
        vesicles = np.asarray(self.context.secreted * (self.titer * milliliters))
        other = class_shares(self.context.sizes, self.nonvesicular_median, self.nonvesicular_gsd)
        dna = self.dna * milliliters
        plasma = Material(
            volume=self.volume,
            vesicles=vesicles,
            potency=total(vesicles),
            nonvesicular=other * (self.nonvesicular * milliliters),
            lipoproteins=self._lipoproteins() * milliliters,
            protein=self._protein() * (milliliters * 1e3),
            associated_protein=self.corona * milliliters,
            free_dna=dna * (1.0 - self.bound_dna),
            bound_dna=dna * self.bound_dna,
            debris=self.debris * milliliters,
            salt=self.salt * self.volume,
        )
        return Outcome(feed + plasma, added=plasma, phases=(Phase("thaw", self.thaw_time),))

    def unused(self) -> frozenset[str]:
        """Return the true number of lipoproteins where their count is given."""
        return frozenset() if self.counted_lipoproteins is None else frozenset({"lipoproteins"})

    def _lipoproteins(self) -> Array:
        """Return the lipoproteins per milliliter by size class."""
        sizes = self.context.sizes
        shares = class_shares(sizes, self.lipoprotein_median, self.lipoprotein_gsd)
        if self.counted_lipoproteins is None:
            return shares * self.lipoproteins
        counter = self.context.counter
        return shares * (self.counted_lipoproteins / counted(shares, sizes, counter, counter.lipoproteins))

    def _protein(self) -> Array:
        """Return the soluble protein by pool [mg/mL]."""
        pools = (self.small_protein, self.albumin, self.immunoglobulin, self.complex_protein)
        return np.stack(np.broadcast_arrays(*map(np.atleast_1d, pools)))
