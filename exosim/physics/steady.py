"""Steady states of continuous cultures on one limiting substrate: the chemostat, and perfusion with cell retention.

Chemostat (Monod 1950; Novick & Szilard 1950), with dilution rate D and feed concentration S_f:

    S = K D / (mu_max - D)      X = Y (S_f - S)      washout at D = mu_max S_f / (K + S_f)
    most cells per time at D = mu_max (1 - sqrt(K / (K + S_f)))

Perfusion with bleed b and harvest h (both per vessel volume), of which the device keeps the share R of the cells:

    mu = b + (1 - R) h      X = Y (b + h) (S_f - S) / mu      E = q X / (b + s h + k_d + k_u X)

where s is the share of the vesicles that passes the device. Of what is secreted, s h / (b + s h + k_d + k_u X) is
harvested.

Validity: one limiting substrate, no maintenance, no death, no inhibition; at or beyond washout the vessel holds the
feed and no cells.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array


def limiting_substrate(growth: Array, largest_growth: Array, half: Array, feed: Array) -> Array:
    """Return the substrate at which cells grow at a given rate [mM]; that of the feed where they cannot.

    Parameters
    ----------
    growth : specific growth rate that the flows impose, the dilution rate of a chemostat [1/h]
    largest_growth, half : mu_max [1/h] and Monod constant K [mM]
    feed : substrate in the feed S_f [mM]
    """
    possible = growth < washout_dilution(largest_growth, half, feed)
    reached = np.where(possible, growth, 0.0)
    return np.asarray(np.where(possible, half * reached / (largest_growth - reached), feed))


def chemostat_cells(substrate: Array, feed: Array, cell_yield: Array) -> Array:
    """Return the cell density of a chemostat; `cell_yield` is density per substrate [cell/mL/mM]."""
    return cell_yield * (feed - substrate)


def washout_dilution(largest_growth: Array, half: Array, feed: Array) -> Array:
    """Return the dilution rate at and above which all cells are washed out [1/h]."""
    return largest_growth * feed / (half + feed)


def most_productive_dilution(largest_growth: Array, half: Array, feed: Array) -> Array:
    """Return the dilution rate at which a chemostat makes the most cells per time [1/h]."""
    return np.asarray(largest_growth * (1.0 - np.sqrt(half / (half + feed))))


def perfusion_growth(bleed: Array, harvest: Array, retention: Array) -> Array:
    """Return the growth rate at which a perfusion culture is steady [1/h]: the rate at which cells leave.

    Parameters
    ----------
    bleed, harvest : per vessel volume [1/h]
    retention : share of the cells of the harvest that stays
    """
    return bleed + (1.0 - retention) * harvest


def perfusion_cells(
    growth: Array, bleed: Array, harvest: Array, substrate: Array, feed: Array, cell_yield: Array
) -> Array:
    """Return the cell density of a perfusion culture; units as in :func:`chemostat_cells`; `growth` above 0."""
    return cell_yield * (bleed + harvest) * (feed - substrate) / growth


def vesicle_titer(secretion: Array, cells: Array, leaving: Array, lost: Array) -> Array:
    """Return the steady concentration of free vesicles [EV/mL].

    Parameters
    ----------
    secretion : q [EV/cell/h]
    cells : [cell/mL]
    leaving : rate at which vesicles leave, bleed plus sieving times harvest [1/h]
    lost : decay plus re-uptake k_d + k_u X [1/h]; `leaving` and `lost` not both 0
    """
    return secretion * cells / (leaving + lost)


def harvested_share(harvest: Array, sieving: Array, bleed: Array, lost: Array) -> Array:
    """Return the share of the secreted vesicles that is in the harvest; arguments as in the functions above."""
    passing = sieving * harvest
    return passing / (passing + bleed + lost)
