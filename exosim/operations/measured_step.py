"""A step known by its measured figures only: recovery, volume ratio, removal of impurities, duration.

Model: none. For users who start from their own numbers. The recovery counts true vesicles; a recovery measured with a
particle counter also counts what the step does to other particles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class MeasuredStep(UnitOperation):
    """Any unit operation, by its measured recoveries."""

    in_vials: ClassVar[bool] = True

    ev_recovery: Array = parameter(
        0.8, "1", low=0.01, high=1.0, recovery=True, doc="fraction of the vesicles recovered", critical=True
    )
    volume_ratio: Array = parameter(1.0, "1", low=0.001, high=100, doc="volume after over volume before")
    particle_recovery: Array | None = parameter(
        None, "1", low=0.0, high=1.0, doc="fraction of other particles recovered; none: as the vesicles"
    )
    protein_removal: Array = parameter(0.0, "log", low=0.0, high=6, doc="log reduction of soluble protein")
    dna_removal: Array = parameter(0.0, "log", low=0.0, high=6, doc="log reduction of free DNA")
    debris_removal: Array = parameter(0.0, "log", low=0.0, high=9, doc="log reduction of debris and cells")
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=1.0, doc="salt of the product", source="general_knowledge"
    )
    step_time: Array = parameter(4.0, "h", low=0.0, high=240, doc="duration of the step")

    def transform(self, feed: Material) -> Outcome:
        """Return what the measured figures leave."""
        particles = self.ev_recovery if self.particle_recovery is None else self.particle_recovery
        solids = 10.0**-self.debris_removal
        kept = {
            **self.vesicles_kept(self.ev_recovery, feed),
            "volume": 1.0,
            "nonvesicular": particles,
            "lipoproteins": particles,
            "protein": 10.0**-self.protein_removal,
            "free_dna": 10.0**-self.dna_removal,
            "debris": solids,
            "viable_cells": solids,
            "dead_cells": solids,
        }
        product, lost = feed.separate(kept)
        volume = feed.volume * self.volume_ratio
        change = volume - feed.volume
        gained, waste = np.maximum(change, 0.0), np.maximum(-change, 0.0)
        salt = self.buffer_salt * volume
        buffer = Material(volume=gained, salt=salt)
        return Outcome(
            product.replaced(volume=volume, salt=salt),
            added=buffer,
            losses={"measured loss": lost.replaced(volume=waste, salt=feed.salt)},
            phases=(Phase("step", self.step_time),),
            consumption={"buffer": gained},
        )
