"""Lognormal number distributions of particle diameter, and the protein that a vesicle carries.

Partial moments of a lognormal: the share of the k-th moment between two diameters is a difference of normal
distribution functions with the logarithm of the median shifted by k sigma^2 (Aitchison & Brown 1957).

The protein ceiling is the largest ratio of vesicles to protein that pure vesicles can show: each holds a protein mass
``phi_p rho_p (pi/6) d^3`` with protein volume fraction phi_p and protein density 1.35 g/cm3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exosim.material import SizeClasses, weighted
from exosim.normal import normal_distribution
from exosim.parameter import Array

_PRACTICALLY_EMPTY = 1e-9
PROTEIN_DENSITY = 1.35e-15  # ug/nm3, that is 1.35 g/cm3


def moment_below(diameter: Array, median: Array, gsd: Array, moment: float = 0.0) -> NDArray[np.float64]:
    """Return the share of the `moment`-th moment that lies below a diameter; parameters as in :func:`moment_share`."""
    per_sigma = 1.0 / np.log(gsd)
    center = np.log(median) * per_sigma + moment / per_sigma
    scores = np.asarray(np.log(diameter) * per_sigma - center)
    return normal_distribution(scores, out=scores)


def moment_share(low: Array, high: Array, median: Array, gsd: Array, moment: float = 0.0) -> Array:
    """Return the share of the `moment`-th moment that lies between two diameters.

    Parameters
    ----------
    low, high : diameters [nm]
    median, gsd : median [nm] and geometric standard deviation of the number distribution
    moment : 0 for number, 3 for volume
    """
    return moment_below(high, median, gsd, moment) - moment_below(low, median, gsd, moment)


def size_classes(classes: int, median: float, gsd: float, low: float = 30.0, high: float = 400.0) -> SizeClasses:
    """Return `classes` size classes between `low` and `high` [nm], evenly spaced in log diameter.

    The mean cube of a class follows from the lognormal with `median` [nm] and `gsd`, so that the protein of the
    vesicles is exact for that distribution however few the classes are.
    """
    edges = np.geomspace(low, high, classes + 1)
    number = moment_share(edges[:-1], edges[1:], median, gsd)
    third_moment = median**3 * np.exp(4.5 * np.log(gsd) ** 2)
    volume = moment_share(edges[:-1], edges[1:], median, gsd, moment=3.0)
    middle = np.sqrt(edges[:-1] * edges[1:]) ** 3
    cubes = np.where(
        number > _PRACTICALLY_EMPTY, third_moment * volume / np.maximum(number, _PRACTICALLY_EMPTY), middle
    )
    return SizeClasses(edges, cubes[:, None])


def mode(median: Array, gsd: Array) -> Array:
    """Return the most frequent diameter [nm]."""
    return np.asarray(median * np.exp(-(np.log(gsd) ** 2)))


def variation(gsd: Array) -> Array:
    """Return the coefficient of variation of the diameter."""
    return np.asarray(np.sqrt(np.expm1(np.log(gsd) ** 2)))


def class_shares(sizes: SizeClasses, median: Array, gsd: Array) -> Array:
    """Return the number fraction in each size class, shape (classes, lanes), summing to 1.

    The distribution is truncated to the grid: what lies outside is counted in proportion.
    """
    below = moment_below(sizes.edges[:, None], median, gsd)
    shares = below[1:] - below[:-1]
    shares /= below[-1] - below[0]
    return np.asarray(shares)


def vesicle_protein(vesicles: Array, sizes: SizeClasses, volume_fraction: Array) -> Array:
    """Return the vesicles' own protein [ug], shape (lanes,).

    Parameters
    ----------
    vesicles : number per size class [EV]
    volume_fraction : protein volume fraction of a vesicle, phi_p
    """
    return volume_fraction * weighted(vesicles, sizes.mean_cubes * (PROTEIN_DENSITY * np.pi / 6.0))


def protein_ceiling(diameter: Array, volume_fraction: Array) -> Array:
    """Return the vesicles per microgram of protein of pure vesicles of one diameter [EV/ug].

    Parameters
    ----------
    diameter : true diameter [nm]
    volume_fraction : protein volume fraction of a vesicle, phi_p
    """
    return 1.0 / (volume_fraction * (PROTEIN_DENSITY * np.pi / 6.0) * diameter**3)
