"""What a culture needs to know of its medium: what it feeds the cells with, and what it brings along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from exosim.culture.release import Release
from exosim.material import Material, is_number, plus, times
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class Medium(Release):
    """The medium of the collection; serum or platelet lysate brings particles and protein of its own."""

    medium_glucose: Array = parameter(
        5.5, "mmol/L", low=4, high=60, doc="glucose of the fresh medium: 5.5 in low, 25 in high glucose medium",
        source="general_knowledge", critical=True,
    )  # fmt: skip
    medium_particles: Array = parameter(
        3e7, "particle/mL", low=1e6, high=3e12, doc="particles that the collection medium brings along"
    )
    medium_protein: Array = parameter(
        0.0, "ug/mL", low=0.0, high=6000, doc="protein that the collection medium brings along"
    )
    medium_salt: Array = parameter(
        0.15, "mol/L", low=0.1, high=0.2, doc="salt of the medium", source="general_knowledge"
    )
    supplement: Array = parameter(
        0.0, "1", low=0.0, high=0.2, doc="volume fraction of serum or platelet lysate in the collection medium"
    )
    supplement_particles: Array = parameter(
        2e11, "particle/mL", low=1e10, high=3e12, doc="particles of undiluted serum: 2e11, of platelet lysate: 5e11",
        source="general_knowledge",
    )  # fmt: skip
    supplement_protein: Array = parameter(
        4e4, "ug/mL", low=3e4, high=7e4, doc="protein of undiluted serum: 4e4, of platelet lysate: 6e4",
        source="general_knowledge",
    )  # fmt: skip
    supplement_depletion: Array = parameter(
        0.0, "1", low=0.0, high=0.99, doc="fraction of the particles of the supplement removed beforehand",
        source="shelke2014",
    )  # fmt: skip
    growth_supplement: Array = parameter(
        0.1, "1", low=0.0, high=0.2, doc="volume fraction of serum or platelet lysate in the growth medium"
    )
    carryover: Array = parameter(
        0.0, "1", low=0.0, high=0.2, doc="fraction of the growth medium that the change of medium leaves behind"
    )

    @cached_property
    def background(self) -> tuple[Array, Array]:
        """Particles and protein of a milliliter of fresh collection medium."""
        particles = times(times(self.supplement, self.supplement_particles), 1.0 - self.supplement_depletion)
        return plus(self.medium_particles, particles), plus(
            self.medium_protein, times(self.supplement, self.supplement_protein)
        )

    def fresh_medium(self, liters: Array) -> Material:
        """Return fresh collection medium."""
        particles, protein = self.background
        return Material(
            volume=liters,
            nonvesicular=times(self.particle_shares, particles * liters * 1e3),
            protein=times(self.protein_shares, times(liters, protein) * 1e3),
            salt=self.medium_salt * liters,
            glucose=times(self.fresh_glucose, liters),
        )

    def growth_medium(self, liters: Array) -> Material:
        """Return fresh growth medium; of what it brings along only that of its supplement is followed."""
        plain = Material(volume=liters, glucose=times(self.fresh_glucose, liters))
        if is_number(self.carryover, 0.0):
            return plain
        milliliters = times(self.growth_supplement, liters) * 1e3
        return plain.replaced(
            nonvesicular=times(self.particle_shares, self.supplement_particles * milliliters),
            protein=times(self.protein_shares, self.supplement_protein * milliliters),
        )

    @property
    def fresh_glucose(self) -> Array:
        """Glucose of fresh medium, where it is followed [mmol/L]."""
        return 0.0 if is_number(self.glucose_uptake, 0.0) else self.medium_glucose
