"""Size-exclusion chromatography: vesicles leave in the void, protein later.

Model: plate theory with an exactly convolved plug (:mod:`exosim.physics.plates`), per size class, protein pool and
dissolved matter; vesicles stay on the bed, as a fraction or up to what the outer surface of the beads binds in a lot; a
small tail of all protein reaches the pool. A lot that is larger than one load is run in cycles of equal loads on
columns in parallel; each cycle uses up its share of a packing.

With a bed height the plates follow from the height of one, and the bed must bear the pressure of the flow
(:mod:`exosim.physics.packed_bed`).

Assumptions: aggregates of cargo leave in the void; what the surface binds is cleaned off between lots, not between
cycles.

Validity: loads up to about 20 % of the column volume; no interaction with the matrix but what is bound. Lipoproteins of
vesicle size leave with the vesicles (Ter-Ovanesyan et al. 2023, doi:10.7554/eLife.86394). Typical failures: a bed that
runs dry or cracks, compression, aggregates that block the frit.
"""

from __future__ import annotations

from dataclasses import dataclass

from exosim.exclusion_column import ExclusionColumn


@dataclass(frozen=True, kw_only=True)
class SizeExclusionChromatography(ExclusionColumn):
    """Group separation on a packed bed; all volumes of the window are in column volumes."""
