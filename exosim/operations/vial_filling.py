"""Filling into vials: dilution to the target content, line loss, overfill, rejects.

Model: with a target content the bulk is diluted to it, never concentrated; whole vials only. Vesicles count as filled
when they can be withdrawn: the overfill that stays in the vial is a loss. Retained vials are accepted product that no
dose is made of.

Content is counted like the dose of the product: in true vesicles, or as the named instrument counts particles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exosim.material import Material, total
from exosim.operations.base import NOTHING, Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter
from exosim.physics.detection import counted_particles


@dataclass(frozen=True, kw_only=True)
class VialFilling(UnitOperation):
    """Filling of a bulk into vials."""

    fill_volume: Array = parameter(1.0, "mL/vial", low=0.1, high=100, doc="volume that can be withdrawn from a vial")
    target_content: Array | None = parameter(
        None,
        "EV/vial",
        low=1e6,
        high=1e14,
        doc="content of a vial, in the unit of the dose (EV or particle); none: the bulk is filled as it is",
        critical=True,
    )
    overfill: Array = parameter(0.05, "1", low=0.0, high=0.2, doc="overfill over the fill volume")
    line_loss: Array = parameter(5.0, "mL", low=0.0, high=1000, doc="volume lost in the line and in priming")
    reject_fraction: Array = parameter(0.015, "1", low=0.0, high=0.1, doc="vials rejected at inspection")
    retained: Array = parameter(
        40.0, "vial", low=0, high=200, whole=True, doc="vials for QC, stability and retain", source="general_knowledge"
    )
    rate: Array = parameter(150.0, "vial/h", low=60, high=20000, doc="filling rate", source="general_knowledge")
    diluent_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.3, doc="salt of the diluent", source="general_knowledge"
    )
    preparation: Array = parameter(1.0, "h", low=0.25, high=8, doc="time to set up and to clear the line")

    def transform(self, feed: Material) -> Outcome:
        """Return what can be withdrawn from the accepted vials."""
        diluent = self._diluent(feed)
        bulk = feed + diluent
        volume = np.maximum(bulk.volume, NOTHING)
        per_vial = self.fill_volume * 1e-3
        usable = np.maximum(bulk.volume - self.line_loss * 1e-3, 0.0)
        filled = np.floor(usable / (per_vial * (1.0 + self.overfill)) + 1e-9)
        accepted = np.floor(filled * (1.0 - self.reject_fraction) + 1e-9)
        in_vial = np.minimum(per_vial * (1.0 + self.overfill), usable / np.maximum(filled, 1.0))
        withdrawn = in_vial / (1.0 + self.overfill)
        product = bulk.portion(accepted * withdrawn / volume)
        losses = {
            "rejected vials": bulk.portion((filled - accepted) * in_vial / volume),
            "overfill": bulk.portion(accepted * withdrawn * self.overfill / volume),
        }
        left = 1.0 - filled * in_vial / volume
        losses["line and heel"] = bulk.portion(np.maximum(left, 0.0))
        content = self._content(product) / np.maximum(accepted, 1.0)
        return Outcome(
            product,
            added=diluent,
            losses=losses,
            phases=(Phase("prepare", self.preparation), Phase("fill", filled / self.rate)),
            consumption={"vial": filled, "buffer": diluent.volume},
            monitors={"vials": filled, "accepted": accepted, "retained": self._kept_back(accepted), "content": content},
            limits=self._limits(feed),
        )

    def unused(self) -> frozenset[str]:
        """Return what matters for a dilution only, when there is none."""
        return frozenset({"diluent_salt"} if self.target_content is None else ())

    def _content(self, material: Material) -> Array:
        """Return what the dose counts: true vesicles, or particles as the instrument sees them."""
        if not self.context.dose_in_particles:
            return total(material.vesicles)
        return counted_particles(material, self.context.sizes, self.context.counter)

    def _diluent(self, feed: Material) -> Material:
        if self.target_content is None:
            return Material()
        wanted = self._content(feed) / self.target_content * self.fill_volume * 1e-3
        volume = np.maximum(wanted - feed.volume, 0.0)
        return Material(volume=volume, salt=self.diluent_salt * volume)

    def _kept_back(self, accepted: Array) -> Array:
        return np.asarray(np.minimum(self.retained, accepted))

    def _limits(self, feed: Material) -> dict[str, Array]:
        if self.target_content is None:
            return {}
        reached = self._content(feed) / (np.maximum(feed.volume, NOTHING) * 1e3) * self.fill_volume
        short = np.asarray(reached < self.target_content * (1.0 - 1e-9), dtype=np.float64)
        return {"bulk below the target content: vials hold less": short}
