"""What settles in any centrifuge: the liquid, and the sizes and densities of what is suspended in it.

Operations that spin tubes (:mod:`exosim.centrifuge`) and those that let a liquid flow through a bowl are built on
:class:`Settling`; each says which fraction of the particles of a sedimentation coefficient reaches its wall. The law of
the coefficient is that of :mod:`exosim.physics.pelleting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, SizeClasses, one_where, total
from exosim.operations.base import MeasuredRecovery
from exosim.parameter import Array, parameter
from exosim.physics import pelleting
from exosim.vocabulary import PROTEIN_POOLS

_MICROMETER = 1e3  # nm
_COMPLEXES = one_where([[pool == "complex"] for pool in PROTEIN_POOLS])


def wrong_radii(inner: Array, outer: Array) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the least and the largest radius of the liquid [mm]."""
    if np.any(np.less_equal(outer, inner)):
        least, largest = float(np.max(inner)), float(np.min(outer))
        yield "r_max", f"r_max must be larger than r_min: {largest:g} mm is not above {least:g} mm"


@dataclass(frozen=True, kw_only=True)
class Settling(MeasuredRecovery):
    """The parameters of a liquid and of what settles in it, and the fractions that reach a wall."""

    settling: ClassVar[frozenset[str]] = frozenset({"lumen_density", "shell_density", "shell_thickness"})
    """The parameters that matter for vesicles only, which a measured recovery replaces."""

    temperature: Array = parameter(
        4.0, "degC", low=2, high=25, maximum=60, doc="temperature of the rotor", source="general_knowledge"
    )
    viscosity: Array | None = parameter(
        None, "mPa*s", low=0.7, high=5.0, doc="viscosity of the liquid; none: that of water at the temperature"
    )
    medium_density: Array = parameter(
        1.007, "g/mL", low=0.99, high=1.04, maximum=1.4, doc="density of the liquid", source="general_knowledge"
    )
    shell_density: Array = parameter(
        1.15,
        "g/mL",
        low=1.08,
        high=1.25,
        maximum=2.0,
        doc="density of the membrane of a vesicle with its proteins",
        source="livshits2015",
        grade="B",
    )
    lumen_density: Array = parameter(
        1.03,
        "g/mL",
        low=1.01,
        high=1.2,
        maximum=2.0,
        doc="density of what a vesicle holds; that of its shell: one density",
    )
    shell_thickness: Array = parameter(5.0, "nm", low=4, high=12, doc="thickness of the membrane with its proteins")
    nonvesicular_density: Array = parameter(
        1.2, "g/mL", low=1.05, high=1.4, maximum=3.0, doc="density of non-vesicular particles"
    )
    lipoprotein_density: Array = parameter(
        1.006,
        "g/mL",
        low=0.93,
        high=1.063,
        maximum=1.3,
        doc="density of lipoproteins large enough to be counted; what is lighter than the liquid floats",
        source="general_knowledge",
    )
    complex_sedimentation: Array = parameter(
        17.0,
        "svedberg",
        low=7,
        high=30,
        doc="sedimentation coefficient of protein complexes in water at 20 degC; the default is ferritin",
        source="general_knowledge",
    )
    dna_sedimentation: Array = parameter(
        11.0,
        "svedberg",
        low=4,
        high=40,
        doc="sedimentation coefficient of free DNA in water at 20 degC; the default is a nucleosome",
        source="general_knowledge",
    )
    debris_diameter: Array = parameter(2.0, "um", low=0.8, high=5, doc="diameter of debris")
    debris_density: Array = parameter(1.08, "g/mL", low=1.05, high=1.2, maximum=2.0, doc="density of debris")
    cell_diameter: Array = parameter(15.0, "um", low=8, high=30, doc="diameter of cells", source="general_knowledge")
    cell_density: Array = parameter(
        1.06, "g/mL", low=1.045, high=1.1, maximum=1.3, doc="density of cells", source="general_knowledge"
    )

    @property
    def liquid_viscosity(self) -> Array:
        """The viscosity of the liquid [mPa s]."""
        return pelleting.water_viscosity(self.temperature) if self.viscosity is None else self.viscosity

    def vesicle_density(self, sizes: SizeClasses) -> Array:
        """Return the density of vesicles, per size class [g/mL]."""
        thickness = self.shell_thickness
        return pelleting.core_shell_density(sizes.diameters, self.lumen_density, self.shell_density, thickness)

    def pelleted_vesicles(self, sizes: SizeClasses) -> Array:
        """Return the pelleted fraction of vesicles, per size class."""
        return self.pelleted(sizes.diameters, self.vesicle_density(sizes))

    def pelleted_others(self, feed: Material) -> dict[str, Array]:
        """Return the pelleted fraction of everything else in the feed that settles, by species; of protein, complexes.

        Particles that the feed does not hold are left out. Aggregates of cargo have the sizes of the vesicles and the
        density of non-vesicular particles.
        """
        sizes, there = self.context.sizes, feed.present()
        cells = self.pelleted(self.cell_diameter * _MICROMETER, self.cell_density)
        settling = {
            "protein": _COMPLEXES * self.pelleted_molecules(self.complex_sedimentation),
            "free_dna": self.pelleted_molecules(self.dna_sedimentation),
            "debris": self.pelleted(self.debris_diameter * _MICROMETER, self.debris_density),
            "viable_cells": cells,
            "dead_cells": cells,
        }
        if "lipoproteins" in there:
            settling["lipoproteins"] = self.pelleted(sizes.diameters, self.lipoprotein_density)
        if not there.keys().isdisjoint(("nonvesicular", "aggregated_cargo")):
            settling["nonvesicular"] = self.pelleted(sizes.diameters, self.nonvesicular_density)
        if "aggregated_cargo" in there:
            settling["aggregated_cargo"] = total(np.asarray(self.context.secreted * settling["nonvesicular"]))
        return settling

    def pelleted(self, diameter: Array, density: Array) -> Array:
        """Return the pelleted fraction of particles of a diameter [nm] and density [g/mL]."""
        viscosity = self.liquid_viscosity
        return self.reaching(pelleting.sedimentation_coefficient(diameter, density, self.medium_density, viscosity))

    def pelleted_molecules(self, coefficient: Array) -> Array:
        """Return the pelleted fraction of molecules whose coefficient in water at 20 degC is given [svedberg]."""
        slowed = pelleting.REFERENCE_VISCOSITY / self.liquid_viscosity
        return self.reaching(coefficient * pelleting.SVEDBERG * slowed)

    def reaching(self, coefficient: Array) -> Array:
        """Return the fraction that reaches a wall, of particles of a sedimentation coefficient [s]."""
        raise TypeError(f"{type(self).__name__} defines no reaching")
