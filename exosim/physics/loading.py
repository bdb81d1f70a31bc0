"""Loading of vesicles with cargo: what they take up of what is offered, and how many of them carry any.

Uptake is at equilibrium with the cargo that stays dissolved, at the concentration c: each vesicle holds
``q = n_max K c / (1 + K c) + P v c``, places taken one by one (Langmuir) and a partition P between the volume v
of a vesicle and the liquid. With n vesicles per liter the balance ``c_total = c + n q`` is a quadratic in c with one
positive root. Cargo is spread over the vesicles that can carry any as a negative binomial of a mean and a dispersion
k, of which the Poisson distribution is the limit of large k.

Unused cargo can be offered again to fresh vesicles; what a wash recovers of it is a fraction.

Validity: dilute, at equilibrium, no competition. The fraction that is taken up never rises with what is offered: a
threshold below which nothing is loaded, as siRNA shows with pH gradients (Jeyaram et al. 2020), is not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exosim.parameter import Array

AVOGADRO = 6.02214076e23  # 1/mol
_NOTHING = 1e-30


def dissolved(total: Array, places: Array, affinity: Array, dilution: Array) -> Array:
    """Return the concentration of cargo that stays dissolved [mol/L].

    Parameters
    ----------
    total : cargo per volume [mol/L]
    places : places of all vesicles per volume, n n_max [mol/L]
    affinity : K [L/mol]
    dilution : 1 + n P v, how many times less is dissolved for the partition alone
    """
    linear = dilution + affinity * (places - total)
    root = np.abs(linear) + np.sqrt(linear * linear + 4.0 * affinity * dilution * total)
    few = 2.0 * total / np.maximum(root, _NOTHING)
    many = root / np.maximum(2.0 * affinity * dilution, _NOTHING)
    return np.asarray(np.where(np.greater_equal(linear, 0.0), few, many))


def taken_up(total: Array, places: Array, affinity: Array, volume_share: Array) -> Array:
    """Return the fraction of the cargo that the vesicles hold at equilibrium.

    Parameters
    ----------
    total, places, affinity : as in :func:`dissolved`
    volume_share : n P v, the partition times the volume of the vesicles over that of the liquid
    """
    free = dissolved(total, places, affinity, 1.0 + volume_share)
    held = free * volume_share + places * (affinity * free) / (1.0 + affinity * free)
    return np.asarray(held / np.maximum(held + free, _NOTHING))


def carriers(copies: Array, able: Array, dispersion: Array) -> Array:
    """Return the fraction of the vesicles that carry at least one copy.

    Parameters
    ----------
    copies : mean per vesicle, all vesicles counted
    able : fraction of the vesicles that can carry any
    dispersion : k of the negative binomial distribution over those
    """
    spread = np.maximum(able * dispersion, _NOTHING)
    carrying = able * -np.expm1(-dispersion * np.log1p(copies / spread))
    return np.asarray(carrying, dtype=np.asarray(copies).dtype)  # plain numbers widen nothing


@dataclass(frozen=True, slots=True)
class Cycle:
    """What becomes of the cargo that is offered to one portion of the vesicles [mol].

    Attributes
    ----------
    offered, retained : to the portion; by it, as an assay of all that stays with the vesicles finds
    left, recovered : dissolved after the clean-up; recovered for the next portion
    lost : thrown away
    """

    offered: Array
    retained: Array
    left: Array
    recovered: Array
    lost: Array


def cycles(
    offered: Array, retained: Callable[[Array], Array], left: Array, recovered: Array, count: int
) -> tuple[Cycle, ...]:
    """Return what happens when portions of vesicles are loaded in turn, each with the unused cargo of the one before.

    Parameters
    ----------
    offered : to the first portion [mol]
    retained : the fraction of what is offered that stays with a portion, as a function of what is offered [mol]
    left : fraction of the unused cargo that the clean-up leaves with the vesicles
    recovered : fraction of the cargo that was removed that is offered again
    count : number of portions; nothing is recovered from the last
    """
    found: list[Cycle] = []
    for turn in range(count):
        kept = offered * retained(offered)
        stays = (offered - kept) * left
        removed = offered - kept - stays
        again = removed * recovered if turn < count - 1 else 0.0 * removed
        found.append(Cycle(offered, kept, stays, again, removed - again))
        offered = again
    return tuple(found)
