"""Nuclease treatment: free DNA is digested before it fouls membranes or binds vesicles.

Model: first-order digestion slowed by salt (:mod:`exosim.physics.digestion`). DNA bound to vesicles is shielded. Part
of the vesicles is lost to surfaces during the warm hold. The enzyme stays in the product until it is filtered out.

Validity: magnesium 2 mM, 37 degC; place before tangential flow filtration, so that fragments and enzyme are washed
out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material
from exosim.operations.base import NOTHING, MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter
from exosim.physics import digestion


@dataclass(frozen=True, kw_only=True)
class NucleaseTreatment(MeasuredRecovery):
    """Digestion of free DNA by a nuclease."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"hold_loss"})

    activity: Array = parameter(
        50.0,
        "U/mL",
        low=20,
        high=100,
        doc="nuclease activity",
        source="howe2024",
        grade="A",
        critical=True,
        decided=True,
    )
    treatment_time: Array = parameter(
        1.0, "h", low=0.5, high=16, doc="time at 37 degC", source="general_knowledge", critical=True, decided=True
    )
    digestion_rate: Array = parameter(
        4.6,
        "1/h",
        low=2.3,
        high=6.9,
        doc="digestion constant at 50 U/mL without salt, from 2 log in an hour",
        source="general_knowledge",
    )
    half_salt: Array = parameter(
        0.15, "mol/L", low=0.1, high=0.25, doc="salt that halves the activity", source="general_knowledge"
    )
    hold_loss: Array = parameter(
        0.02, "1", low=0.0, high=0.07, doc="fraction of the vesicles lost in the warm hold", source="general_knowledge"
    )
    preparation: Array = parameter(0.5, "h", low=0.1, high=4, doc="time to add enzyme and magnesium")

    def transform(self, feed: Material) -> Outcome:
        """Return the treated material."""
        concentration = feed.salt / np.maximum(feed.volume, NOTHING)
        left = digestion.remaining_dna(
            self.digestion_rate, self.activity, concentration, self.half_salt, self.treatment_time
        )
        digested, gone = feed.separate({"free_dna": left})
        product, losses = self.take_vesicles("measured loss", {"warm hold": 1.0 - self.hold_loss}, digested)
        enzyme = Material(nuclease=self.activity * feed.volume * 1e3)
        return Outcome(
            product + enzyme,
            added=enzyme,
            losses={"digestion": gone, **losses},
            phases=(Phase("prepare", self.preparation), Phase("digest", self.treatment_time, attended=False)),
            consumption={"nuclease": enzyme.nuclease},
            monitors={"dna_log_reduction": np.asarray(-np.log10(np.maximum(left, NOTHING)))},
        )
