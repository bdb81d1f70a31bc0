"""What every centrifugation in tubes has: a rotor, a speed, and what settles in its tubes.

The operations that spin tubes, `ultracentrifugation` (the pellet goes on), `clarifying_centrifugation` (the supernatant
goes on) and `density_gradient` (a band goes on), are built on :class:`Spin`; the law is that of
:mod:`exosim.physics.pelleting`, and what settles is that of :class:`~exosim.settling.Settling`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from exosim import units
from exosim.material import one_where, rounded_up
from exosim.parameter import Array, parameter
from exosim.physics import pelleting
from exosim.physics.pelleting import Rotor
from exosim.settling import Settling, wrong_radii

_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Spin(Settling):
    """The parameters of a rotor and of what settles in it, and the fractions that they pellet."""

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
        wrong = list(wrong_radii(self.r_min, self.r_max))
        yield from wrong
        if wrong:
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

    def filled(self, volume: Array, in_a_tube: Array | None = None) -> tuple[Array, Array]:
        """Return the tubes that a volume [L] fills, the last perhaps in part, and the runs that they take.

        Parameters
        ----------
        volume : [L]
        in_a_tube : of that volume in one tube [mL]; None where tubes are filled with it
        """
        wanted = volume * 1e3 / (self.tube_volume if in_a_tube is None else in_a_tube)
        tubes = rounded_up(wanted, 0.0)
        return tubes, rounded_up(tubes / self.tubes, 0.0)

    def speed_limit(self) -> dict[str, Array]:
        """Return the limit that a draw turns the rotor faster than it may."""
        if self.highest_speed is None:
            return {}
        above = np.greater(self.revolutions, self.highest_speed * (1.0 + _ROUNDING))
        return {"above the highest speed of the rotor": one_where(above)}

    def reaching(self, coefficient: Array) -> Array:
        """Return the fraction that reaches the wall of its tube, of particles of a sedimentation coefficient [s]."""
        moved = pelleting.settled(coefficient, self.revolutions, self.spin_time)
        return pelleting.pelleted_fraction(self.rotor, moved)
