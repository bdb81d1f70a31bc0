"""Anion exchange: vesicles bind to a positively charged bed, impurities flow through or are washed out, salt elutes.

Model: the laws of :mod:`exosim.physics.adsorption`. Every solute has a midpoint of salt, at which a step of a few
column volumes releases half of it; the same midpoint says how firmly it is held while the bed is loaded. All solutes
share the sites: vesicles, non-vesicular particles and lipoproteins take as much of the surface of the flow channels as
they cover, protein and DNA what their capacities say; what binds firmly displaces the rest. More than the bed holds, or
too much salt, sends vesicles to the flow-through. Larger vesicles are held more firmly; DNA is held most, non-vesicular
particles less than vesicles, so that a step between them separates two peaks. A fraction of the vesicles never comes
off. A lot that asks for more than the safe share of the capacity is run in cycles of equal loads.

The surface is that of the channels through which the liquid flows, for monoliths (2 um), membranes (3 to 5 um) and
beads (between them) alike: vesicles do not enter the pores of beads. The preset `adsorber` sets it.

A negative steepness turns salt around, for beds that bind where a high concentration of salt excludes large particles
from the water and release them where it is low (hydroxyl monoliths, preferential exclusion); protein and DNA then flow
through, and their measured removals replace the mechanism.

Assumptions: nuclease and free cargo bind as small protein, endotoxin as DNA; neutral polymers and small molecules do
not bind; cells and debris stay on the bed; aggregated cargo behaves as the largest vesicles.

Validity: convective media, whose dynamic capacity does not depend on the flow; capacities for vesicles are uncertain by
a factor of ten. Failure modes: overload, a feed with too much salt or DNA, plugging by debris and aggregates, carryover
where regeneration is poor.

Sources: Langmuir 1918; Feder 1980; Brooks & Cramer 1992; Eshmuno Q study (larger vesicles later); Vrabec et al.
(removals).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, is_number, one_where, solution, total, weighted
from exosim.operations.base import NOTHING, VESICLES_TAKEN, MeasuredRecovery, Outcome, Phase, joined, log_reduction
from exosim.parameter import Array, parameter
from exosim.physics import adsorption
from exosim.vocabulary import PROTEIN_POOLS, SMALL_MOLECULES

_PARTICLES = ("vesicles", "nonvesicular", "lipoproteins")
_SOLIDS = ("debris", "viable_cells", "dead_cells")
_NEVER_BOUND = ("salt", "polymer", *SMALL_MOLECULES)
_HIGHEST_SALT = 0.15  # mol/L
_LEAST_LOAD = 1e-3  # column volumes
_NOT_ELUTED, _WASH, _THROUGH = "not eluted", "wash", "flow-through"


@dataclass(frozen=True, kw_only=True)
class AnionExchangeChromatography(MeasuredRecovery):
    """Binding and step elution on a membrane, a monolith or a resin; volumes of liquid are in column volumes."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"irreversible"})
    sized_by: ClassVar[str | None] = "column_volume"
    grows: ClassVar[tuple[str, ...]] = ("column_volume",)

    column_volume: Array = parameter(
        0.08, "L", low=1e-5, high=40, doc="volume of the bed", source="general_knowledge", critical=True, decided=True
    )
    channel_diameter: Array = parameter(
        2.0,
        "um",
        low=0.5,
        high=100,
        doc="diameter of the channels through which the liquid flows",
        source="virus_chromatography",
        grade="B",
    )
    porosity: Array = parameter(
        0.6, "1", low=0.3, high=0.8, doc="volume of these channels over that of the bed", source="general_knowledge"
    )
    coverage: Array = parameter(
        0.024,
        "1",
        low=0.001,
        high=0.2,
        maximum=1.0,
        doc="share of the geometric ceiling that particles reach; 0.024: 2e12 of 100 nm per mL of a monolith",
    )
    vesicle_capacity: Array | None = parameter(
        None,
        "EV/mL",
        low=1e10,
        high=8e13,
        doc="vesicles of 100 nm that the bed holds, if measured; replaces the coverage of the channels",
        critical=True,
    )
    dynamic_share: Array = parameter(
        0.9, "1", low=0.5, high=0.95, doc="dynamic over static capacity", source="convective_media"
    )
    protein_capacity: Array = parameter(
        20.0, "mg/mL", low=5, high=150, doc="static capacity for protein", source="general_knowledge"
    )
    dna_capacity: Array = parameter(
        10.0, "mg/mL", low=0.1, high=20, doc="static capacity for DNA", source="general_knowledge"
    )
    safety: Array = parameter(
        0.8, "1", low=0.3, high=1.0, doc="share of the capacity that a load may take", decided=True
    )
    most_cycles: float | None = parameter(
        None,
        "1",
        low=1,
        high=500,
        minimum=1.0,
        whole=True,
        planned=True,
        doc="most loads of a lot; what the bed does not hold then flows through. None: as many as it takes",
    )
    dilution: Array = parameter(
        1.5,
        "1",
        low=1.0,
        high=10,
        minimum=1.0,
        doc="volume of the load over that of the feed: buffer takes the salt down",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    dilution_time: Array = parameter(0.25, "h", low=0.0, high=2, doc="time to dilute and to mix")
    buffer_salt: Array = parameter(
        0.02, "mol/L", low=0.0, high=4, doc="salt of the buffer that dilutes and equilibrates", decided=True
    )
    vesicle_midpoint: Array = parameter(
        0.45,
        "mol/L",
        low=0.25,
        high=1.5,
        doc="salt that releases half of the vesicles of 100 nm",
        source="eshmuno_q",
    )
    size_exponent: Array = parameter(
        0.15,
        "1",
        low=-0.3,
        high=0.3,
        minimum=-1.0,
        doc="exponent of (d / 100 nm) in the midpoint of particles: larger ones are released later",
    )
    nonvesicular_midpoint: Array = parameter(
        0.3, "mol/L", low=0.1, high=1.5, doc="salt that releases half of the non-vesicular particles of 100 nm"
    )
    lipoprotein_midpoint: Array = parameter(
        0.3, "mol/L", low=0.1, high=1.5, doc="salt that releases half of the lipoproteins of 100 nm"
    )
    protein_midpoint: Array = parameter(
        0.2, "mol/L", low=0.05, high=4, doc="salt that releases half of the soluble protein"
    )
    complex_midpoint: Array = parameter(
        0.3, "mol/L", low=0.05, high=4, doc="salt that releases half of the protein in complexes"
    )
    dna_midpoint: Array = parameter(
        0.75, "mol/L", low=0.55, high=4, doc="salt that releases half of the DNA", source="general_knowledge"
    )
    steepness: Array = parameter(
        8.0,
        "1",
        low=-12,
        high=12,
        minimum=-20.0,
        doc="exponent of salt in binding; 6 to 12, and negative where salt binds instead of releasing",
    )
    midpoint_volume: Array = parameter(5.0, "CV", low=1, high=20, doc="volume of the step for which the midpoints hold")
    wash_salt: Array = parameter(0.3, "mol/L", low=0.02, high=3, doc="salt of the wash", critical=True, decided=True)
    wash_volume: Array = parameter(
        5.0, "CV", low=1, high=30, doc="volume of the wash", source="general_knowledge", decided=True
    )
    elution_salt: Array = parameter(
        0.6, "mol/L", low=0.01, high=2, doc="salt of the elution", critical=True, decided=True
    )
    elution_volume: Array = parameter(
        5.0, "CV", low=1, high=30, doc="volume of the pool", critical=True, source="general_knowledge", decided=True
    )
    equilibration_volume: Array = parameter(
        10.0, "CV", low=3, high=50, doc="buffer before a load", source="general_knowledge", decided=True
    )
    regeneration_volume: Array = parameter(
        10.0, "CV", low=3, high=50, doc="liquid that cleans the bed", source="general_knowledge", decided=True
    )
    regeneration_salt: Array = parameter(
        2.0, "mol/L", low=0.0, high=3, doc="salt of what cleans", source="general_knowledge", decided=True
    )
    irreversible: Array = parameter(
        0.15, "1", low=0.0, high=0.4, doc="fraction of the vesicles that no salt releases", recovery=True
    )
    protein_removal: Array | None = parameter(
        None, "log", low=0.0, high=4, doc="measured log reduction of soluble protein; replaces midpoints and capacity"
    )
    dna_removal: Array | None = parameter(
        None, "log", low=0.0, high=5, doc="measured log reduction of free DNA; replaces midpoint and capacity"
    )
    flow: Array = parameter(
        5.0, "CV/min", low=0.05, high=30, doc="flow", source="pall_mustang", grade="A", decided=True
    )
    lifetime: Array = parameter(
        20.0, "1", low=1, high=200, minimum=1.0, doc="loads after which the bed is replaced", decided=True
    )
    preparation: Array = parameter(1.0, "h", low=0.25, high=4, doc="time to set up and to sanitize")

    def transform(self, feed: Material) -> Outcome:
        """Return the eluate."""
        thinned = (self.dilution - 1.0) * feed.volume
        salt = (feed.salt + self.buffer_salt * thinned) / np.maximum(feed.volume + thinned, NOTHING)
        load = (feed.volume + thinned) / self.column_volume
        strengths = self._strengths(feed, salt, np.maximum(load, _LEAST_LOAD))
        solutes = list(self._solutes(feed, strengths))
        needed = sum(demand * adsorption.bound_share(strength, 1.0) for demand, strength in solutes)
        cycles = adsorption.cycles_needed(needed, self.safety, self.most_cycles)
        free = adsorption.free_sites([d / cycles for d, _ in solutes], [s * cycles for _, s in solutes])
        bound = self._bound(strengths, free * cycles)
        product, losses = self._separated(feed, self._steps(feed, bound))
        buffers = self._buffers(thinned, cycles)
        added = sum(buffers.values(), Material())
        eluent = buffers.pop("elution")
        return Outcome(
            product + eluent,
            added=added,
            losses=joined(losses, buffers),
            phases=self._phases(load, cycles),
            consumption={"buffer": added.volume, "resin": self.column_volume * cycles / self.lifetime},
            monitors={
                "cycles": cycles,
                "share_of_capacity": needed / cycles,
                "load_salt": salt,
                "protein_log_reduction": log_reduction(feed.protein, product.protein),
                "dna_log_reduction": log_reduction(feed.free_dna, product.free_dna),
            },
            limits=self._limits(feed, salt, needed / cycles, cycles, bound["vesicles"]),
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the steps of salt."""
        if np.any((self.elution_salt - self.wash_salt) * np.sign(self.steepness) <= 0.0):
            side = "above" if np.all(np.asarray(self.steepness) > 0.0) else "below"
            yield "elution_salt", f"the elution must be {side} the wash in salt, or it releases nothing more"

    def unused(self) -> frozenset[str]:
        """Return what measured figures replace."""
        of_protein = frozenset({"protein_midpoint", "complex_midpoint", "protein_capacity"})
        of_dna = frozenset({"dna_midpoint", "dna_capacity"})
        return (
            super().unused()
            | (of_protein if self.protein_removal is not None else frozenset())
            | (of_dna if self.dna_removal is not None else frozenset())
            | (frozenset({"coverage"}) if self.vesicle_capacity is not None else frozenset())
        )

    def _strengths(self, feed: Material, salt: Array, volumes: Array) -> dict[str, Array]:
        """Return how firmly all that can bind is held against that liquid, k' over its volume; particles at 100 nm."""
        held = self.midpoint_volume / volumes

        def against(midpoint: Array) -> Array:
            return held * adsorption.salt_ratio(salt, midpoint, self.steepness)

        midpoints = (self.vesicle_midpoint, self.nonvesicular_midpoint, self.lipoprotein_midpoint)
        soluble, complexes = against(self.protein_midpoint), against(self.complex_midpoint)
        pools = [complexes if pool == "complex" else soluble for pool in PROTEIN_POOLS]
        return {
            **{
                name: against(midpoint)
                for name, midpoint in zip(_PARTICLES, midpoints, strict=True)
                if name == "vesicles" or not is_number(getattr(feed, name), 0.0)
            },
            "protein": np.stack(np.broadcast_arrays(*map(np.atleast_1d, pools))),
            "free_dna": against(self.dna_midpoint),
        }

    @property
    def _ceiling(self) -> Array:
        """What the channels hold of 100 nm at most [1/mL]."""
        return adsorption.covering_capacity(adsorption.channel_surface(self.porosity, self.channel_diameter), 100.0)

    @property
    def _by_size(self) -> Array:
        """The strength of particles of each class over that at 100 nm."""
        return adsorption.size_ratio(self.context.sizes.diameters, self.size_exponent, self.steepness)

    def _bound(self, strengths: Mapping[str, Array], free: Array) -> dict[str, Array]:
        """Return the share of each solute that is bound, particles by size class and protein by pool."""
        by_size, each = self._by_size, {}
        for name, strength in strengths.items():
            of_classes = strength * free * by_size if name in _PARTICLES else strength * free
            each[name] = adsorption.bound_share(of_classes, 1.0)
        return each

    def _solutes(self, feed: Material, strengths: Mapping[str, Array]) -> Iterator[tuple[Array, Array]]:
        """Yield what one bed would have to hold of each solute over what it holds of that alone, and its strength."""
        milliliters = self.column_volume * 1e3 * self.dynamic_share
        held = self.coverage * self._ceiling if self.vesicle_capacity is None else self.vesicle_capacity
        area, by_size = np.square(self.context.sizes.diameters / 100.0), self._by_size
        for name in _PARTICLES:
            if name in strengths:
                covered, weighty = (weighted(getattr(feed, name), of) for of in (area, area * by_size))
                yield covered / (held * milliliters), strengths[name] * (weighty + NOTHING) / (covered + NOTHING)
        if self.protein_removal is None:
            there, by_pool = feed.protein + NOTHING, strengths["protein"]
            of_all = total(np.asarray(there * by_pool)) / total(np.asarray(there * np.ones_like(by_pool)))
            yield total(feed.protein) / (self.protein_capacity * 1e3 * milliliters), of_all
        if self.dna_removal is None:
            yield feed.free_dna * 1e-6 / (self.dna_capacity * milliliters), strengths["free_dna"]

    def _steps(self, feed: Material, bound: Mapping[str, Array]) -> dict[str, tuple[Array, Array, Array]]:
        """Return what binds, what of that stays through the wash, and what of that is eluted, by species."""
        stays = self._bound(self._strengths(feed, self.wash_salt, self.wash_volume), 1.0)
        sticks = self._bound(self._strengths(feed, self.elution_salt, self.elution_volume), 1.0)
        steps: dict[str, tuple[Array, Array, Array]] = {
            name: (share, stays[name], 1.0 - sticks[name]) for name, share in bound.items()
        }
        if self.protein_removal is not None:
            left = 10.0 ** -np.atleast_1d(np.asarray(self.protein_removal))
            steps["protein"] = np.broadcast_to(left, (len(PROTEIN_POOLS), left.size)), 1.0, 1.0
        if self.dna_removal is not None:
            steps["free_dna"] = 10.0 ** -np.asarray(self.dna_removal), 1.0, 1.0
        return steps

    def _separated(
        self, feed: Material, steps: Mapping[str, tuple[Array, Array, Array]]
    ) -> tuple[Material, dict[str, Material]]:
        """Return the eluted solutes, and what is lost in each step."""
        losses: dict[str, Material] = {}
        product = feed
        for index, channel in enumerate((_THROUGH, _WASH, _NOT_ELUTED)):
            kept: dict[str, Array] = {name: of[index] for name, of in steps.items()}
            kept = {**kept, **self._likewise(kept), **VESICLES_TAKEN, **dict.fromkeys(("volume", *_NEVER_BOUND), 0.0)}
            if channel == _NOT_ELUTED:
                kept |= dict.fromkeys(_SOLIDS, 0.0)
            product, losses[channel] = product.separate(kept)
        bound, kept_on, eluted = steps["vesicles"]
        mechanism = {
            _THROUGH: bound,
            _WASH: kept_on,
            _NOT_ELUTED: eluted,
            "irreversible adsorption": 1.0 - self.irreversible,
        }
        product, taken = self.take_vesicles("measured loss", mechanism, product)
        return product, joined(losses, taken)

    def _likewise(self, kept: Mapping[str, Array]) -> dict[str, Array]:
        """Return the species that behave as others do."""
        small = kept["protein"][0] if isinstance(kept["protein"], np.ndarray) else kept["protein"]
        largest = kept["vesicles"][-1] if isinstance(kept["vesicles"], np.ndarray) else kept["vesicles"]
        return {
            "nuclease": small,
            "free_cargo": small,
            "endotoxin": kept["free_dna"],
            "aggregated_cargo": largest,
        }

    def _buffers(self, thinned: Array, cycles: Array) -> dict[str, Material]:
        """Return the liquids that come in, by where they end."""
        beds = self.column_volume * cycles
        return {
            _THROUGH: solution(thinned + self.equilibration_volume * beds, self.buffer_salt),
            _WASH: solution(self.wash_volume * beds, self.wash_salt),
            "elution": solution(self.elution_volume * beds, self.elution_salt),
            _NOT_ELUTED: solution(self.regeneration_volume * beds, self.regeneration_salt),
        }

    def _phases(self, load: Array, cycles: Array) -> tuple[Phase, ...]:
        volumes = {
            "equilibrate": cycles * self.equilibration_volume,
            "load": load,
            "wash": cycles * self.wash_volume,
            "elute": cycles * self.elution_volume,
            "regenerate": cycles * self.regeneration_volume,
        }
        liquids = (Phase(name, volume / (self.flow * 60.0)) for name, volume in volumes.items())
        return (Phase("prepare", self.preparation), Phase("dilute", self.dilution_time), *liquids)

    def _limits(self, feed: Material, salt: Array, share: Array, cycles: Array, bound: Array) -> dict[str, Array]:
        limits = {
            "load above the capacity of the bed": one_where(share > 1.0),
            "load above 0.15 mol/L of salt": one_where((salt > _HIGHEST_SALT) & (np.asarray(self.steepness) > 0.0)),
            "more cycles than the bed lasts": one_where(cycles > self.lifetime),
        }
        if self.vesicle_capacity is not None:
            limits["capacity above what the channels hold at most"] = one_where(self.vesicle_capacity > self._ceiling)
        if self.ev_recovery is None:
            there = total(feed.vesicles)
            caught = total(np.asarray(feed.vesicles * bound))
            limits["more than a tenth of the vesicles does not bind"] = one_where(caught < 0.9 * there)
        return limits
