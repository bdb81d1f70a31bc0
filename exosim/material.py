"""Material: what is in the vessel, as a volume and amounts per species and size class.

Amounts are absolute (vesicles, micrograms), never concentrations, so that mixing is addition and a balance is a sum.
An array has the size class or protein pool on axis 0, where there is one, and the lanes on its last axis. A species
that is absent is the plain number 0.0, which costs nothing; a length of 1 on the last axis means equal in all lanes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exosim.parameter import Array
from exosim.vocabulary import SPECIES


@dataclass(frozen=True)
class SizeClasses:
    """The grid of true diameters on which particles are carried.

    Attributes
    ----------
    edges : shape (classes + 1,), ascending [nm]
    mean_cubes : mean of the cubed diameter of vesicles in each class, shape (classes, 1) [nm3]
    """

    edges: NDArray[np.float64]
    mean_cubes: NDArray[np.float64]

    @cached_property
    def diameters(self) -> NDArray[np.float64]:
        """Geometric middle of each class, shape (classes, 1) [nm]."""
        return np.sqrt(self.edges[:-1] * self.edges[1:])[:, None]


@dataclass(frozen=True, init=False)
class Material:
    """A volume [L] and the amount of every species; the units are in :data:`exosim.vocabulary.SPECIES`.

    Most materials hold few species. An instance keeps those that it was given, and has 0 of the others by its class:
    thousands are made in a simulated year, and setting every field of each took a tenth of it.
    """

    volume: Array = 0.0
    vesicles: Array = 0.0
    nonvesicular: Array = 0.0
    lipoproteins: Array = 0.0
    protein: Array = 0.0
    associated_protein: Array = 0.0
    free_dna: Array = 0.0
    bound_dna: Array = 0.0
    debris: Array = 0.0
    potency: Array = 0.0
    viable_cells: Array = 0.0
    doublings: Array = 0.0
    dead_cells: Array = 0.0
    salt: Array = 0.0
    glucose: Array = 0.0
    lactate: Array = 0.0
    ammonia: Array = 0.0
    nuclease: Array = 0.0
    endotoxin: Array = 0.0
    cargo: Array = 0.0
    free_cargo: Array = 0.0
    aggregated_cargo: Array = 0.0
    polymer: Array = 0.0
    vials: Array = 0.0
    retained_vials: Array = 0.0
    cell_equivalents: Array = 0.0

    def __init__(self, **amounts: Array) -> None:
        if not amounts.keys() <= _NAMES:
            raise TypeError(f"no species: {', '.join(sorted(amounts.keys() - _NAMES))}")
        self.__dict__.update(amounts)

    def present(self) -> dict[str, Array]:
        """Return the amounts that are not a plain 0, by name."""
        return {
            name: amount
            for name, amount in self.__dict__.items()
            if not (isinstance(amount, (float, int)) and amount == 0.0)
        }

    def __add__(self, other: Material) -> Material:
        """Mix two materials."""
        first, second = self.present(), other.present()
        if not first or not second:
            return other if second else self
        return Material(**{**first, **{n: first[n] + amount if n in first else amount for n, amount in second.items()}})

    def portion(self, share: Array) -> Material:
        """Return the `share` of everything, volume included."""
        return Material(**{name: times(amount, share) for name, amount in self.present().items()})

    def divided(self, shares: Mapping[str, float]) -> dict[str, Material]:
        """Return the material in parts, by name, in proportion to their `shares`: together they are this material."""
        whole = math.fsum(shares.values())
        return {name: self.portion(share / whole) for name, share in shares.items()}

    def separate(self, kept: Mapping[str, Array], otherwise: Array = 1.0) -> tuple[Material, Material]:
        """Split into what stays and what goes.

        Parameters
        ----------
        kept : fraction that stays, by field name; a field that is not named stays to the fraction `otherwise`;
            the doublings of the cells follow the viable cells
        otherwise : fraction of every field that `kept` does not name

        Returns
        -------
        the material that stays and the material that goes; their sum is this material
        """
        if "viable_cells" in kept:
            kept = {"doublings": kept["viable_cells"], **kept}
        stays: dict[str, Array] = {}
        goes: dict[str, Array] = {}
        for name, amount in self.present().items():
            fraction = kept.get(name, otherwise)
            stays[name] = times(amount, fraction)
            goes[name] = 0.0 if is_number(fraction, 1.0) else minus(amount, stays[name])
        return Material(**stays), Material(**goes)

    def replaced(self, **amounts: Array) -> Material:
        """Return the material with some amounts exchanged."""
        return Material(**{**self.__dict__, **amounts})


FIELDS: tuple[str, ...] = ("volume", *SPECIES)
_NAMES = frozenset(FIELDS)
_ROUNDING, _ROUNDING_32 = 1e-9, 4e-6


def is_number(value: Array, number: float) -> bool:
    """Return whether `value` is a plain Python number equal to `number`: true or false for a whole run at once."""
    return isinstance(value, (int, float)) and value == number


def times(amount: Array, share: Array) -> Array:
    """Return amount × share, skipping the work when either is a plain 0 or 1."""
    if type(amount) is type(share) is np.ndarray:
        return amount * share
    if is_number(amount, 0.0) or is_number(share, 1.0):
        return amount
    return 0.0 if is_number(share, 0.0) else amount * share


def plus(first: Array, second: Array) -> Array:
    """Return first + second, skipping the work when either is a plain 0."""
    if type(first) is type(second) is np.ndarray:
        return first + second
    if is_number(first, 0.0):
        return second
    return first if is_number(second, 0.0) else first + second


def minus(first: Array, second: Array) -> Array:
    """Return first - second, skipping the work when the second is a plain 0."""
    return first if is_number(second, 0.0) else first - second


def one_where(condition: ArrayLike) -> Array:
    """Return 1 where a condition holds, else 0, as truth values: they count, and widen no number that they meet."""
    return cast(Array, np.asarray(condition, dtype=np.bool_))


def as_precise(constants: NDArray[np.float64], values: Array) -> NDArray[np.float64]:
    """Return constants in the precision of the `values` that they meet: float64 ones would widen float32 values."""
    return constants.astype(np.result_type(values), copy=False)


def short_of_whole(count: Array) -> Array:
    """Return by how much a `count` may miss a whole number by rounding alone, at its own precision."""
    return _ROUNDING if np.result_type(count) == np.float64 else _ROUNDING_32 * (count + 1.0)


def rounded_up(count: Array, least: Array = 1.0) -> Array:
    """Return the next whole number, at least `least`; a `count` above one by rounding alone stays with it."""
    return np.maximum(np.ceil(count - short_of_whole(count)), least)


def solution(volume: Array, salt: Array) -> Material:
    """Return a volume [L] of buffer with a concentration of salt [mol/L]."""
    return Material(volume=volume, salt=salt * volume)


def lane_of(value: Array, lane: int) -> Array:
    """Return one lane of an array, as an array of one lane; plain numbers stay."""
    if isinstance(value, np.ndarray) and value.ndim and value.shape[-1] > 1:
        return value[..., lane : lane + 1]
    return value


def total(amount: Array) -> Array:
    """Return the sum over size classes or pools: shape (lanes,), or the number itself."""
    if isinstance(amount, np.ndarray) and amount.ndim == 2:
        return np.asarray(amount.sum(axis=0))
    return amount


def weighted(amount: Array, weights: Array) -> Array:
    """Return the sum over size classes of amount × weight, shape (lanes,).

    Parameters
    ----------
    amount : shape (classes, lanes) or (classes, 1), or the plain number 0 of an absent species
    weights : shape (classes, 1), or (classes, lanes) where they vary

    Notes
    -----
    A product of matrices where the weights are the same in all lanes: no array of the shape of the amount is written.
    Its rounding does not depend on the number of lanes where that is a multiple of 64.
    """
    if not isinstance(amount, np.ndarray):
        return total(np.asarray(amount * weights))
    if isinstance(weights, np.ndarray) and weights.shape[-1] == 1:
        return np.asarray(np.dot(weights[:, 0].astype(amount.dtype, copy=False), amount))
    return total(amount * weights)
