"""What every centrifugation has: a rotor, a speed, a liquid and the densities of what settles in it.

Both operations that spin, `ultracentrifugation` (the pellet goes on) and `clarifying_centrifugation` (the supernatant
goes on), are built on :class:`Spin`; the law is that of :mod:`exosim.physics.pelleting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim import units
from exosim.material import SizeClasses, one_where, short_of_whole
from exosim.operations.base import MeasuredRecovery
from exosim.parameter import Array, parameter
from exosim.physics import pelleting
from exosim.physics.pelleting import Rotor
from exosim.vocabulary import PROTEIN_POOLS

_ROUNDING = 1e-9
_MICROMETER = 1e3  # nm
_COMPLEXES = one_where([[pool == "complex"] for pool in PROTEIN_POOLS])


@dataclass(frozen=True, kw_only=True)
class Spin(MeasuredRecovery):
    """The parameters of a rotor and of what settles in it, and the fractions that they pellet."""

    settling: ClassVar[frozenset[str]] = frozenset({"lumen_density", "shell_density", "shell_thickness"})
    """The parameters that matter for vesicles only, which a measured recovery replaces."""

    force: Array = parameter(
        100_000.0,
        "1",
        low=100,
        high=400_000,
        doc="relative centrifugal force at the mean radius, in multiples of gravity",
        source="thery2006",
        critical=True,
    )
    speed: Array | None = parameter(
        None, "rpm", low=300, high=130_000, doc="speed of the rotor; replaces the force", critical=True
    )
    spin_time: Array = parameter(
        1.5, "h", low=0.05, high=20, doc="time at full speed", source="thery2006", critical=True
    )
    r_min: Array = parameter(
        35.9,
        "mm",
        low=20,
        high=120,
        doc="least distance of the liquid from the axis; the default is the rotor Type 45 Ti",
        source="livshits2015",
        grade="A",
    )
    r_max: Array = parameter(
        103.8,
        "mm",
        low=35,
        high=250,
        doc="largest distance of the liquid from the axis",
        source="livshits2015",
        grade="A",
    )
    tube_diameter: Array = parameter(
        38.0, "mm", low=5, high=100, doc="inner diameter of a tube in a fixed angle", source="livshits2015", grade="A"
    )
    angle: float = parameter(
        24.0,
        "deg",
        low=0,
        high=45,
        maximum=60,
        planned=True,
        doc="angle between tube and axis; 0 for a swinging bucket",
        source="livshits2015",
        grade="A",
    )
    highest_speed: Array | None = parameter(
        None, "rpm", low=2000, high=150_000, doc="rated speed of the rotor, which it must not exceed"
    )
    tubes: float = parameter(
        6, "1", low=1, high=40, whole=True, planned=True, doc="tubes of one run", source="general_knowledge"
    )
    tube_volume: Array = parameter(94.0, "mL", low=0.2, high=1000, doc="liquid in a tube", source="general_knowledge")
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
    turnaround: Array = parameter(
        0.75,
        "h",
        low=0.15,
        high=2,
        doc="work of one run besides the spin: fill, balance, speed up, slow down, empty",
        source="general_knowledge",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the radii and with the speed."""
        if np.any(np.less_equal(self.r_max, self.r_min)):
            yield "r_max", "r_max must be larger than r_min"
            return
        if self.highest_speed is not None and np.any(self.revolutions > self.highest_speed * (1.0 + _ROUNDING)):
            given = "force" if self.speed is None else "speed"
            needed = units.show(float(np.max(self.revolutions)), "rpm", 5)
            most = units.show(float(np.min(self.highest_speed)), "rpm", 5)
            yield given, f"the rotor would turn at {needed}, and its highest speed is {most}"

    def unused(self) -> frozenset[str]:
        """Return what does not matter beside what is given: the path not taken, and a replaced mechanism."""
        idle = set(super().unused())
        if self.speed is not None:
            idle.add("force")
        if self.viscosity is not None:
            idle.add("temperature")
        if self.rotor.swings:
            idle.add("tube_diameter")
        return frozenset(idle)

    @property
    def rotor(self) -> Rotor:
        """The geometry of the rotor."""
        return Rotor(self.r_min, self.r_max, self.tube_diameter, self.angle)

    @property
    def revolutions(self) -> Array:
        """The speed, given or from the force at the mean radius [1/min]."""
        return pelleting.revolutions(self.rotor.mean_radius, self.force) if self.speed is None else self.speed

    @property
    def liquid_viscosity(self) -> Array:
        """The viscosity of the liquid [mPa s]."""
        return pelleting.water_viscosity(self.temperature) if self.viscosity is None else self.viscosity

    def pelleted_vesicles(self, sizes: SizeClasses) -> Array:
        """Return the pelleted fraction of vesicles, per size class."""
        thickness = self.shell_thickness
        density = pelleting.core_shell_density(sizes.diameters, self.lumen_density, self.shell_density, thickness)
        return self.pelleted(sizes.diameters, density)

    def pelleted_others(self, sizes: SizeClasses) -> dict[str, Array]:
        """Return the pelleted fraction of everything else that settles, by species; of protein, complexes."""
        cells = self.pelleted(self.cell_diameter * _MICROMETER, self.cell_density)
        return {
            "nonvesicular": self.pelleted(sizes.diameters, self.nonvesicular_density),
            "lipoproteins": self.pelleted(sizes.diameters, self.lipoprotein_density),
            "protein": _COMPLEXES * self.pelleted_molecules(self.complex_sedimentation),
            "free_dna": self.pelleted_molecules(self.dna_sedimentation),
            "debris": self.pelleted(self.debris_diameter * _MICROMETER, self.debris_density),
            "viable_cells": cells,
            "dead_cells": cells,
        }

    def pelleted(self, diameter: Array, density: Array) -> Array:
        """Return the pelleted fraction of particles of a diameter [nm] and density [g/mL]."""
        viscosity = self.liquid_viscosity
        return self._reaching(pelleting.sedimentation_coefficient(diameter, density, self.medium_density, viscosity))

    def pelleted_molecules(self, coefficient: Array) -> Array:
        """Return the pelleted fraction of molecules whose coefficient in water at 20 degC is given [svedberg]."""
        slowed = pelleting.REFERENCE_VISCOSITY / self.liquid_viscosity
        return self._reaching(coefficient * pelleting.SVEDBERG * slowed)

    def filled(self, volume: Array) -> tuple[Array, Array]:
        """Return the tubes that a volume [L] fills, the last perhaps in part, and the runs that they take."""
        wanted = volume * 1e3 / self.tube_volume
        tubes = np.ceil(np.maximum(wanted - short_of_whole(wanted), 0.0))
        return tubes, np.ceil(tubes / self.tubes - short_of_whole(tubes))

    def speed_limit(self) -> dict[str, Array]:
        """Return the limit that a draw turns the rotor faster than it may."""
        if self.highest_speed is None:
            return {}
        above = np.greater(self.revolutions, self.highest_speed * (1.0 + _ROUNDING))
        return {"above the highest speed of the rotor": one_where(above)}

    def _reaching(self, coefficient: Array) -> Array:
        moved = pelleting.settled(coefficient, self.revolutions, self.spin_time)
        return pelleting.pelleted_fraction(self.rotor, moved)
