"""Vesicles in store: bodies that fill with vesicles and fuse with the cell membrane, and what stimuli make of them.

    dM/dt = b - (k_f + k_l) M        release = n k_f M

M is the store of multivesicular bodies of a cell, b their formation, k_f fusion with the membrane and k_l degradation
in lysosomes. All is relative to the basal steady state M_0 = b / (k_f + k_l): with the folds f on fusion and g on
formation and K = f k_f + k_l, the load m = M / M_0 tends to m_end = g (k_f + k_l) / K as exp(-K t), and

    released in T, in hours of basal release:  f (m_end T + (m - m_end) (1 - exp(-K T)) / K)

A stimulus on fusion gives a burst that empties the store; the gain that remains is f (k_f + k_l) / K, none where
nothing is degraded. A stimulus on formation gives a rise that lasts and comes with the delay 1 / (k_f + k_l). Bursts
that follow each other before the store has filled again give less each. Vesicles that bud from the membrane itself are
a share of the basal release that no stimulus here changes.

Validity: one store that is well mixed; folds constant within a pulse; viability and growth are not touched.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from exosim.parameter import Array
from exosim.physics.growth import relative_growth

_TINY = 1e-30  # where nothing fuses and nothing is degraded, nothing is released either
Target = Literal["fusion", "formation"]


@dataclass(frozen=True, slots=True)
class Pulse:
    """A stimulus.

    Attributes
    ----------
    target : whether it acts on fusion or on formation
    fold : factor on that rate while it lasts
    start, hours : when it begins and how long it lasts [h]
    """

    target: Target
    fold: Array
    start: float
    hours: float

    def acts(self, time: float) -> bool:
        """Return whether the pulse is on at a time [h]."""
        return self.start <= time < self.start + self.hours


@dataclass(frozen=True, slots=True)
class Store:
    """The store after an interval.

    Attributes
    ----------
    load : M at the end over the basal M_0
    released : vesicles released in the interval, in hours of basal release [h]
    """

    load: Array
    released: Array


def after(load: Array, fusion_fold: Array, formation_fold: Array, fusion: Array, lysis: Array, hours: Array) -> Store:
    """Return the store after an interval with constant rates.

    Parameters
    ----------
    load : M at the start over the basal M_0; 1 for a culture at rest
    fusion_fold, formation_fold : factors f and g on the basal rates
    fusion, lysis : basal k_f, above 0, and k_l [1/h]
    hours : length of the interval [h]
    """
    turned = (fusion_fold * fusion + lysis) * hours
    formed, kept = formation_fold * (fusion + lysis) * hours, relative_growth(turned)
    mean_load = load * kept + formed * (1.0 - kept) / (turned + _TINY)
    return Store(np.asarray(load * np.exp(-turned) + formed * kept), np.asarray(fusion_fold * hours * mean_load))


def _fold(pulses: Sequence[Pulse], target: Target, time: float) -> Array:
    """Return the product of the folds of the pulses that act on a target at a time."""
    fold: Array = 1.0
    for pulse in pulses:
        if pulse.target == target and pulse.acts(time):
            fold = fold * pulse.fold
    return fold


def _pieces(pulses: Sequence[Pulse], start: float, stop: float) -> Iterator[tuple[float, float]]:
    """Yield start and length of the pieces of an interval within which no pulse begins or ends."""
    changes = {time for pulse in pulses for time in (pulse.start, pulse.start + pulse.hours)}
    times = [start, *sorted(time for time in changes if start < time < stop), stop]
    for begin, end in itertools.pairwise(times):
        yield begin, end - begin


def release_ratios(
    pulses: Sequence[Pulse], fusion: Array, lysis: Array, budding: Array, edges: Sequence[float]
) -> list[Array]:
    """Return what is released in consecutive intervals over what cells at rest would release in them.

    Parameters
    ----------
    pulses : stimuli; folds of pulses that overlap multiply, those before the first edge do not count
    fusion, lysis : basal rates [1/h]
    budding : share of the basal release that buds from the membrane and is not touched
    edges : ends of the intervals [h], rising; the store is basal at the first

    Returns
    -------
    one ratio for each interval, lanes as in folds and rates
    """
    load: Array = 1.0
    ratios: list[Array] = []
    for start, stop in itertools.pairwise(edges):
        released: Array = 0.0
        for begin, hours in _pieces(pulses, start, stop):
            folds = _fold(pulses, "fusion", begin), _fold(pulses, "formation", begin)
            store = after(load, *folds, fusion, lysis, hours)
            load, released = store.load, released + store.released
        ratios.append(budding + (1.0 - budding) * released / (stop - start))
    return ratios
