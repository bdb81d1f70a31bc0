"""What a dose counts, and how much of it is in a material. Nothing that is counted one way is told in another.

==================  ================================================================================================
``EV``              true vesicles
``particle``        particles as the instrument of the product counts them
``cell``            viable cells
``ug``              protein: soluble, bound and of the vesicles themselves, times what the assay of protein makes of it
``cell_equivalent`` cells whose medium it is: N for each harvest of conditioned medium of N viable cells. Losing
                    vesicles loses none of them; losing a share of the lot does
``molecule``        MHC class II molecules: so many on each true vesicle
==================  ================================================================================================

Sources: doses in MHC class II molecules, 8.5e11 to 4e13, are those of trials of dendritic cell exosomes, and doses in
micrograms those of others (table 2 of the review with doi 10.4103/tcmj.tcmj_182_19, read). Doses by producer cells are
those of a trial in diabetes, 1.2e6 to 1.5e6 cells per kg (NCT02138331). That a unit of the first treatment of
graft-versus-host disease was the medium of 4e7 cells (Kordelas et al. 2014) was not checked at its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from exosim.material import Material, SizeClasses, plus, times, total
from exosim.parameter import Array
from exosim.physics.detection import Counter, counted_particles
from exosim.physics.size import vesicle_protein
from exosim.vocabulary import DoseKind


class Totals(Protocol):
    """What can tell the totals of a material."""

    def vesicles(self, material: Material) -> Array:
        """Return the vesicles [EV]."""

    def particles(self, material: Material) -> Array:
        """Return what the instrument counts [particle]."""

    def protein(self, material: Material) -> Array:
        """Return soluble, bound and the vesicles' own protein [ug]."""


@dataclass(frozen=True, slots=True)
class Summed:
    """Totals that are summed whenever they are asked for.

    Attributes
    ----------
    sizes, counter, protein_fraction : the size grid, the instrument, and the protein volume fraction of a vesicle
    """

    sizes: SizeClasses
    counter: Counter
    protein_fraction: Array

    def vesicles(self, material: Material) -> Array:
        """Return the vesicles [EV]."""
        return total(material.vesicles)

    def particles(self, material: Material) -> Array:
        """Return what the instrument counts [particle]."""
        return counted_particles(material, self.sizes, self.counter)

    def protein(self, material: Material) -> Array:
        """Return soluble, bound and the vesicles' own protein [ug]."""
        return total_protein(material, self.sizes, self.protein_fraction)


def own_protein(material: Material, sizes: SizeClasses, protein_fraction: Array) -> Array:
    """Return the protein of the vesicles themselves [ug]."""
    if not isinstance(material.vesicles, np.ndarray):
        return 0.0
    return vesicle_protein(material.vesicles, sizes, protein_fraction)


def total_protein(material: Material, sizes: SizeClasses, protein_fraction: Array) -> Array:
    """Return soluble, bound and the vesicles' own protein [ug]."""
    own = own_protein(material, sizes, protein_fraction)
    return plus(plus(total(material.protein), material.associated_protein), own)


def dose_content(material: Material, kind: DoseKind, totals: Totals, protein_factor: Array, mhc_ii: Array) -> Array:
    """Return how much of what a dose counts is in a material, in the unit that the kind names.

    Parameters
    ----------
    material, kind : what is looked at, and what is counted
    totals : tells the totals of materials
    protein_factor : what the assay of protein multiplies the true protein by; 1 where none is named
    mhc_ii : MHC class II molecules on a vesicle [molecule/EV]
    """
    if kind == "particle":
        return totals.particles(material)
    if kind == "ug":
        return times(totals.protein(material), protein_factor)
    if kind == "molecule":
        return times(totals.vesicles(material), mhc_ii)
    if kind == "cell_equivalent":
        return material.cell_equivalents
    return material.viable_cells if kind == "cell" else totals.vesicles(material)
