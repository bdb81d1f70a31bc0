"""Lyophilization: the product is frozen, dried under vacuum, and reconstituted with water before use.

Model: of the vesicles a fraction is recovered in the presence of enough disaccharide, and a share of that fraction
without any; in between the share rises in proportion to the disaccharide. All water but the residual moisture of the
cake leaves; the cake is salt, disaccharide and soluble protein. Water is added until the volume is what is wanted, so
that salt is diluted or concentrated by it. Potency can fall besides the number.

Assumptions: vesicles of all sizes are lost alike; nothing else that is dissolved or suspended is lost; disaccharide has
no other effect; moisture changes the water of the cake and nothing else, and what it does in storage belongs to the
storage step.

Validity: before or after `vial_filling`, since recoveries multiply in any order: vials travel with the material.
Particle counts with trehalose or sucrose in buffers that can be dried. Salt alone collapses. The recovery is known from
few studies, the share without disaccharide is a guess: vesicles survive drying as they are, better with cryoprotectants
(Frank et al. 2018).

Failures to think of: loss of vacuum, a shelf above the collapse temperature, a stopper that leaks.

Sources: Frank et al. 2018; Charoenviriyakul et al. 2018; a chapter on residual moisture (Drugs and the Pharmaceutical
Sciences).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, one_where, plus, total
from exosim.operations.base import NOTHING, ClosedForm, MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter

_DISACCHARIDE = 342.3e-3  # g/mmol, without water
_SALT = 58.44  # g/mol
_MOIST, _HYPERTONIC = 0.03, 0.3  # residual moisture; mol/L of salt


@dataclass(frozen=True, kw_only=True)
class Lyophilization(MeasuredRecovery):
    """Freeze-drying and reconstitution."""

    in_vials: ClassVar[bool] = True
    mechanism: ClassVar[frozenset[str]] = frozenset({"vesicle_recovery", "unprotected", "enough"})

    vesicle_recovery: Array = parameter(
        0.8,
        "1",
        low=0.6,
        high=0.95,
        recovery=True,
        doc="fraction of the vesicles recovered with enough disaccharide",
        source="frank2018",
        critical=True,
    )
    unprotected: Array = parameter(
        0.5, "1", low=0.1, high=1.0, doc="share of them that is recovered without any disaccharide"
    )
    disaccharide: Array = parameter(
        50.0,
        "mmol/L",
        low=0.0,
        high=300,
        doc="trehalose or sucrose at freezing",
        source="charoenviriyakul2018",
        critical=True,
        decided=True,
    )
    enough: Array = parameter(25.0, "mmol/L", low=5, high=150, doc="disaccharide that protects as well as any more")
    formulated: float = parameter(
        0,
        "1",
        low=0,
        high=1,
        whole=True,
        planned=True,
        maximum=1,
        doc="1: an earlier step has added the disaccharide; 0: it is added here",
    )
    residual_moisture: Array = parameter(
        0.02, "1", low=0.005, high=0.05, doc="water of the dried cake by mass", source="residual_moisture", grade="A"
    )
    reconstituted: Array = parameter(
        1.0, "1", low=0.1, high=5, doc="volume after reconstitution over volume before drying", decided=True
    )
    potency_kept: Array = parameter(
        1.0, "1", low=0.0, high=1.0, doc="potency of a vesicle after drying over that before"
    )
    cycle_time: Array = parameter(
        60.0, "h", low=36, high=96, doc="freezing, primary and secondary drying", source="general_knowledge"
    )
    loading_time: Array = parameter(2.0, "h", low=0.25, high=12, doc="time to load and to unload the shelves")
    reconstitution_time: Array = parameter(0.25, "h", low=0.02, high=4, doc="time to dissolve the cake")

    def transform(self, feed: Material) -> Outcome:
        """Return the reconstituted product."""
        product, losses = self.take_vesicles("measured loss", {"freezing and drying": self._recovered()}, feed)
        product, losses["loss of potency"] = product.separate({"potency": self.potency_kept})
        sugar = self.disaccharide * feed.volume * _DISACCHARIDE
        cake = feed.salt * _SALT + sugar + total(feed.protein) * 1e-6
        moisture = np.minimum(cake * self.residual_moisture / (1.0 - self.residual_moisture) * 1e-3, feed.volume)
        water = np.maximum(self.reconstituted * feed.volume - moisture, 0.0)
        losses["water vapor"] = Material(volume=feed.volume - moisture)
        volume = moisture + water
        return Outcome(
            product.replaced(volume=volume),
            added=Material(volume=water),
            losses=losses,
            phases=(
                Phase("load", self.loading_time),
                Phase("freeze and dry", self.cycle_time, attended=False),
                Phase("reconstitute", self.reconstitution_time),
            ),
            consumption={"water_for_injection": water, "trehalose": (1.0 - self.formulated) * sugar},
            monitors={"cake": cake, "residual_moisture": np.asarray(self.residual_moisture)},
            limits=self._limits(feed.salt / np.maximum(volume, NOTHING)),
        )

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return which share of the vesicles drying takes."""
        if self.ev_recovery is not None:
            return {}
        kept = "vesicle_recovery * (unprotected + (1 - unprotected) * min(disaccharide / enough, 1))"
        return {
            "kept": ClosedForm(kept, "1", "vesicles that survive drying"),
            "share_dried": ClosedForm(
                "1 - kept", "1", "lost in freezing and drying", "", "freezing and drying", of_vesicles=True
            ),
        }

    def _recovered(self) -> Array:
        protected = np.minimum(self.disaccharide / self.enough, 1.0)
        return self.vesicle_recovery * plus(self.unprotected, (1.0 - self.unprotected) * protected)

    def _limits(self, salt: Array) -> dict[str, Array]:
        found = {
            "residual moisture above 3 %": one_where(np.greater(self.residual_moisture, _MOIST)),
            "salt above 0.3 mol/L after reconstitution": one_where(np.greater(salt, _HYPERTONIC)),
        }
        if self.ev_recovery is None:
            found["too little disaccharide to protect"] = one_where(np.less(self.disaccharide, self.enough))
        return found
