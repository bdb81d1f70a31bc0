"""Adsorption to a bed: isotherms, the ceiling that geometry sets, salt, and many solutes that share the sites.

*Isotherms.* ``q = q_max K c / (1 + K c)`` (Langmuir 1918); where several solutes share the sites,
``q_i = q_max,i K_i c_i / (1 + sum K_m c_m)``. A bed of a void fraction e holds ``(1 - e) q`` per volume.

*Ceiling.* Vesicles cover a surface once, at random and for good: 54.7 % of it (Feder 1980), each with its
cross-section. A channel of diameter D has the surface 4 / D per volume of liquid.

*Salt.* Of what is bound, ``E = 1 / (1 + (I50 / I)^h)`` is released by a step of salt I. The same law as a retention
factor, ``k' = v (I50 / I)^h`` in column volumes, tells how much liquid at that salt moves a solute through the bed:
half is released at I50 by the volume v. That is stoichiometric displacement with the exponent h (Brooks & Cramer 1992).
Steps in a row each reach equilibrium: after a wash that releases E_w the elution pools ``(1 - E_w) E_e``, little more
than the difference ``E_e - E_w`` that solutes of many midpoints would give.
A negative h turns the sign: what salt binds, such as by preferential exclusion, and its absence releases.

*Load.* A bed loaded with n column volumes is one equilibrium stage of the multi-component Langmuir isotherm: of each
solute ``k' f / (k' f + n)`` is bound, with the free share of the sites ``f = 1 - sum(demand x bound)``, where a demand
is the amount loaded over what the bed holds of that solute alone. Below saturation nearly all is bound; above it, what
binds least flows through first.

Validity: local equilibrium; one stage blurs the front, so that it errs towards loss. Vesicles that are never released
are not in these laws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exosim.material import rounded_up, times
from exosim.parameter import Array

JAMMING = 0.547
"""Share of a surface that random sequential adsorption of spheres covers (Feder 1980)."""
_STEPS = 10
_ARRIVED = 32.0
"""Step of a lane that is taken for rounding, in units of the last place."""
_TINY, _ROUNDING = 1e-30, 1e-15
_FIRMEST = 40.0  # logarithm of a ratio above which nothing ever leaves
_SMALLEST_SALT = 5e-3  # mol/L: water is never free of ions


def langmuir(concentration: Array, saturation: Array, affinity: Array) -> Array:
    """Return what a sorbent holds at equilibrium, in units of `saturation`.

    Parameters
    ----------
    concentration : of the liquid c
    saturation : q_max
    affinity : K, one over the concentration of half saturation
    """
    return saturation * affinity * concentration / (1.0 + affinity * concentration)


def competitive_langmuir(concentrations: Array, saturations: Array, affinities: Array) -> NDArray[np.float64]:
    """Return what a sorbent holds of each solute where all share its sites; solutes on axis 0."""
    pull = np.asarray(affinities * concentrations)
    return np.asarray(saturations * pull / (1.0 + pull.sum(axis=0)))


def bed_capacity(held: Array, void_fraction: Array) -> Array:
    """Return what a bed holds per volume, given what its solid holds per volume."""
    return (1.0 - void_fraction) * held


def channel_surface(porosity: Array, channel_diameter: Array) -> Array:
    """Return the surface of a bed of straight channels per its volume [m2/mL].

    Parameters
    ----------
    porosity : volume of the channels over that of the bed
    channel_diameter : [um]; of a bed of beads of diameter d the hydraulic one, 2/3 d e / (1 - e)
    """
    return 4.0 * porosity / channel_diameter


def covering_capacity(surface: Array, diameters: Array) -> NDArray[np.float64]:
    """Return how many particles a surface holds when it is jammed with those of one diameter.

    Parameters
    ----------
    surface : [m2], or [m2/mL] for a number per mL
    diameters : [nm]
    """
    return np.asarray(JAMMING * surface / (0.25 * math.pi * (diameters * 1e-9) ** 2))


def salt_ratio(salt: Array, midpoint: Array, steepness: Array) -> NDArray[np.float64]:
    """Return (I50 / I)^h, the ratio of what stays bound to what a step of salt releases.

    Parameters
    ----------
    salt, midpoint : I and I50 [mol/L]
    steepness : h
    """
    firmness = steepness * np.log(midpoint / np.maximum(salt, _SMALLEST_SALT))
    return np.asarray(np.exp(np.minimum(firmness, _FIRMEST)))


def size_ratio(diameters: Array, exponent: Array, steepness: Array) -> NDArray[np.float64]:
    """Return how much more firmly particles are held than those of 100 nm: I50 rises with (d / 100 nm)^exponent."""
    return np.asarray(np.exp(exponent * steepness * np.log(diameters / 100.0)))


def released(ratio: Array) -> Array:
    """Return the share E that a step of salt releases, given the ratio of bound to released."""
    return 1.0 / (1.0 + ratio)


def free_sites(demands: Sequence[Array], strengths: Sequence[Array]) -> NDArray[np.float64]:
    """Return the share f of the sites that stays free under a load of many solutes, shape (lanes,).

    Parameters
    ----------
    demands : amount loaded over what the bed holds of that solute alone, each a number or of shape (lanes,)
    strengths : retention factor over the column volumes loaded, k' / n

    Notes
    -----
    With y = 1 / f the balance of the sites is ``y = 1 + sum x a y / (a + y)``. Each step puts one solute in the place
    of all, with the same sum and slope at y, for which the balance is a quadratic equation: exact for one solute, and
    within 1e-9 after ten steps for solutes whose strengths lie fifteen decades apart. A solute of many sizes comes with
    its mean strength: nothing is lost by that where all or little is bound, and the bed never holds more than it can.
    A lane that moves by rounding alone stays where it is for good, so that its bits do not depend on when others end.
    """
    each = np.stack(np.broadcast_arrays(*demands, *strengths))
    demand, strength = each[: len(demands)], each[len(demands) :]
    inverse = np.ones(each.shape[1:], each.dtype)
    for _ in range(_STEPS):
        bound = strength / (strength + inverse)
        taken = demand * bound
        held, slope = taken.sum(axis=0) + _TINY, (taken * bound).sum(axis=0) + _TINY
        found = np.maximum(_of_one_solute(held, slope / held, inverse), 1.0)
        moved = np.abs(found - inverse) > _ARRIVED * np.finfo(each.dtype).eps * inverse
        if not np.any(moved):
            break
        np.copyto(inverse, found, where=moved)
    return np.asarray(1.0 / inverse)


def _of_one_solute(held: Array, bound: Array, inverse: Array) -> Array:
    """Return y for the one solute that stands for all: a share `bound` of it is bound at the last y.

    It is the positive root of ``y^2 - 2 h y - a``, as ``sqrt(a) exp(arsinh(h / sqrt(a)))``: nothing cancels.
    """
    strength = inverse * bound / np.maximum(1.0 - bound, _ROUNDING)
    root = np.sqrt(strength)
    half = 0.5 * (strength * (held / bound - 1.0) + 1.0) / root
    apart = np.log(np.abs(half) + np.sqrt(np.square(half) + 1.0))
    return np.asarray(root * np.exp(np.copysign(apart, half)))


def bound_share(strength: Array, free: Array) -> Array:
    """Return the share of a solute that is bound, given its strength k' / n and the share of free sites."""
    held = times(strength, free)
    return held / (1.0 + held)


def cycles_needed(load: Array, safety: Array, most: Array | None = None) -> Array:
    """Return in how many equal loads a bed takes a lot: ``ceil(load / safety)``, at least 1 and at most `most`.

    Parameters
    ----------
    load : what there is over what the bed holds
    safety : share of the capacity that a load may take
    most : largest number of loads; none: as many as it takes
    """
    cycles = rounded_up(load / safety)
    return cycles if most is None else np.minimum(cycles, most)
