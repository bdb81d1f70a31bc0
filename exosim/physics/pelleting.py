"""Pelleting of particles in the tubes of a centrifuge: swinging buckets and fixed angles by one law.

A particle settles with the coefficient ``s = d^2 (rho - rho_0) / (18 eta)`` (Stokes 1851); in the time t it moves from
the radius r to ``r exp(x)``, with ``x = s omega^2 t``. A tube is filled evenly, and its particles move along parallel
chords that end at the outer wall. On a chord of length l those of the last part m reach the wall, so that the pelleted
fraction is the mean of ``min(m, l)`` over the cross-section, divided by the mean of l:

- swinging bucket: every chord runs along the radius from r_min to r_max, and ``m = r_max (1 - exp(-x))`` is exact;
- fixed angle: the chords are horizontal, in the ellipse in which a horizontal plane cuts the tube. Its longest chord is
  ``D / cos(angle)``, and ``m = x r_av``, with the force at the mean radius (Livshits et al. 2015).

With u the ratio of m to the longest chord, at most 1, the fraction is u in the first case and
``(2 / pi) (arcsin u + u sqrt(1 - u^2))`` in the second. The k-factor of a rotor describes the first case only.

Validity: dilute suspensions at one temperature, no convection, no diffusion (particles above about 50 nm; smaller ones
diffuse back), tubes filled to the top. Water: Korson et al. 1969, 0 to 100 degC.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from exosim.parameter import Array

GRAVITY = 9.80665  # m/s2
SVEDBERG = 1e-13  # s
REFERENCE_VISCOSITY = 1.002  # mPa s, of water at 20 degC, to which coefficients in svedberg refer
_STOKES = 1e-12  # nm2 g/mL / (mPa s) in s
_HOUR = 3600.0  # s
_MILLIMETERS = 1e3  # in a meter


@dataclass(frozen=True, slots=True)
class Rotor:
    """The geometry of a rotor with its tubes.

    Attributes
    ----------
    inner, outer : least and largest radius of the liquid, r_min and r_max [mm]
    diameter : inner diameter of a tube; does not matter in a swinging bucket [mm]
    angle : between tube and axis [deg]; 0 for a swinging bucket, whose tubes lie along the radius
    """

    inner: Array
    outer: Array
    diameter: Array = 1.0
    angle: float = 0.0

    @property
    def swings(self) -> bool:
        """Whether the buckets swing out."""
        return self.angle == 0.0

    @property
    def mean_radius(self) -> Array:
        """The mean of the least and the largest radius [mm]."""
        return 0.5 * (self.inner + self.outer)

    @property
    def path(self) -> Array:
        """The longest way of a particle to the wall [mm]."""
        return self.outer - self.inner if self.swings else self.diameter / math.cos(math.radians(self.angle))


def water_viscosity(temperature: Array) -> Array:
    """Return the viscosity of water at a `temperature` in degC [mPa s]."""
    cooler = 20.0 - temperature
    return np.asarray(REFERENCE_VISCOSITY * 10.0 ** ((1.1709 - 0.001827 * cooler) * cooler / (temperature + 89.93)))


def core_shell_density(diameter: Array, lumen: Array, shell: Array, thickness: Array) -> Array:
    """Return the density of vesicles: a lumen in a shell of membrane [g/mL].

    Parameters
    ----------
    diameter : outer diameter [nm]
    lumen, shell : densities [g/mL]
    thickness : of the shell; below a radius of this size a vesicle is all shell [nm]
    """
    core = np.maximum(1.0 - 2.0 * thickness / diameter, 0.0) ** 3
    return np.asarray(lumen * core + shell * (1.0 - core))


def sedimentation_coefficient(diameter: Array, density: Array, medium: Array, viscosity: Array) -> Array:
    """Return the coefficient s of a sphere [s]; 0 for what floats.

    Parameters
    ----------
    diameter : [nm]
    density, medium : of the particle and of the liquid [g/mL]
    viscosity : of the liquid [mPa s]
    """
    return np.asarray(_STOKES / 18.0 * diameter**2 / viscosity * np.maximum(density - medium, 0.0))


def angular_speed(revolutions: Array) -> Array:
    """Return omega [1/s] of a speed in revolutions per minute."""
    return revolutions * (np.pi / 30.0)


def relative_force(radius: Array, revolutions: Array) -> Array:
    """Return the force in multiples of gravity at a `radius` in mm and a speed in revolutions per minute."""
    return angular_speed(revolutions) ** 2 * radius / (_MILLIMETERS * GRAVITY)


def revolutions(radius: Array, force: Array) -> Array:
    """Return the speed [1/min] that makes a `force` in multiples of gravity at a `radius` in mm."""
    return np.asarray(np.sqrt(force * GRAVITY * _MILLIMETERS / radius) * (30.0 / np.pi))


def k_factor(rotor: Rotor, speed: Array) -> Array:
    """Return the clearing factor of the radial path, ``ln(r_max / r_min) / omega^2`` [svedberg h].

    Parameters
    ----------
    speed : [1/min]
    """
    return np.asarray(np.log(rotor.outer / rotor.inner) / (angular_speed(speed) ** 2 * _HOUR * SVEDBERG))


def settled(coefficient: Array, speed: Array, hours: Array) -> Array:
    """Return x, the logarithm of the radius that a free particle gains.

    Parameters
    ----------
    coefficient : s [s]
    speed : [1/min]
    hours : at full speed [h]
    """
    return coefficient * (angular_speed(speed) ** 2 * (hours * _HOUR))


def settled_at_the_wall(rotor: Rotor) -> Array:
    """Return the x at which the last particle reaches the wall."""
    return np.asarray(np.log(rotor.outer / rotor.inner) if rotor.swings else rotor.path / rotor.mean_radius)


def pelleting_hours(rotor: Rotor, coefficient: Array, speed: Array) -> Array:
    """Return the time until particles of a coefficient s [s] are pelleted altogether [h]; `speed` in 1/min."""
    return np.asarray(settled_at_the_wall(rotor) / (coefficient * angular_speed(speed) ** 2 * _HOUR))


def cutoff_diameter(rotor: Rotor, excess: Array, viscosity: Array, speed: Array, hours: Array) -> Array:
    """Return the diameter from which on all particles are pelleted [nm].

    Parameters
    ----------
    excess : density of the particles over that of the liquid [g/mL]
    viscosity : of the liquid [mPa s]
    speed : [1/min]
    hours : at full speed [h]
    """
    of_one_nanometer = settled(_STOKES * excess / (18.0 * viscosity), speed, hours)
    return np.asarray(np.sqrt(settled_at_the_wall(rotor) / of_one_nanometer))


def pelleted_fraction(rotor: Rotor, moved: Array) -> Array:
    """Return the fraction of evenly spread particles that reaches the wall of its tube.

    Parameters
    ----------
    moved : x of :func:`settled`, per size class or for one kind of particle
    """
    if rotor.swings:
        return np.asarray(np.minimum(-rotor.outer * np.expm1(-moved) / rotor.path, 1.0))
    ratio = np.asarray(np.minimum(moved * (rotor.mean_radius / rotor.path), 1.0))
    if ratio.ndim < 2:
        return _in_the_ellipse(ratio)
    fraction, some = np.ones_like(ratio), ratio.min(axis=1, initial=1.0) < 1.0
    fraction[some] = _in_the_ellipse(ratio[some])
    return fraction


def _in_the_ellipse(ratio: Array) -> Array:
    """Return the fraction of what moves along the chords of an ellipse, by its way over the longest of them."""
    return np.asarray((np.arcsin(ratio) + ratio * np.sqrt(1.0 - np.square(ratio))) * (2.0 / np.pi))


def sector_fraction(rotor: Rotor, moved: Array) -> Array:
    """Return the pelleted fraction in a cell that widens with the radius, as in an analytical centrifuge."""
    area = rotor.outer**2 - rotor.inner**2
    return np.asarray(np.minimum(-(rotor.outer**2) * np.expm1(-2.0 * moved) / area, 1.0))
