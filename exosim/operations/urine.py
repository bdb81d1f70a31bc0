"""Urine: the start of a diagnostic sample whose concentration is that of the day, with the polymers that hold vesicles.

Model: what a day excretes is in proportion to its creatinine, and the water of the day dilutes all of it alike.
Contents are therefore amounts per creatinine times the creatinine of the sample, so that one number scales everything,
and vesicles per creatinine are what can be compared between samples. Uromodulin (Tamm-Horsfall protein) forms polymers.
Some are large enough to be counted as particles, and they hold vesicles, which leave with them in the first spin: of
the vesicles U / (U + U½) are lost at a concentration U of polymer. A concentrated sample thus loses more than a dilute
one, and a division by creatinine does not take that back. A reducing agent opens a share of the polymers beforehand.

Assumptions: excretion per creatinine does not change with the water; polymers that can be counted are lognormal in
diameter; uromodulin that is no polymer elutes with albumin, the polymers with the complexes; salt is sodium and
potassium chloride. How many polymers are counted and how many vesicles they hold are assumptions: adding uromodulin is
known to raise the count, and its polymers to be in the way of separation, without a number that was read.

Validity: urine of adults with healthy kidneys, without blood. Very dilute urine is hypotonic: there vesicles swell and
uromodulin polymerizes less, which this model leaves out. Albuminuria is told by `albumin`.

Sources: Blijdorp et al. 2021 (creatinine, uromodulin in counts); Ji et al. 2022 (creatinine); Iorember & Vehaskari 2014
(uromodulin).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, total
from exosim.operations.base import Outcome, Phase, UnitOperation, without_vesicles
from exosim.parameter import Array, parameter
from exosim.physics.size import class_shares

_HELD = "held by uromodulin"


@dataclass(frozen=True, kw_only=True)
class Urine(UnitOperation):
    """A volume of spot urine."""

    source: ClassVar[bool] = True
    makes_vesicles: ClassVar[bool] = True
    grows: ClassVar[tuple[str, ...]] = ("volume",)

    volume: Array = parameter(0.01, "L", low=0.001, high=1, doc="volume of urine", decided=True)
    creatinine: Array = parameter(
        0.9,
        "g/L",
        low=0.3,
        high=3.0,
        doc="creatinine: how concentrated the urine of the day is, which scales all else; of a population",
        source="ji2022",
        grade="A",
        critical=True,
    )
    vesicles: Array = parameter(
        3e9,
        "EV/mg",
        low=1e8,
        high=2e10,
        doc="true vesicles per creatinine; 1e8 to 2e10 per milliliter are told without a count that was read",
        critical=True,
    )
    uromodulin: Array = parameter(
        40.0,
        "ug/mg",
        low=10,
        high=100,
        doc="uromodulin per creatinine: 50 mg a day over 1.2 g of creatinine",
        source="iorember2014",
        grade="B",
        critical=True,
    )
    polymerized: Array = parameter(0.5, "1", low=0.1, high=0.95, doc="share of the uromodulin that is in polymers")
    opened: Array = parameter(
        0.0,
        "1",
        low=0.0,
        high=0.99,
        doc="share of the polymers that a reducing agent opens before the first spin",
        decided=True,
    )
    half_holding: Array = parameter(
        50.0, "ug/mL", low=10, high=1000, doc="concentration of polymer that holds half of the vesicles"
    )
    counted_polymers: Array = parameter(
        5e7, "particle/ug", low=0.0, high=1e9, doc="polymers above 30 nm per mass of polymer"
    )
    polymer_median: Array = parameter(90.0, "nm", low=30, high=200, doc="median diameter of the polymers")
    polymer_gsd: Array = parameter(1.6, "1", low=1.2, high=2.0, doc="geometric standard deviation of their diameter")
    albumin: Array = parameter(
        8.0,
        "ug/mg",
        low=2.0,
        high=3000,
        doc="albumin per creatinine; below 30 in health",
        source="general_knowledge",
    )
    small_protein: Array = parameter(
        30.0, "ug/mg", low=5.0, high=100, doc="protein below 30 kDa per creatinine", source="general_knowledge"
    )
    immunoglobulin: Array = parameter(
        4.0, "ug/mg", low=0.5, high=500, doc="protein near 150 kDa per creatinine", source="general_knowledge"
    )
    corona: Array = parameter(0.5, "ug/mg", low=0.0, high=20, doc="protein bound to the vesicles, per creatinine")
    dna: Array = parameter(5.0, "ng/mg", low=0.5, high=200, doc="cell-free DNA per creatinine")
    bound_dna: Array = parameter(0.05, "1", low=0.0, high=0.5, doc="share of the DNA that is bound to vesicles")
    debris: Array = parameter(
        1e5, "particle/mg", low=0.0, high=1e8, doc="shed cells, their debris and crystals above 1 um, per creatinine"
    )
    salt: Array = parameter(
        0.15,
        "mol/g",
        low=0.05,
        high=0.3,
        doc="sodium and potassium per creatinine, as salt",
        source="general_knowledge",
    )
    thaw_time: Array = parameter(0.5, "h", low=0.0, high=72, doc="time to thaw or to warm the urine")

    def transform(self, feed: Material) -> Outcome:
        """Return the urine without the vesicles that uromodulin holds."""
        milligrams = self.creatinine * self.volume * 1e3
        polymer = self.uromodulin * self.polymerized * (1.0 - self.opened)
        urine = self._contents(milligrams, polymer)
        held = polymer * self.creatinine
        product, lost = without_vesicles(self.half_holding / (self.half_holding + held), urine)
        return Outcome(
            feed + product,
            added=urine,
            losses={_HELD: lost},
            phases=(Phase("thaw", self.thaw_time),),
            monitors={"creatinine": milligrams, "polymer": held},
        )

    def _contents(self, milligrams: Array, polymer: Array) -> Material:
        """Return all that is in the sample, from its creatinine [mg] and the polymer per creatinine [ug/mg]."""
        vesicles = np.asarray(self.context.secreted * (self.vesicles * milligrams))
        polymers = class_shares(self.context.sizes, self.polymer_median, self.polymer_gsd)
        dna = self.dna * milligrams
        return Material(
            volume=self.volume,
            vesicles=vesicles,
            potency=total(vesicles),
            nonvesicular=polymers * (self.counted_polymers * polymer * milligrams),
            protein=self._protein(polymer) * milligrams,
            associated_protein=self.corona * milligrams,
            free_dna=dna * (1.0 - self.bound_dna),
            bound_dna=dna * self.bound_dna,
            debris=self.debris * milligrams,
            salt=self.salt * milligrams * 1e-3,
        )

    def _protein(self, polymer: Array) -> Array:
        """Return the soluble protein by pool, per creatinine [ug/mg]."""
        single = self.uromodulin - polymer
        pools = (self.small_protein, self.albumin + single, self.immunoglobulin, polymer)
        return np.stack(np.broadcast_arrays(*map(np.atleast_1d, pools)))
