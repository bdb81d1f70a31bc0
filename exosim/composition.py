"""Totals and ratios of a material: what is in it, per milliliter and per microgram of protein.

:class:`Contents` has the same totals of many materials: what two of them share is summed once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exosim.material import Material, is_number, plus, times, total, weighted
from exosim.operations.base import Context
from exosim.parameter import Array
from exosim.physics import dosing
from exosim.physics.detection import Counter, counted_kinds, efficiency
from exosim.vocabulary import DoseKind

_NOTHING = 1e-30


def ratio(numerator: Array, denominator: Array) -> Array:
    """Return numerator / denominator, 0 where both are nothing."""
    below = np.maximum(denominator, _NOTHING)
    both = isinstance(numerator, np.ndarray) and isinstance(below, np.ndarray)
    if both and np.shape(numerator) == np.shape(below) and np.result_type(numerator) == np.result_type(below):
        return np.asarray(np.divide(numerator, below, out=np.asarray(below)))
    return np.asarray(numerator / below)


def own_protein(material: Material, context: Context) -> Array:
    """Return the protein of the vesicles themselves [ug]."""
    return dosing.own_protein(material, context.sizes, context.protein_fraction)


def total_protein(material: Material, context: Context) -> Array:
    """Return soluble, bound and the vesicles' own protein [ug]."""
    return dosing.total_protein(material, context.sizes, context.protein_fraction)


def total_dna(material: Material) -> Array:
    """Return free and bound DNA [ng]."""
    return plus(material.free_dna, material.bound_dna)


def protein_ceiling(material: Material, context: Context) -> Array:
    """Return the vesicles per microgram that these vesicles would show if nothing else were there [EV/ug]."""
    return ratio(total(material.vesicles), own_protein(material, context))


class Contents:
    """What the materials of a run hold; each sum over an array is taken once, whichever materials it is part of.

    Parameters
    ----------
    context : of the run
    counter : the instrument that counts particles
    """

    def __init__(self, context: Context, counter: Counter) -> None:
        self.context, self.counter = context, counter
        self._seen = efficiency(context.sizes, counter)
        self._sums: dict[tuple[str, int], tuple[Array, Array]] = {}

    def total(self, amount: Array) -> Array:
        """Return the sum over size classes or pools."""
        return self._once("total", amount, total)

    def vesicles(self, material: Material) -> Array:
        """Return the vesicles [EV]."""
        return self.total(material.vesicles)

    def particles(self, material: Material) -> Array:
        """Return what the instrument counts [particle]."""
        number: Array = 0.0
        for kind, share in counted_kinds(material, self.counter):
            if not is_number(kind, 0.0):
                seen = self._once("seen", kind, lambda amount: weighted(amount, self._seen))
                number = plus(number, times(seen, share))
        return times(number, 1.0 + self.counter.bias)

    def own_protein(self, material: Material) -> Array:
        """Return the protein of the vesicles themselves [ug]."""
        return self._once("protein", material.vesicles, lambda _: own_protein(material, self.context))

    def protein(self, material: Material) -> Array:
        """Return soluble, bound and the vesicles' own protein [ug]."""
        return plus(plus(self.total(material.protein), material.associated_protein), self.own_protein(material))

    def protein_ceiling(self, material: Material) -> Array:
        """Return the vesicles per microgram that these vesicles would show if nothing else were there [EV/ug]."""
        return ratio(self.vesicles(material), self.own_protein(material))

    def doses(self, material: Material, kind: DoseKind) -> Array:
        """Return how much of what a dose counts there is, in the unit that the kind names."""
        return dosing.dose_content(material, kind, self, self.context.protein_factor, self.context.mhc_ii)

    def forget_all_but(self, material: Material) -> None:
        """Keep no sums but those of the arrays of one material: the others and their arrays are let go."""
        kept = {id(amount) for amount in material.present().values()}
        self._sums = {key: known for key, known in self._sums.items() if key[1] in kept}

    def _once(self, what: str, amount: Array, of: Callable[[Array], Array]) -> Array:
        """Return a figure of an amount by class; the array is kept with it, so that its identity stays its own."""
        if not isinstance(amount, np.ndarray):
            return of(amount)
        key = (what, id(amount))
        if key not in self._sums:
            self._sums[key] = (amount, of(amount))
        return self._sums[key][1]
