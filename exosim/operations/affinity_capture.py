"""Affinity capture: a ligand on a bed binds the vesicles that show its target; what it binds is eluted.

Model: of the vesicles only those with the target can bind, and of these those that meet a ligand in the contact time
and find room (:mod:`exosim.physics.capture`); of what is bound a fraction is eluted. The marker of the ligand decides
which vesicles a process makes: the others are lost whatever the bed. A lot that exceeds one load is run in cycles of
equal loads, up to a largest number; what is too much then breaks through. Low pH, salt or removal of calcium may cost
potency without costing vesicles. Protein falls by a log reduction; of other particles a fraction binds non-specifically
and is eluted too. The ligand lasts for a number of cycles, and each lot uses up its part of the bed.

Presets (`ligand = "tim4"`): Tim4 (phosphatidylserine with calcium, eluted by a chelator), antibodies to tetraspanins
(CD9, CD63, CD81; low pH), heparin (salt).

Assumptions: the target does not depend on size; the eluate is neutralized in the pool; cells and debris stay on the
frit, so that the feed should be clear.

Typical failure modes: leaching or fouling of the ligand, a clogged frit, an elution that is not neutralized in time.

Validity: a clarified feed; ligand far from saturated by protein; capacity as measured with vesicles, not with protein.

Sources: Nakai et al. 2016 (Tim4), Balaj et al. 2015 and Barnes et al. 2022 (heparin).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, one_where, total
from exosim.operations.base import ClosedForm, MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter
from exosim.physics import adsorption, capture
from exosim.vocabulary import SMALL_MOLECULES

_MINUTES = 60.0  # in an hour
_MILLILITERS = 1e3  # in a liter


@dataclass(frozen=True, kw_only=True)
class AffinityCapture(MeasuredRecovery):
    """Bind and elute on a bed with a ligand for vesicles."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"positive_fraction", "binding_rate", "eluted"})
    sized_by: ClassVar[str | None] = "column_volume"
    grows: ClassVar[tuple[str, ...]] = ("column_volume",)

    column_volume: Array = parameter(
        0.1, "L", low=0.0001, high=20, doc="volume of the bed", critical=True, decided=True
    )
    positive_fraction: Array = parameter(
        0.6, "1", low=0.3, high=0.8, doc="fraction of the vesicles that shows the target", source="general_knowledge"
    )
    binding_rate: Array = parameter(
        0.5, "1/min", low=0.05, high=5, doc="association constant times ligand density, k_on L", critical=True
    )
    residence_time: Array = parameter(
        6.0, "min", low=0.5, high=60, doc="time in the bed while loading", critical=True, decided=True
    )
    vesicle_capacity: Array = parameter(
        1e11,
        "EV/mL",
        low=1e10,
        high=1e12,
        doc="vesicles that a milliliter of bed binds dynamically",
        source="general_knowledge",
        critical=True,
    )
    safety: Array = parameter(
        0.8,
        "1",
        low=0.3,
        high=1.0,
        doc="share of the capacity that a load may take",
        source="general_knowledge",
        decided=True,
    )
    most_cycles: float = parameter(
        5, "1", low=1, high=100, whole=True, planned=True, doc="cycles that a lot may take; what is more breaks through"
    )
    eluted: Array = parameter(
        0.8,
        "1",
        low=0.5,
        high=0.9,
        doc="fraction of the bound vesicles that is eluted",
        source="general_knowledge",
        recovery=True,
    )
    potency_kept: Array = parameter(
        0.95, "1", low=0.5, high=1.0, doc="fraction of the potency of a vesicle that binding and elution leave"
    )
    protein_removal: Array = parameter(
        2.7,
        "log",
        low=2.0,
        high=3.5,
        doc="log reduction of protein and all else that is dissolved",
        source="general_knowledge",
    )
    dna_removal: Array = parameter(2.0, "log", low=0.5, high=3.5, doc="log reduction of free DNA")
    particles_bound: Array = parameter(
        0.02, "1", low=0.001, high=0.2, doc="fraction of non-vesicular particles that is bound and eluted"
    )
    lipoproteins_bound: Array = parameter(
        0.02, "1", low=0.001, high=0.8, doc="fraction of the lipoproteins that is bound and eluted"
    )
    wash_volume: Array = parameter(
        6.0, "CV", low=2, high=30, doc="wash of one cycle", source="general_knowledge", decided=True
    )
    elution_volume: Array = parameter(
        3.0, "CV", low=1, high=10, doc="pool of one cycle", source="general_knowledge", decided=True
    )
    regeneration_volume: Array = parameter(
        8.0,
        "CV",
        low=2,
        high=20,
        doc="regeneration and equilibration of one cycle",
        source="general_knowledge",
        decided=True,
    )
    buffer_salt: Array = parameter(
        0.15,
        "mol/L",
        low=0.0,
        high=0.5,
        doc="salt of the wash and of the equilibration",
        source="pbs_recipe",
        grade="B",
        decided=True,
    )
    elution_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=2.5, doc="salt of the elution buffer, neutralized", decided=True
    )
    lifetime: Array = parameter(
        50.0, "1", low=1, high=200, minimum=1.0, doc="cycles that a bed lasts; 1 for beads that are thrown away"
    )
    preparation: Array = parameter(1.0, "h", low=0.25, high=4, doc="time to equilibrate, to sanitize and to neutralize")

    def transform(self, feed: Material) -> Outcome:
        """Return the pool of all cycles."""
        bindable = self._bindable(feed)
        room = self.vesicle_capacity * self.column_volume * _MILLILITERS
        cycles = adsorption.cycles_needed(bindable / room, self.safety, self.most_cycles)
        fits = capture.within_capacity(bindable, room * cycles)
        eluate, passed = feed.separate(self._kept())
        product, losses = self.take_vesicles("measured loss", self._mechanism(fits), eluate)
        product, faded = product.separate({"potency": self.potency_kept})
        losses["loss of potency"] = faded
        pooled = self.elution_volume * self.column_volume * cycles
        others = (self.wash_volume + self.regeneration_volume) * self.column_volume * cycles
        salt, eluting = self.buffer_salt * others, self.elution_salt * pooled
        losses["flow-through and wash"] = passed.replaced(volume=feed.volume + others, salt=feed.salt + salt)
        liquid = pooled + others
        return Outcome(
            product.replaced(volume=pooled, salt=eluting),
            added=Material(volume=liquid, salt=salt + eluting),
            losses=losses,
            phases=self._phases(feed.volume, cycles),
            consumption={"buffer": liquid, "affinity_resin": self.column_volume * cycles / self.lifetime},
            monitors={"cycles": cycles, "share_of_capacity": bindable * fits / (cycles * room)},
            limits=self._limits(bindable, room * cycles),
        )

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return the loss of vesicles without the target."""
        if self.ev_recovery is not None:
            return {}
        about, channel = "share of the vesicles that does not show the target", "without the target"
        return {"without": ClosedForm("1 - positive_fraction", "1", about, channel=channel, of_vesicles=True)}

    def _bindable(self, feed: Material) -> Array:
        """Return the vesicles that an endless bed would bind; with a measured recovery, those that are recovered."""
        share = self.positive_fraction * self._met() if self.ev_recovery is None else self.ev_recovery
        return total(feed.vesicles) * share

    def _met(self) -> Array:
        return capture.bound_in_time(self.binding_rate * _MINUTES, self.residence_time / _MINUTES)

    def _mechanism(self, fits: Array) -> dict[str, Array]:
        """Return the fraction of the vesicles kept by each loss, in order."""
        return {
            "without the target": self.positive_fraction,
            "not bound in time": self._met(),
            "breakthrough": fits,
            "not eluted": self.eluted,
        }

    def _kept(self) -> dict[str, Array]:
        """Return the fractions that reach the pool of all but vesicles; its liquid and salt are those of buffers."""
        dissolved = 10.0**-self.protein_removal
        names = ("protein", "nuclease", "endotoxin", "free_cargo", "polymer")
        return {
            "nonvesicular": self.particles_bound,
            "lipoproteins": self.lipoproteins_bound,
            "aggregated_cargo": self.particles_bound,
            **dict.fromkeys(names, dissolved),
            "free_dna": 10.0**-self.dna_removal,
            **dict.fromkeys(("volume", "salt", "debris", "viable_cells", "dead_cells", *SMALL_MOLECULES), 0.0),
        }

    def _phases(self, loaded: Array, cycles: Array) -> tuple[Phase, ...]:
        hours = self.residence_time / _MINUTES
        return (
            Phase("prepare", self.preparation),
            Phase("load", loaded / self.column_volume * hours),
            Phase("wash", cycles * self.wash_volume * hours),
            Phase("elute", cycles * self.elution_volume * hours),
            Phase("regenerate", cycles * self.regeneration_volume * hours),
        )

    def _limits(self, bindable: Array, room: Array) -> dict[str, Array]:
        return {"load above the capacity of the ligand: vesicles break through": one_where(np.greater(bindable, room))}
