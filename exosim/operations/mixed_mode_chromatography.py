"""Mixed-mode chromatography: size exclusion over a layer that catches lipoproteins, and with core beads small protein.

Model: the bed is that of size-exclusion chromatography, and what reaches its pool passes a layer at the bottom of the
same column. A cation exchanger there catches lipoproteins, whose apolipoprotein B is positively charged and whose size
would take them along with the vesicles; beads with a binding core, mixed into the layer, catch small protein
(:mod:`exosim.physics.core_beads`). The exchanger alone is dual mode, with beads tri mode. Both catch with the
breakthrough of a finite capacity, and both take some of the vesicles with them. The layer is cleaned or replaced
between cycles.

Assumptions: the layer neither widens the peaks nor moves the window; all countable lipoproteins carry apolipoprotein B;
the exchanger lets protein pass, so that vesicles per albumin fall with the vesicles in dual mode, where they were seen
to stay as they are.

Validity: as size exclusion; recoveries of vesicles relative to size exclusion are read off published ratios, with wide
ranges. Failure modes: an exhausted layer, salt above that of plasma (the exchanger lets go), those of size exclusion.

Sources: Van Deun et al. 2020 (dual mode); Ter-Ovanesyan et al. 2023 (tri mode).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.exclusion_column import ExclusionColumn
from exosim.material import Material, one_where, total
from exosim.operations.base import NOTHING, Outcome, log_reduction, without_vesicles
from exosim.parameter import Array, parameter
from exosim.physics import breakthrough, core_beads

_BEADS = frozenset({"bead_recovery", "shell_cutoff", "bead_capacity", "albumin_removal"})
_CAUGHT = "caught in the layer"


@dataclass(frozen=True, kw_only=True)
class MixedModeChromatography(ExclusionColumn):
    """Size exclusion over a cation exchanger (dual mode), with core beads in it (tri mode)."""

    mechanism: ClassVar[frozenset[str]] = ExclusionColumn.mechanism | {
        "exchanger_recovery",
        "bead_recovery",
    }

    layer_fraction: Array = parameter(
        0.2,
        "1",
        low=0.05,
        high=0.5,
        minimum=0.01,
        doc="volume of the layer over that of the column: 2 mL under 10 mL",
        source="terovanesyan2023",
        grade="B",
        decided=True,
    )
    core_bead_share: float = parameter(
        0.0,
        "1",
        low=0.0,
        high=0.7,
        planned=True,
        doc="volume of core beads over that of the layer; 0 is dual mode, 0.33 tri mode",
        source="terovanesyan2023",
        grade="B",
    )
    lipoprotein_capture: Array = parameter(
        0.99,
        "1",
        low=0.9,
        high=0.999,
        doc="share of the lipoproteins that a fresh layer catches",
        source="vandeun2020",
        grade="A",
    )
    lipoprotein_capacity: Array = parameter(
        1e14, "particle/mL", low=1e12, high=1e16, doc="lipoproteins that the cation exchanger holds"
    )
    exchanger_recovery: Array = parameter(
        0.6,
        "1",
        low=0.4,
        high=0.9,
        doc="fraction of the vesicles that passes the cation exchanger",
        source="terovanesyan2023",
        recovery=True,
    )
    bead_recovery: Array = parameter(
        0.83,
        "1",
        low=0.6,
        high=0.95,
        doc="fraction of those that passes the core beads; with 0.6 together 0.5",
        source="terovanesyan2023",
        recovery=True,
    )
    shell_cutoff: Array = parameter(
        17.0,
        "nm",
        low=10,
        high=25,
        doc="hydrodynamic diameter that the shell of the beads keeps out; 17 for 700 kDa",
        source="general_knowledge",
    )
    bead_capacity: Array = parameter(
        13.0,
        "mg/mL",
        low=10,
        high=15,
        doc="protein that the beads hold",
        source="vendor_data_sheets",
        grade="B",
    )
    albumin_removal: Array = parameter(
        1.7,
        "log",
        low=1.0,
        high=2.5,
        doc="log10 reduction of albumin by fresh beads in a residence time of 4 min",
        source="corso2017",
    )

    def transform(self, feed: Material) -> Outcome:
        """Return what passes the layer."""
        eluted = super().transform(feed)
        layer = self.layer_fraction * self.column_volume * self.columns * eluted.monitors["cycles"] * 1e3
        kept, limits = self._exchanged(eluted.product, layer)
        if self.core_bead_share > 0.0:
            caught, full = self._on_beads(eluted.product, layer)
            kept, limits = {**kept, **caught}, {**limits, **full}
        product, held = eluted.product.separate(kept)
        losses = {**eluted.losses, _CAUGHT: held}
        if self.ev_recovery is None:
            for channel, factor in self._vesicles_passing().items():
                product, losses[channel] = without_vesicles(factor, product)
        resin = np.asarray(eluted.consumption["resin"]) * (1.0 + self.layer_fraction)
        return dataclasses.replace(
            eluted,
            product=product,
            losses=losses,
            consumption={**eluted.consumption, "resin": resin},
            monitors={
                **eluted.monitors,
                "lipoprotein_log_reduction": log_reduction(feed.lipoproteins, product.lipoproteins),
                "protein_log_reduction": log_reduction(feed.protein, product.protein),
            },
            limits={**eluted.limits, **limits},
        )

    def unused(self) -> frozenset[str]:
        """Return what does not matter: a replaced mechanism, and the beads where there are none."""
        return super().unused() | (_BEADS if self.core_bead_share == 0.0 else frozenset())

    def _vesicles_passing(self) -> dict[str, Array]:
        passing = {"cation exchanger": self.exchanger_recovery}
        return {**passing, "core beads": self.bead_recovery} if self.core_bead_share > 0.0 else passing

    def _exchanged(self, pool: Material, layer: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the fraction of the lipoproteins that the exchanger lets through, and its limit."""
        capacity = self.lipoprotein_capacity * (1.0 - self.core_bead_share) * layer
        load = total(pool.lipoproteins) / capacity
        passed = breakthrough.passed_share(load, -np.log1p(-np.asarray(self.lipoprotein_capture)))
        return {"lipoproteins": passed}, {"lipoproteins above the capacity of the layer": one_where(load > 1.0)}

    def _on_beads(self, pool: Material, layer: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the fractions of protein and of other small solutes that the beads let through, and their limit."""
        context = self.context
        held = np.maximum(self.bead_capacity * 1e3 * self.core_bead_share * layer, NOTHING)
        load = core_beads.entering(pool.protein, context.protein_diameters, self.shell_cutoff) / held
        residence = 60.0 * self.layer_fraction * self.core_bead_share / self.flow
        units = core_beads.reference_units(self.albumin_removal, residence)
        diameters = {
            "protein": context.protein_diameters,
            "nuclease": context.nuclease_diameter,
            "free_cargo": context.free_cargo_diameter,
        }
        passed = {
            name: core_beads.passing(diameter, context.protein_diameters[1], self.shell_cutoff, units, load)
            for name, diameter in diameters.items()
        }
        return passed, {"protein above the capacity of the layer": one_where(load > 1.0)}
