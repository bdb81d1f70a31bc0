"""Chips in parallel: throughput, clogging and a constant purity.

Chips that each take a flow F need ``V / (n F)`` for a volume V. Clogs come at random with the volume, at the hazard h:
``h V`` are expected and ``exp(-h V)`` is the chance of none; each costs a chip, the time of its exchange and the liquid
that it holds. A separation of constant purity p lets so many other particles through that vesicles are the share p of
what leaves, or all of them where there are fewer.

Validity: clogs that are independent of each other; flow and purity that do not depend on concentration.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

_NOTHING = 1e-30


def hours(volume: Array, flow: Array, chips: Array, clogs: Array, exchange: Array) -> Array:
    """Return the time that chips in parallel take [h].

    Parameters
    ----------
    volume : [mL]
    flow : through one chip [mL/h]
    chips : in parallel
    clogs : expected clogs, which are spread over the chips
    exchange : time to exchange one chip [h]
    """
    return (volume / flow + clogs * exchange) / chips


def lost_in_clogs(clogs: Array, hold_up: Array, volume: Array) -> Array:
    """Return the fraction of a volume that is lost in clogged chips; `hold_up` of one chip and `volume` in one unit."""
    return np.asarray(np.minimum(clogs * hold_up / np.maximum(volume, _NOTHING), 1.0))


def chance_of_a_clog(hazard: Array, volume: Array) -> Array:
    """Return the chance of at least one clog; `hazard` per unit of `volume`."""
    return np.asarray(-np.expm1(-hazard * volume))


def passing_others(vesicles: Array, others: Array, purity: Array) -> Array:
    """Return the fraction of the other particles that leaves with the vesicles.

    Parameters
    ----------
    vesicles : that leave
    others : particles that are offered besides
    purity : share of the vesicles in what leaves, above 0
    """
    let_through = vesicles * (1.0 - purity) / purity
    return np.asarray(np.minimum(let_through / np.maximum(others, 1.0), 1.0))
