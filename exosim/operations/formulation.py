"""Formulation: dilution to a target concentration, and excipients.

Model: buffer is added until the product has the target concentration of vesicles, or of particles as the instrument of
the product counts them, or by a fixed factor; nothing is ever concentrated, so that a feed that is thinner than the
target stays as it is. Excipients are dissolved in the final volume; a fraction of everything stays in the vessel.

Assumptions: excipients take no volume. Albumin is protein: it is in the product from here on, and a purity per protein
is to be looked at before this step. Sugars change nothing here; what they protect is a parameter of the storage.

Sources: Bosch et al. 2016 (trehalose).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from exosim.material import Material, one_where
from exosim.operations.base import NOTHING, Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter
from exosim.vocabulary import PROTEIN_POOLS, DoseKind

_TREHALOSE = 342.3e-3  # g/mmol, without water
_ALBUMIN = one_where([[pool == "albumin"] for pool in PROTEIN_POOLS])


@dataclass(frozen=True, kw_only=True)
class Formulation(UnitOperation):
    """Buffer and excipients added to a purified product."""

    target: Array | None = parameter(
        None,
        "EV/mL",
        low=1e7,
        high=1e13,
        doc="concentration of true vesicles after dilution; none: a fixed dilution",
        critical=True,
    )
    counted_target: Array | None = parameter(
        None,
        "particle/mL",
        low=1e7,
        high=1e13,
        doc="concentration of particles as the instrument of the product counts them; in place of the target",
        critical=True,
    )
    dilution: Array = parameter(
        1.0, "1", low=1, high=20, minimum=1.0, doc="volume after over volume before, without a target"
    )
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.3, doc="salt of the buffer", source="general_knowledge"
    )
    trehalose: Array = parameter(25.0, "mmol/L", low=0.0, high=300, doc="trehalose in the product", source="bosch2016")
    albumin: Array = parameter(
        0.0,
        "mg/mL",
        low=0.0,
        high=10,
        doc="human albumin added to the product; 2 mg/mL in albumin-trehalose buffers",
        source="goergens2022",
    )
    vessel_loss: Array = parameter(0.01, "1", low=0.0, high=0.1, doc="fraction of everything that stays in the vessel")
    preparation: Array = parameter(1.0, "h", low=0.1, high=8, doc="time to prepare buffer and excipients")
    mixing_time: Array = parameter(0.5, "h", low=0.05, high=4, doc="time to add and to mix")

    def transform(self, feed: Material) -> Outcome:
        """Return the formulated product."""
        buffer = np.maximum(self._volume(feed) - feed.volume, 0.0)
        volume = feed.volume + buffer
        albumin = self.albumin * volume * 1e6  # ug
        added = Material(volume=buffer, salt=self.buffer_salt * buffer, protein=_ALBUMIN * albumin)
        product, left = (feed + added).separate({}, otherwise=1.0 - self.vessel_loss)
        return Outcome(
            product,
            added=added,
            losses={"vessel": left},
            phases=(Phase("prepare", self.preparation), Phase("mix", self.mixing_time)),
            consumption={
                "buffer": buffer,
                "trehalose": self.trehalose * _TREHALOSE * volume,
                "human_albumin": albumin * 1e-6,
            },
            monitors={"dilution": volume / np.maximum(feed.volume, NOTHING)},
            limits=self._limits(feed),
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield that there are two targets."""
        if self.target is not None and self.counted_target is not None:
            yield "counted_target", "give one target, in EV/mL or in particle/mL"

    def unused(self) -> frozenset[str]:
        """Return the dilution beside a target."""
        return frozenset() if self._goal() is None else frozenset({"dilution"})

    def _goal(self) -> tuple[Array, DoseKind] | None:
        """Return the target with what it counts."""
        if self.target is not None:
            return self.target, "EV"
        return None if self.counted_target is None else (self.counted_target, "particle")

    def _volume(self, feed: Material) -> Array:
        """Return the volume that is wanted [L], which may be less than there is."""
        goal = self._goal()
        if goal is None:
            return feed.volume * self.dilution
        target, kind = goal
        return self.context.dose_content(feed, kind) / target * 1e-3

    def _limits(self, feed: Material) -> dict[str, Array]:
        if self._goal() is None:
            return {}
        thin = np.less(self._volume(feed), np.asarray(feed.volume) * (1.0 - 1e-9))
        return {"feed below the target concentration: not diluted": one_where(thin)}
