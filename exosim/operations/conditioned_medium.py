"""Conditioned medium of a known titer: the start of a process for users with their own numbers.

Model: none. The titer is given in true vesicles (EV/mL), or as an instrument counts it (particle/mL) together with the
share of the counted particles that are vesicles; the true number then follows from what the instrument sees of the size
distribution. Nothing is converted without that instrument. How many cells the medium comes from is known only where it
is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, is_number, total
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter
from exosim.physics.detection import counted
from exosim.physics.size import class_shares


@dataclass(frozen=True, kw_only=True)
class ConditionedMedium(UnitOperation):
    """A volume of conditioned medium with measured contents."""

    source: ClassVar[bool] = True
    makes_vesicles: ClassVar[bool] = True
    tells_cells: ClassVar[str] = "cells_per_volume"
    grows: ClassVar[tuple[str, ...]] = ("volume",)

    volume: Array = parameter(1.0, "L", low=0.001, high=10000, doc="volume of conditioned medium", decided=True)
    titer: Array = parameter(5e9, "EV/mL", low=1e7, high=1e13, doc="true vesicles", critical=True)
    counted_titer: Array | None = parameter(
        None,
        "particle/mL",
        low=1e7,
        high=1e13,
        doc="particles as the instrument of the product counts them; replaces the titer",
        critical=True,
    )
    vesicle_share: Array = parameter(
        0.9, "1", low=0.001, high=1.0, doc="share of the counted particles that are vesicles; with counted_titer"
    )
    nonvesicular: Array = parameter(
        5e8, "particle/mL", low=0.0, high=1e13, doc="non-vesicular particles above 30 nm; not with counted_titer"
    )
    nonvesicular_median: Array = parameter(80.0, "nm", low=30, high=200, doc="their median diameter")
    nonvesicular_gsd: Array = parameter(
        1.5, "1", low=1.2, high=2.0, doc="geometric standard deviation of their diameter"
    )
    lipoproteins: Array = parameter(
        0.0,
        "particle/mL",
        low=0.0,
        high=1e13,
        doc="lipoproteins above 30 nm, true number, on top of a counted titer: of serum or lysate in the medium",
    )
    lipoprotein_median: Array = parameter(
        50.0, "nm", low=35, high=80, doc="their median diameter", source="busatto2020", grade="B"
    )
    lipoprotein_gsd: Array = parameter(
        1.35,
        "1",
        low=1.15,
        high=1.6,
        doc="geometric standard deviation of their diameter",
        source="busatto2020",
        grade="B",
    )
    protein: Array = parameter(80.0, "ug/mL", low=0.0, high=10000, doc="soluble protein", source="general_knowledge")
    small_protein: Array = parameter(0.25, "1", low=0.0, high=0.6, doc="share of soluble protein below 30 kDa")
    immunoglobulin_like: Array = parameter(0.2, "1", low=0.0, high=0.4, doc="share of soluble protein near 150 kDa")
    complex_protein: Array = parameter(
        0.1, "1", low=0.0, high=0.4, doc="share of soluble protein in complexes above 450 kDa"
    )
    associated_protein: Array = parameter(
        0.02, "1", low=0.0, high=0.1, doc="share of the protein that is bound to vesicles"
    )
    dna: Array = parameter(200.0, "ng/mL", low=0.0, high=1e5, doc="host-cell DNA")
    bound_dna: Array = parameter(0.05, "1", low=0.0, high=0.5, doc="share of the DNA that is bound to vesicles")
    debris: Array = parameter(1e5, "particle/mL", low=0.0, high=1e9, doc="debris above 1 um")
    salt: Array = parameter(0.15, "mol/L", low=0.0, high=1.0, doc="salt", source="general_knowledge")
    cells_per_volume: Array | None = parameter(
        None,
        "cell/mL",
        low=1e3,
        high=1e8,
        doc="viable cells per volume of the medium that they conditioned, for doses in cell equivalents; none: unknown",
    )
    thaw_time: Array = parameter(0.0, "h", low=0.0, high=72, doc="time to bring the medium to the line")

    def transform(self, feed: Material) -> Outcome:
        """Return the medium."""
        milliliters = self.volume * 1e3
        vesicles, particles = self._particles()
        protein, dna = self.protein * milliliters, self.dna * milliliters
        medium = Material(
            volume=self.volume,
            vesicles=vesicles * milliliters,
            potency=total(np.asarray(vesicles * milliliters)),
            nonvesicular=particles * milliliters,
            lipoproteins=self._lipoproteins(milliliters),
            protein=self._protein_shares() * (protein * (1.0 - self.associated_protein)),
            associated_protein=protein * self.associated_protein,
            free_dna=dna * (1.0 - self.bound_dna),
            bound_dna=dna * self.bound_dna,
            debris=self.debris * milliliters,
            salt=self.salt * self.volume,
            cell_equivalents=0.0 if self.cells_per_volume is None else self.cells_per_volume * milliliters,
        )
        return Outcome(feed + medium, added=medium, phases=(Phase("thaw", self.thaw_time),))

    def _particles(self) -> tuple[Array, Array]:
        """Return vesicles and other particles per milliliter, by size class."""
        sizes = self.context.sizes
        other = class_shares(sizes, self.nonvesicular_median, self.nonvesicular_gsd)
        if self.counted_titer is None:
            return self.context.secreted * self.titer, other * self.nonvesicular
        counter = self.context.counter
        seen_vesicles = counted(self.context.secreted, sizes, counter, counter.vesicles)
        seen_other = counted(other, sizes, counter, counter.nonvesicular)
        vesicles = self.counted_titer * self.vesicle_share / seen_vesicles
        return self.context.secreted * vesicles, other * (self.counted_titer * (1.0 - self.vesicle_share) / seen_other)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the shares of protein."""
        if np.any(self.small_protein + self.immunoglobulin_like + self.complex_protein > 1.0):
            yield "complex_protein", "the shares of protein pools add up to more than 1"

    def unused(self) -> frozenset[str]:
        """Return the parameters of the way of giving the titer that is not taken."""
        other = {"vesicle_share"} if self.counted_titer is None else {"titer", "nonvesicular"}
        return frozenset(other | ({"lipoprotein_median", "lipoprotein_gsd"} if self._without_lipoproteins else set()))

    @property
    def _without_lipoproteins(self) -> bool:
        return is_number(self.lipoproteins, 0.0)

    def _lipoproteins(self, milliliters: Array) -> Array:
        """Return the lipoproteins by size class; the plain number 0 where the medium holds none."""
        if self._without_lipoproteins:
            return 0.0
        shares = class_shares(self.context.sizes, self.lipoprotein_median, self.lipoprotein_gsd)
        return shares * (self.lipoproteins * milliliters)

    def _protein_shares(self) -> Array:
        albumin = 1.0 - (self.small_protein + self.immunoglobulin_like + self.complex_protein)
        shares = (self.small_protein, albumin, self.immunoglobulin_like, self.complex_protein)
        return np.stack(np.broadcast_arrays(*map(np.atleast_1d, shares)))
