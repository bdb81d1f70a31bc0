"""The product: what its vesicles are like, and the context that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exosim.material import SizeClasses
from exosim.operations.base import Context
from exosim.parameter import Array, parameter
from exosim.physics.detection import Counter
from exosim.physics.size import class_shares, size_classes
from exosim.vocabulary import DoseKind


@dataclass(frozen=True, kw_only=True)
class VesicleSize:
    """True diameters of the secreted vesicles: a lognormal number distribution, carried on size classes."""

    median: Array = parameter(
        115.0, "nm", low=50, high=200, doc="median true diameter of secreted vesicles", source="general_knowledge"
    )
    gsd: Array = parameter(
        1.45,
        "1",
        low=1.2,
        high=1.8,
        minimum=1.0,
        doc="geometric standard deviation of the diameter",
        source="general_knowledge",
    )
    classes: float = parameter(12, "1", low=4, high=64, whole=True, planned=True, doc="size classes from 30 to 400 nm")


@dataclass(frozen=True, kw_only=True)
class Vesicles:
    """Properties of the vesicles besides their size."""

    protein_fraction: Array = parameter(
        0.15,
        "1",
        low=0.1,
        high=0.3,
        doc="protein volume fraction of a vesicle, as in cells 0.11 to 0.22; sets the largest possible purity",
        source="milo2013",
        grade="B",
    )


@dataclass(frozen=True, kw_only=True)
class ProteinSize:
    """Hydrodynamic diameters that stand for the pools of soluble protein, and those of what a process adds.

    Those of IgG and of complexes are the ones whose steric sieving through pores of 20, 35 and 50 nm the evidence table
    gives for IgG (0.29, 0.67, 0.82) and ferritin (0.20, 0.60, 0.77). The small pool follows the law of Wilkins for
    globular proteins of 25 kDa: a radius of 0.475 nm x N^0.29 for N amino acids of 110 Da.
    """

    small: Array = parameter(
        4.6, "nm", low=2, high=6, doc="diameter of protein below 30 kDa: 25 kDa", source="hirvonen_authorea", grade="B"
    )
    albumin: Array = parameter(
        7.2, "nm", low=6.8, high=7.6, doc="diameter of albumin-like protein", source="hirvonen_authorea", grade="B"
    )
    immunoglobulin: Array = parameter(
        11.0, "nm", low=9, high=12, doc="diameter of IgG-like protein", source="general_knowledge"
    )
    complex: Array = parameter(
        12.5,
        "nm",
        low=10,
        high=40,
        doc="diameter of large complexes; 12.5 for ferritin, 20 to 40 for fibronectin and aggregates",
        source="general_knowledge",
    )
    nuclease: Array = parameter(7.0, "nm", low=4, high=10, doc="diameter of the nuclease")
    free_cargo: Array = parameter(
        5.0,
        "nm",
        low=0.5,
        high=100,
        doc="diameter of cargo that is not loaded: about 1 for a drug, 5 for siRNA, 10 for an enzyme of 240 kDa",
    )
    polymer: Array = parameter(
        6.0, "nm", low=1, high=60, doc="diameter of a polymer that is added to separate; about 6 for PEG of 8 kDa"
    )

    def pools(self) -> NDArray[np.float64]:
        """Return the diameters of the pools, shape (pools, 1) or (pools, lanes) [nm]."""
        diameters = (self.small, self.albumin, self.immunoglobulin, self.complex)
        return np.stack(np.broadcast_arrays(*map(np.atleast_1d, diameters)))


@dataclass(frozen=True, slots=True)
class DoseCount:
    """What a dose counts, and what it is counted with.

    Attributes
    ----------
    kind : what it counts
    counter : the instrument of the product, which counts particles
    protein_factor : what the assay that reports protein multiplies the true protein by
    mhc_ii : MHC class II molecules on a vesicle [molecule/EV]
    """

    kind: DoseKind
    counter: Counter
    protein_factor: Array = 1.0
    mhc_ii: Array = 0.0


def laid_out(typical: VesicleSize) -> SizeClasses:
    """Return the size classes of a run, which fit the typical distribution of diameters."""
    median, gsd = float(np.asarray(typical.median)), float(np.asarray(typical.gsd))
    return size_classes(round(typical.classes), median, gsd)


def run_context(
    sizes: SizeClasses,
    size: VesicleSize,
    vesicles: Vesicles,
    proteins: ProteinSize,
    doses: DoseCount,
) -> Context:
    """Return what all operations of a run share.

    Parameters
    ----------
    sizes : the size classes
    size, vesicles, proteins : parameter values, numbers or lanes
    doses : what a dose counts, and what it is counted with
    """
    shares = class_shares(sizes, size.median, size.gsd)
    return Context(
        sizes,
        shares,
        vesicles.protein_fraction,
        doses.counter,
        doses.kind,
        proteins.pools(),
        proteins.nuclease,
        proteins.free_cargo,
        proteins.polymer,
        protein_factor=doses.protein_factor,
        mhc_ii=doses.mhc_ii,
    )
