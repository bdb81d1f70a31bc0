"""Cells that tire: growth that falls with the doublings a population has behind it, and potency that falls by passage.

    mu(P) = mu_0 max(0, 1 - (P / P_max)^2),   dP/dt = mu(P) / ln 2
    P(t) = P_max (r + tanh x) / (1 + r tanh x),   r = P_0 / P_max,   x = mu_0 t / (P_max ln 2)

with P population doublings: the closed form of growth that senescence alone ends, smooth and below P_max at all times.
Potency is flat up to a critical passage and then falls by a fixed share with each passage. Slow growth comes well
before senescence can be stained (3.4 % of the cells at passage 13, doi:10.3109/10520295.2011.649785), so that neither
follows from the other here. The quadratic form is an assumption.

Validity: one population; no crowding (multiply the growth rate of :mod:`exosim.physics.growth` by the share where
doublings within one passage are few against P_max); immortal lines have a P_max far above any culture.
"""

from __future__ import annotations

import math

import numpy as np

from exosim.parameter import Array


def doublings(initial: Array, final: Array) -> Array:
    """Return the population doublings between the cells that attached and those at the end, log2(final / initial)."""
    return np.asarray(np.log2(final / initial))


def growth_share(behind: Array, limit: Array) -> Array:
    """Return the growth rate over that of young cells.

    Parameters
    ----------
    behind : population doublings so far P
    limit : doublings at which growth ends P_max
    """
    return np.asarray(np.maximum(1.0 - (behind / limit) ** 2, 0.0))


def doublings_after(behind: Array, limit: Array, growth: Array, hours: Array) -> Array:
    """Return the population doublings after `hours` of growth without crowding.

    Parameters
    ----------
    behind, limit : P at the start and P_max
    growth : specific growth rate of young cells mu_0 [1/h]
    hours : [h]
    """
    share = np.minimum(behind / limit, 1.0)
    progress = np.tanh(growth * hours / (limit * math.log(2.0)))
    return np.asarray(limit * (share + progress) / (1.0 + share * progress))


def potency(passage: Array, critical: Array, loss: Array) -> Array:
    """Return the potency of cells over that of early ones.

    Parameters
    ----------
    passage, critical : passage number, and the last one with full potency
    loss : share of the potency lost with each passage after it
    """
    return np.asarray((1.0 - loss) ** np.maximum(passage - critical, 0.0))
