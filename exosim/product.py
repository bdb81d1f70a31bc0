"""The product: what a dose is and what its vesicles are like."""

from __future__ import annotations

from dataclasses import dataclass

from exosim.operations.base import Context
from exosim.parameter import Array, parameter
from exosim.physics.detection import Counter
from exosim.physics.size import class_shares, size_classes


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
        doc="protein volume fraction of a vesicle; sets the largest possible purity",
        grade="B",
        source="webber2013",
    )


def run_context(
    size: VesicleSize, vesicles: Vesicles, typical: tuple[float, float], counter: Counter, dose_in_particles: bool
) -> Context:
    """Return what all operations of a run share.

    Parameters
    ----------
    size, vesicles : parameter values, numbers or lanes
    typical : median and geometric standard deviation for which the size classes are laid out
    counter : the instrument of the product
    dose_in_particles : whether doses are counted by it
    """
    sizes = size_classes(round(size.classes), *typical)
    return Context(
        sizes, class_shares(sizes, size.median, size.gsd), vesicles.protein_fraction, counter, dose_in_particles
    )
