"""Precipitation of particles by a polymer that is excluded from their surroundings.

Chains of polymer cannot come close to a particle; the larger it is, the more is gained when two of them share what is
excluded. Particles of a diameter d precipitate above a concentration of polymer that falls with their size,
``c* = c100 (100 nm / d)^m``, and then the more completely the more polymer there is,
``Y = 1 - exp(-beta (c - c*))``. That larger ones need less is seen with albumin and its dimers (Ingham 1978) and
explained by depletion (Odijk 2008); the form of Y and the power m are conventions. Growth of the precipitate takes
time: ``1 - exp(-t / tau)`` of it can be spun down after a hold t.

Validity: one polymer (PEG of 6 to 10 kDa) and one salt; uncharged particles; proteins far from their isoelectric point.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

REFERENCE_DIAMETER = 100.0  # nm, the diameter to which c100 refers


def critical_concentration(diameters: Array, of_reference: Array, exponent: Array) -> Array:
    """Return the concentration of polymer above which particles precipitate [g/L].

    Parameters
    ----------
    diameters : [nm]
    of_reference : that of 100 nm particles, c100 [g/L]
    exponent : m; 0 when size does not matter
    """
    return np.asarray(of_reference * np.exp(exponent * np.log(REFERENCE_DIAMETER / diameters)))


def precipitated(polymer: Array, critical: Array, steepness: Array) -> Array:
    """Return the fraction of the particles that precipitates in the end.

    Parameters
    ----------
    polymer, critical : concentration of polymer, and the one above which these particles precipitate [g/L]
    steepness : beta [L/g]
    """
    return np.asarray(1.0 - np.exp(-steepness * np.maximum(polymer - critical, 0.0)))


def grown(hours: Array, time_constant: Array) -> Array:
    """Return the fraction of the precipitate that has grown large enough to be spun down after a hold [h, h]."""
    return np.asarray(-np.expm1(-hours / time_constant))


def stock_volume(volume: Array, target: Array, stock: Array) -> Array:
    """Return the volume of a stock that brings a volume to a concentration [L].

    Parameters
    ----------
    volume : of the liquid [L]
    target, stock : concentration that is wanted and that of the stock, which is larger [g/L]
    """
    return volume * target / (stock - target)
