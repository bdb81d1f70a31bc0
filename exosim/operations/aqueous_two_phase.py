"""Aqueous two-phase extraction: vesicles collect in a small bottom phase of dextran, protein stays in PEG above it.

Model: batch extraction (:mod:`exosim.physics.partition`). Two polymers are added, the phases settle, and the top phase
is drawn off; washes repeat it with a fresh top phase. Every species divides by its partition coefficient, particles the
more one-sidedly the larger they are; what is dissolved divides by a coefficient of its own. Vesicles at the interface
are drawn off with the top phase, a fraction in each round. The bottom phase is the product, with its polymer.

Assumptions: both phases keep their volumes and polymers through all rounds; the phases of a polymer in the feed are not
affected; salt, small molecules, nuclease, endotoxin and free cargo divide evenly; cells and debris go to the bottom.

Typical failure modes: a mixture too close to its critical point, which does not separate; an interface that is drawn
off; a feed whose salt or protein shifts the phases.

Validity: PEG of 20 to 35 kDa and dextran of 500 kDa at a few percent each; equilibrium after mixing. The product is
viscous and holds dextran: it needs a step that removes polymer.

Sources: Kirbas et al. 2019 (the method).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.material import Material, one_where, rounded_up, solution
from exosim.operations.base import NOTHING, MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import partition
from exosim.vocabulary import SMALL_MOLECULES


@dataclass(frozen=True, kw_only=True)
class AqueousTwoPhase(MeasuredRecovery):
    """Extraction into a phase of dextran under one of polyethylene glycol."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"vesicle_partition", "interface"})
    brings: ClassVar[frozenset[str]] = frozenset({"polymer"})
    sized_by: ClassVar[str | None] = "vessel_volume"
    grows: ClassVar[tuple[str, ...]] = ("vessel_volume",)

    phase_ratio: Array = parameter(
        9.0, "1", low=1, high=30, doc="volume of the top over that of the bottom phase", critical=True, decided=True
    )
    stock_ratio: Array = parameter(
        0.25, "1", low=0.02, high=1.0, doc="volume of the polymer stocks over that of the feed", decided=True
    )
    washes: float = parameter(
        1, "1", low=0, high=5, whole=True, planned=True, doc="rounds with a fresh top phase after the first"
    )
    vesicle_partition: Array = parameter(
        0.02,
        "1",
        low=0.002,
        high=0.2,
        doc="partition coefficient of 100 nm vesicles, concentration in the top over that in the bottom phase",
        critical=True,
    )
    particle_partition: Array = parameter(
        0.1, "1", low=0.01, high=0.9, doc="the same of 100 nm non-vesicular particles"
    )
    lipoprotein_partition: Array = parameter(0.1, "1", low=0.01, high=0.9, doc="the same of 100 nm lipoproteins")
    size_exponent: Array = parameter(
        1.0,
        "1",
        low=0.0,
        high=2.0,
        maximum=3.0,
        doc="power of the diameter in the logarithm of these coefficients; 2 where the surface decides",
    )
    protein_partition: Array = parameter(
        1.0, "1", low=0.3, high=3.0, maximum=100.0, doc="partition coefficient of dissolved protein"
    )
    dna_partition: Array = parameter(
        0.3, "1", low=0.01, high=3.0, maximum=100.0, doc="partition coefficient of free DNA"
    )
    interface: Array = parameter(
        0.03, "1", low=0.0, high=0.2, doc="fraction of the vesicles in the interface that is drawn off, in each round"
    )
    top_polymer: Array = parameter(
        40.0, "g/L", low=15, high=120, doc="polymer in the top phase, mostly PEG", decided=True
    )
    bottom_polymer: Array = parameter(
        100.0, "g/L", low=20, high=250, doc="polymer in the bottom phase, mostly dextran", decided=True
    )
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.5, doc="salt of stocks and fresh phases", source="pbs_recipe", grade="B",
        decided=True,
    )  # fmt: skip
    settling_time: Array = parameter(
        0.5,
        "h",
        low=0.25,
        high=24,
        doc="time in which the phases separate, in each round; at rest, or in a spin at low speed",
        source="general_knowledge",
        decided=True,
    )
    handling_time: Array = parameter(0.5, "h", low=0.1, high=3, doc="time to mix and to draw off, in each round")
    vessel_volume: Array = parameter(5.0, "L", low=0.001, high=100, doc="mixture that one vessel takes", decided=True)

    def transform(self, feed: Material) -> Outcome:
        """Return the bottom phase."""
        mixed = feed.volume * (1.0 + self.stock_ratio)
        bottom = mixed / (1.0 + self.phase_ratio)
        top = mixed - bottom
        polymer = self.top_polymer * top + self.bottom_polymer * bottom
        stocks = self._liquid(mixed - feed.volume, self.buffer_salt, polymer)
        fresh = self._liquid(self.washes * top, self.buffer_salt, self.washes * self.top_polymer * top)
        added = stocks + fresh
        own = self._liquid(bottom, self._salt(feed, stocks, mixed), self.bottom_polymer * bottom)
        below, above = feed.separate(self._in_bottom(feed))
        vesicles = self._particles(self.vesicle_partition)
        mechanism = {"top phase": vesicles, "interface": (1.0 - self.interface) ** self.rounds}
        below, losses = self.take_vesicles("measured loss", mechanism, below)
        drawn_off = above.replaced(
            volume=feed.volume + added.volume - own.volume,
            salt=feed.salt + added.salt - own.salt,
            polymer=above.polymer + added.polymer - own.polymer,
        )
        fillings = rounded_up(mixed / self.vessel_volume)
        product = below + own
        return Outcome(
            product,
            added=added,
            losses=joined(losses, {"top phase": drawn_off}),
            phases=self._phases(fillings),
            consumption={"buffer": added.volume, "separation_polymer": added.polymer},
            monitors={
                "fillings": fillings,
                "product_polymer": product.polymer / np.maximum(bottom, NOTHING),
            },
            limits=self._limits(feed, vesicles, fillings),
        )

    @property
    def rounds(self) -> float:
        """The separations: the first and its washes."""
        return 1.0 + self.washes

    def _liquid(self, volume: Array, salt: Array, polymer: Array) -> Material:
        return solution(volume, salt).replaced(polymer=polymer)

    def _share(self, coefficient: Array) -> Array:
        """Return what the bottom phase holds in the end, given a partition coefficient."""
        return partition.bottom_share(coefficient, self.phase_ratio, self.rounds)

    def _particles(self, of_reference: Array) -> NDArray[np.float64]:
        """Return what the bottom phase holds of particles, by size class."""
        coefficients = partition.coefficient(self.context.sizes.diameters, of_reference, self.size_exponent)
        return np.asarray(self._share(coefficients))

    def _in_bottom(self, feed: Material) -> dict[str, Array]:
        """Return what the bottom phase holds of all but vesicles; its liquid and salt are counted apart."""
        even, there = self._share(1.0), feed.present()
        particles = {"nonvesicular": self.particle_partition, "lipoproteins": self.lipoprotein_partition}
        largest = partition.coefficient(self.context.sizes.diameters[-1], self.particle_partition, self.size_exponent)
        names = ("nuclease", "endotoxin", "free_cargo", "polymer", *SMALL_MOLECULES)
        return {
            **dict.fromkeys(("volume", "salt"), 0.0),
            **{name: self._particles(of_reference) for name, of_reference in particles.items() if name in there},
            "aggregated_cargo": self._share(largest),
            "protein": self._share(self.protein_partition),
            "free_dna": self._share(self.dna_partition),
            **dict.fromkeys(names, even),
        }

    def _salt(self, feed: Material, stocks: Material, mixed: Array) -> Array:
        """Return the concentration of salt in the product; it is the same in both phases."""
        first = (feed.salt + stocks.salt) / np.maximum(mixed, NOTHING)
        return partition.washed_concentration(first, self.buffer_salt, self.phase_ratio, self.washes)

    def _phases(self, fillings: Array) -> tuple[Phase, ...]:
        rounds = fillings * self.rounds
        return (
            Phase("mix and draw off", rounds * self.handling_time),
            Phase("settle", rounds * self.settling_time, attended=False),
        )

    def _limits(self, feed: Material, in_bottom: Array, fillings: Array) -> dict[str, Array]:
        limits = {"more than one filling of the vessel": one_where(np.greater(fillings, 1.0))}
        return {**limits, **self.minority_limit("are in the bottom phase", in_bottom, feed)}
