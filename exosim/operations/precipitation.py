"""Precipitation with polyethylene glycol: a hold in the cold, a spin at low speed, and the pellet taken up in buffer.

Model: polymer precipitates particles above a concentration that falls with their size
(:mod:`exosim.physics.precipitating`), vesicles, non-vesicular particles and lipoproteins alike; free DNA and protein
follow the same law with their own diameters, and a fraction of all that is dissolved is dragged along besides. Cells
and debris are pelleted. Some of the liquid, with its polymer, stays with the pellet. Of the pellet a fraction is taken
up again, and of its vesicles a fraction stays in clumps that are no single vesicles any more.

Two truths: protein that is dragged along forms aggregates that a counter takes for vesicles. They are generated here as
non-vesicular particles, a declared number per microgram of protein that goes on, which is the reason why measured
recoveries of this method exceed 100 %. The monitor `counted_recovery` tells what a counter without a detection limit
would report.

Assumptions: volumes add up; polymer that the feed brings along precipitates nothing; aggregates of protein weigh next
to nothing in the balance of protein; endotoxin and nuclease behave as dissolved protein; cargo in aggregates
precipitates like the largest vesicles.

Typical failure modes: a pellet that does not stick to its tube, or that cannot be taken up; polymer in the product that
disturbs the next chromatography.

Validity: PEG of 6 to 10 kDa at 80 to 120 g/L in physiological salt; protein below about 10 g/L.

Sources: Rider et al. 2016, Ludwig et al. 2018 (the method), Ingham 1978, Odijk 2008 (why larger particles need less).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.material import Material, one_where, plus, rounded_up, solution, total
from exosim.operations.base import NOTHING, MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import precipitating
from exosim.physics.size import class_shares
from exosim.vocabulary import SMALL_MOLECULES

_MANY_SPINS = 10


@dataclass(frozen=True, kw_only=True)
class Precipitation(MeasuredRecovery):
    """Volume reduction by a polymer; fast, cheap, and not pure."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"aggregated"})
    brings: ClassVar[frozenset[str]] = frozenset({"polymer"})
    takes_longer: ClassVar[str | None] = "centrifuge"
    repeats: ClassVar[str | None] = "runs"

    polymer_concentration: Array = parameter(
        100.0,
        "g/L",
        low=50,
        high=160,
        doc="polymer in the mixture; 100 g/L is 10 % (w/v)",
        source="ludwig2018",
        critical=True,
        decided=True,
    )
    stock_concentration: Array = parameter(
        500.0, "g/L", low=200, high=600, doc="polymer in the stock", source="general_knowledge", decided=True
    )
    stock_salt: Array = parameter(
        0.375, "mol/L", low=0.0, high=3.0, doc="salt of the stock of polymer", source="general_knowledge", decided=True
    )
    critical_concentration: Array = parameter(
        50.0, "g/L", low=20, high=80, doc="polymer above which 100 nm particles precipitate"
    )
    size_exponent: Array = parameter(
        0.5, "1", low=0.0, high=1.0, maximum=3.0, doc="exponent m of (100 nm / d)^m in that concentration"
    )
    steepness: Array = parameter(
        0.05, "L/g", low=0.01, high=0.3, doc="steepness beta of the precipitation above that concentration"
    )
    hold_time: Array = parameter(
        12.0, "h", low=0.25, high=24, doc="hold in the cold", source="general_knowledge", critical=True, decided=True
    )
    growth_time: Array = parameter(
        0.5, "h", low=0.05, high=3, doc="time constant in which the precipitate becomes large enough to be spun down"
    )
    protein_carryover: Array = parameter(
        0.2,
        "1",
        low=0.05,
        high=0.5,
        doc="fraction of dissolved protein that is dragged into the pellet",
        source="general_knowledge",
    )
    dna_diameter: Array = parameter(
        40.0, "nm", low=10, high=200, doc="hydrodynamic diameter of DNA that can be amplified (above 200 bp)"
    )
    residual_liquid: Array = parameter(
        0.005, "1", low=0.0005, high=0.05, doc="fraction of the mixture that stays with the pellet"
    )
    resuspended: Array = parameter(
        0.92, "1", low=0.6, high=1.0, doc="fraction of the pellet that is taken up again", recovery=True
    )
    aggregated: Array = parameter(
        0.05, "1", low=0.0, high=0.3, doc="fraction of the vesicles that stays in clumps after that"
    )
    aggregates_per_protein: Array = parameter(
        1e7,
        "particle/ug",
        low=1e5,
        high=1e9,
        doc="aggregates of protein in the product that are counted as particles, per protein that goes on",
    )
    aggregate_diameter: Array = parameter(110.0, "nm", low=60, high=200, doc="median diameter of those aggregates")
    aggregate_spread: Array = parameter(
        1.4, "1", low=1.1, high=2.0, minimum=1.01, doc="geometric standard deviation of that diameter"
    )
    concentration_factor: Array = parameter(
        20.0, "1", low=1, high=200, minimum=0.1, doc="volume of the feed over that of the buffer for the pellet",
        critical=True, decided=True,
    )  # fmt: skip
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.5, doc="salt of that buffer", source="pbs_recipe", grade="B", decided=True
    )
    spin_volume: Array = parameter(
        4.0, "L", low=0.01, high=12, doc="mixture that one run of the centrifuge takes", decided=True
    )
    spin_time: Array = parameter(
        0.5, "h", low=0.1, high=2, doc="time of one run at 1,500 to 10,000 g", source="general_knowledge", decided=True
    )
    turnaround: Array = parameter(0.5, "h", low=0.1, high=2, doc="work of one run besides the spin")

    def transform(self, feed: Material) -> Outcome:
        """Return the pellet, taken up in buffer."""
        stock = self._stock(feed.volume)
        mixture = feed + stock
        particles = self._settled(self.context.sizes.diameters)
        pellet, poured = mixture.separate(self._pelleted(particles))
        mechanism = {
            "supernatant": particles,
            "resuspension": self.resuspended,
            "aggregation": 1.0 - self.aggregated,
        }
        pellet, losses = self.take_vesicles("measured loss", mechanism, pellet)
        whole = {**self.vesicles_kept(1.0, pellet), "cell_equivalents": 1.0, "volume": 1.0, "salt": 1.0, "polymer": 1.0}
        pellet, stuck = pellet.separate(whole, self.resuspended)
        buffer = solution(feed.volume / self.concentration_factor, self.buffer_salt)
        formed = self._protein_aggregates(pellet)
        product = pellet + buffer + formed
        runs = self._runs(mixture.volume)
        return Outcome(
            product,
            added=stock + buffer,
            generated=formed,
            losses=joined(losses, {"supernatant": poured, "resuspension": stuck}),
            phases=self._phases(runs),
            consumption={"buffer": plus(stock.volume, buffer.volume), "separation_polymer": stock.polymer},
            monitors={
                "runs": runs,
                "counted_recovery": _particles(product) / np.maximum(_particles(feed), NOTHING),
                "product_polymer": product.polymer / np.maximum(product.volume, NOTHING),
            },
            limits=self._limits(feed, particles, product, formed, runs),
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield that a stock must hold more polymer than the mixture."""
        if np.any(np.greater_equal(self.polymer_concentration, self.stock_concentration)):
            yield "stock_concentration", "the stock must hold more polymer than the mixture"

    def _stock(self, volume: Array) -> Material:
        """Return the stock of polymer that brings a volume to its concentration."""
        added = precipitating.stock_volume(volume, self.polymer_concentration, self.stock_concentration)
        return Material(volume=added, polymer=self.stock_concentration * added, salt=self.stock_salt * added)

    def _settled(self, diameters: Array) -> NDArray[np.float64]:
        """Return the fraction of particles that is found in the pellet, liquid that stays with it included."""
        critical = precipitating.critical_concentration(diameters, self.critical_concentration, self.size_exponent)
        solid = precipitating.precipitated(self.polymer_concentration, critical, self.steepness)
        found = precipitating.grown(self.hold_time, self.growth_time) * (1.0 - self.residual_liquid)
        return np.asarray(self.residual_liquid + solid * found)

    def _dragged(self, diameters: Array) -> NDArray[np.float64]:
        """Return the fraction of dissolved molecules in the pellet: precipitated or dragged along."""
        return np.asarray(1.0 - (1.0 - self._settled(diameters)) * (1.0 - self.protein_carryover))

    def _pelleted(self, particles: NDArray[np.float64]) -> dict[str, Array]:
        """Return the fractions in the pellet of all that is not a vesicle; these are taken channel by channel."""
        protein = self._dragged(self.context.protein_diameters)
        return {
            "nonvesicular": particles,
            "lipoproteins": particles,
            "aggregated_cargo": particles[-1],
            "protein": protein,
            "nuclease": self._dragged(self.context.nuclease_diameter),
            "endotoxin": protein[-1],
            "free_cargo": self._dragged(self.context.free_cargo_diameter),
            "free_dna": self._settled(self.dna_diameter),
            **dict.fromkeys(("volume", "salt", "polymer", *SMALL_MOLECULES), self.residual_liquid),
        }

    def _protein_aggregates(self, pellet: Material) -> Material:
        """Return the particles that the protein in the pellet forms."""
        shares = class_shares(self.context.sizes, self.aggregate_diameter, self.aggregate_spread)
        return Material(nonvesicular=shares * (self.aggregates_per_protein * total(pellet.protein)))

    def _runs(self, volume: Array) -> Array:
        return rounded_up(volume / self.spin_volume)

    def _phases(self, runs: Array) -> tuple[Phase, ...]:
        return (
            Phase("hold", self.hold_time, attended=False),
            Phase("handle", runs * self.turnaround),
            Phase("spin", runs * self.spin_time, attended=False),
        )

    def _limits(
        self, feed: Material, particles: Array, product: Material, formed: Material, runs: Array
    ) -> dict[str, Array]:
        aggregates = total(formed.nonvesicular)
        limits = {
            "most particles are aggregates of protein": np.greater(aggregates, 0.5 * _particles(product)),
            "more than ten runs of the centrifuge": np.greater(runs, _MANY_SPINS),
        }
        settled = self.minority_limit("are precipitated", particles, feed)
        return {**{name: one_where(reached) for name, reached in limits.items()}, **settled}


def _particles(material: Material) -> Array:
    """Return the particles of all kinds and sizes."""
    kinds = (material.vesicles, material.nonvesicular, material.lipoproteins)
    return plus(plus(total(kinds[0]), total(kinds[1])), total(kinds[2]))
