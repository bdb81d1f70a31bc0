"""Pelleting in a swinging-bucket rotor: particles settle in tubes, and the pellets are taken up in buffer.

Model: a particle of diameter d in a liquid of viscosity eta settles with the coefficient s = d^2 (rho - rho_0) /
(18 eta) (Stokes). In a swinging bucket it moves along the radius as r(t) = r(0) exp(s omega^2 t), so that of particles
spread evenly between r_min and r_max the fraction r_max (1 - exp(-s omega^2 t)) / (r_max - r_min) reaches the bottom,
at most all. The square of the speed follows from the relative centrifugal force at the mean radius. The liquid is spun
in as many runs as it takes to fill the tubes; a pellet keeps some liquid, and part of it is not taken up again.

Assumptions: a cylindrical tube, no convection, no crowding; debris and cells are pelleted wholly; non-vesicular
particles settle like vesicles of their size, and lipoproteins stay in the supernatant, because they are light.

Validity: swinging buckets; in fixed-angle rotors the path is another one. Aggregation in the pellet is not modeled.

Sources: Livshits et al. 2015 (model, radii of the rotor SW 40 Ti, density of vesicles).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material
from exosim.operations.base import MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter

GRAVITY = 9.80665  # m/s2
WATER_DENSITY = 1.0  # g/mL
_TO_SECONDS = 1e-18 * 1e3 / 1e-3  # nm2 g/mL / (mPa s)
_SECONDS = 3600.0  # of an hour
_SAME = 1e-9  # rounding of the number of tubes


def pelleted_fraction(
    diameter: Array, density: Array, viscosity: Array, force: Array, hours: Array, inner: Array, outer: Array
) -> Array:
    """Return the fraction of particles that reaches the bottom of a swinging-bucket tube.

    Parameters
    ----------
    diameter : of the particles [nm]
    density : of the particles; that of the liquid is 1 [g/mL]
    viscosity : of the liquid [mPa s]
    force : relative centrifugal force at the mean radius, in multiples of gravity
    hours : duration at full speed [h]
    inner, outer : distance of the meniscus and of the bottom from the axis [mm]
    """
    settling = _TO_SECONDS * diameter**2 * (density - WATER_DENSITY) / (18.0 * viscosity)
    squared_speed = force * GRAVITY / (0.5e-3 * (inner + outer))
    moved = -np.expm1(-settling * squared_speed * hours * _SECONDS)
    return np.asarray(np.minimum(outer * moved / (outer - inner), 1.0))


@dataclass(frozen=True, kw_only=True)
class SwingingBucketPelleting(MeasuredRecovery):
    """Vesicles pelleted in the tubes of a swinging-bucket rotor."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"resuspended"})
    takes_longer: ClassVar[str | None] = "rotor"

    force: Array = parameter(
        100_000.0,
        "1",
        low=10_000,
        high=200_000,
        doc="relative centrifugal force at the mean radius, in multiples of gravity",
        source="chhoy2021",
        critical=True,
    )
    spin_time: Array = parameter(
        2.0, "h", low=0.5, high=18, doc="time at full speed", source="chhoy2021", critical=True
    )
    inner_radius: Array = parameter(
        66.7, "mm", low=40, high=80, doc="distance of the meniscus from the axis", source="livshits2015", grade="A"
    )
    outer_radius: Array = parameter(
        158.8, "mm", low=90, high=170, doc="distance of the bottom from the axis", source="livshits2015", grade="A"
    )
    particle_density: Array = parameter(
        1.15, "g/mL", low=1.05, high=1.25, doc="density of the particles", source="livshits2015", grade="A"
    )
    viscosity: Array = parameter(
        1.55, "mPa*s", low=0.7, high=3.0, doc="viscosity of the liquid", source="livshits2015", grade="A"
    )
    tubes: float = parameter(6, "1", low=1, high=12, doc="tubes in the rotor", planned=True, whole=True)
    tube_volume: Array = parameter(12.0, "mL", low=1.0, high=40.0, doc="liquid in a tube")
    pellet_volume: Array = parameter(0.1, "mL", low=0.01, high=0.5, doc="liquid that stays with a pellet")
    take_up_volume: Array = parameter(0.2, "mL", low=0.05, high=1.0, doc="buffer that takes up a pellet")
    resuspended: Array = parameter(0.8, "1", low=0.1, high=1.0, doc="fraction of a pellet that is taken up again")
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=1.0, doc="salt of the buffer", source="general_knowledge"
    )
    handling_time: Array = parameter(
        1.0, "h", low=0.25, high=4, doc="time to fill, speed up, slow down and empty in each run"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the pellets of all tubes, taken up in buffer."""
        tubes = feed.volume * 1e3 / self.tube_volume
        runs = np.ceil(np.maximum(tubes / self.tubes - _SAME, 0.0))
        kept, losses = self._settled(feed)
        volume = tubes * self.take_up_volume * 1e-3
        buffer = Material(volume=volume, salt=volume * self.buffer_salt)
        return Outcome(
            kept + buffer,
            added=buffer,
            losses=losses,
            phases=(
                Phase("handle", runs * self.handling_time),
                Phase("spin", runs * self.spin_time, attended=False),
            ),
            consumption={"buffer": volume},
            monitors={"runs": runs},
        )

    def _settled(self, feed: Material) -> tuple[Material, dict[str, Material]]:
        """Return what is taken up of the pellets, and the losses: in the supernatant, and on the wall."""
        liquid = self.pellet_volume / self.tube_volume
        pelleted = pelleted_fraction(
            self.context.sizes.diameters,
            self.particle_density,
            self.viscosity,
            self.force,
            self.spin_time,
            self.inner_radius,
            self.outer_radius,
        )
        particles = pelleted + (1.0 - pelleted) * liquid  # what has not arrived is in the liquid above the pellet too
        solids = dict.fromkeys(("debris", "viable_cells", "dead_cells"), 1.0)
        with_vesicles = dict.fromkeys(("vesicles", "associated_protein", "bound_dna"), 1.0)
        kept, supernatant = feed.separate({**with_vesicles, **solids, "nonvesicular": particles}, otherwise=liquid)
        mechanism = {"not pelleted": particles, "not taken up": self.resuspended}
        kept, losses = self.take_vesicles("measured loss", mechanism, kept)
        return kept, {"supernatant": supernatant, **losses}
