"""Addressed random values: (seed, name, level, index) always gives the same number.

A value is addressed, not consumed. A counter-based generator (Philox 4x64, Salmon et al. 2011,
doi:10.1145/2063384.2063405) is keyed by the seed, the level and the name of the quantity; its counter is the index of
the world, donor or batch. Any range of indices, in any order, on any number of workers, gives the same bits, and a
quantity that is added to a scenario changes no other.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from exosim.distributions import Distribution, Floats, normal_distribution, normal_quantile
from exosim.parameter import Array

Level: TypeAlias = Literal["study", "donor", "batch"]
LEVELS: tuple[Level, ...] = ("study", "donor", "batch")
_PER_COUNTER = 4
_SPREAD = "#spread"


def uniforms(seed: int, name: str, level: Level, start: int, stop: int) -> Floats:
    """Return the uniform numbers in (0, 1) of the indices `start` to `stop`, exclusive.

    Parameters
    ----------
    seed : seed of the run
    name : path of the quantity, such as ``culture.secretion_rate``
    level : the level of variation whose members the indices count
    start, stop : range of indices

    Returns
    -------
    array of shape (stop - start,); never exactly 0 or 1
    """
    digest = hashlib.blake2b(f"{seed}\0{level}\0{name}".encode(), digest_size=16).digest()
    first = start // _PER_COUNTER
    generator = np.random.Philox(counter=first, key=int.from_bytes(digest, "little"))
    raw = generator.random_raw(stop - first * _PER_COUNTER)[start - first * _PER_COUNTER :]
    return ((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


@dataclass(frozen=True, slots=True)
class Nesting:
    """How lanes share worlds and donors: each world has `donors`, each donor has `batches`, each batch is a lane.

    The lanes of a donor follow each other, and so do the donors of a world. One donor and one batch: every lane is a
    world, a donor and a batch of its own.
    """

    donors: int = 1
    batches: int = 1

    @property
    def lanes(self) -> int:
        """Number of lanes of one world."""
        return self.donors * self.batches

    def uniforms(self, seed: int, name: str, level: Level, start: int, stop: int) -> Floats:
        """Return the uniform numbers of the lanes `start` to `stop`; lanes that share a member of `level` are equal."""
        shared = {"study": self.lanes, "donor": self.batches, "batch": 1}[level]
        if shared == 1:
            return uniforms(seed, name, level, start, stop)
        first = start // shared
        drawn = uniforms(seed, name, level, first, -(-stop // shared))
        return np.asarray(drawn[np.arange(start, stop) // shared - first])


FLAT = Nesting()
COMMON = "common"
"""Name under which the common factor of the step recoveries of a batch is drawn."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a scenario gives: fixed, or spread over worlds, donors and batches.

    Attributes
    ----------
    base : a fixed number or a distribution
    varies : the level at which the distribution is drawn: one value per possible world (study), donor or batch
    donor_spread, batch_spread : sigma of the logarithm of a lognormal factor with median 1, drawn at that level
    common : correlation with the other step recoveries of the same batch (Gaussian copula)
    """

    base: float | Distribution
    varies: Level = "study"
    donor_spread: float = 0.0
    batch_spread: float = 0.0
    common: float = 0.0

    @property
    def is_fixed(self) -> bool:
        """Whether the quantity is one number everywhere."""
        return not isinstance(self.base, Distribution) and not self.donor_spread and not self.batch_spread

    @property
    def typical(self) -> float:
        """The fixed number, or the median."""
        return self.base.median() if isinstance(self.base, Distribution) else self.base

    def layers(self, name: str) -> list[tuple[Level, str]]:
        """Return the level and the name of every random number on which the values depend; the common factor apart."""
        spreads: tuple[tuple[Level, float], ...] = (("donor", self.donor_spread), ("batch", self.batch_spread))
        base = [(self.varies, name)] if isinstance(self.base, Distribution) else []
        return base + [(level, f"{name}{_SPREAD}") for level, spread in spreads if spread]

    def values(self, seed: int, name: str, start: int, stop: int, nesting: Nesting = FLAT) -> Array:
        """Return the number, or its values on the lanes `start` to `stop`."""
        if self.is_fixed:
            return self.typical
        values: Array
        if isinstance(self.base, Distribution):
            values = self.base.quantile(self._uniforms(seed, name, start, stop, nesting))
        else:
            values = self.base
        spreads: tuple[tuple[Level, float], ...] = (("donor", self.donor_spread), ("batch", self.batch_spread))
        for level, spread in spreads:
            if spread:
                z = normal_quantile(nesting.uniforms(seed, f"{name}{_SPREAD}", level, start, stop))
                values = values * np.exp(spread * z)
        return values

    def of_batches(self, seed: int, name: str, world: int, donors: Sequence[int], first: int) -> Array:
        """Return the number, or its values for the batches of one replication.

        Parameters
        ----------
        world : index of the possible world, which a replication is
        donors : index of the donor of each batch
        first : index of the first batch; the others follow
        """
        if self.is_fixed:
            return self.typical
        values: Array
        count = len(donors)
        if isinstance(self.base, Distribution):
            values = self.base.quantile(self._at(seed, name, self.varies, world, donors, first, count))
        else:
            values = self.base
        spreads: tuple[tuple[Level, float], ...] = (("donor", self.donor_spread), ("batch", self.batch_spread))
        for level, spread in spreads:
            if spread:
                drawn = _level_uniforms(seed, f"{name}{_SPREAD}", level, world, donors, first)
                values = values * np.exp(spread * normal_quantile(drawn))
        return values

    def _at(
        self, seed: int, name: str, level: Level, world: int, donors: Sequence[int], first: int, count: int
    ) -> Floats:
        own = _level_uniforms(seed, name, level, world, donors, first)
        if self.common and level == "batch":
            own = self._mixed(own, uniforms(seed, COMMON, "batch", first, first + count))
        return own

    def _mixed(self, own: Floats, shared: Floats) -> Floats:
        mixed = math.sqrt(self.common) * normal_quantile(shared) + math.sqrt(1.0 - self.common) * normal_quantile(own)
        return normal_distribution(mixed)

    def _uniforms(self, seed: int, name: str, start: int, stop: int, nesting: Nesting) -> Floats:
        own = nesting.uniforms(seed, name, self.varies, start, stop)
        if self.common and self.varies == "batch":
            own = self._mixed(own, uniforms(seed, COMMON, "batch", start, stop))
        return own


def _level_uniforms(seed: int, name: str, level: Level, world: int, donors: Sequence[int], first: int) -> Floats:
    """Return one uniform number for each batch: its own, that of its donor, or that of the world."""
    if level == "batch":
        return uniforms(seed, name, level, first, first + len(donors))
    if level == "study":
        return np.broadcast_to(uniforms(seed, name, level, world, world + 1), len(donors)).copy()
    lowest = min(donors)
    drawn = uniforms(seed, name, level, lowest, max(donors) + 1)
    return np.asarray(drawn[np.asarray(donors) - lowest])


_BLOCK = 32
_OF_ONE_RUN = 2**32


class Repeated:
    """A quantity that is drawn anew each time: the n-th value of each of its members, such as the units of a class.

    Parameters
    ----------
    quantity : what is drawn; a fixed number stays, or is the mean of an exponential
    name : its path
    world : index of the replication
    exponential : whether a fixed number is the mean of an exponential
    """

    def __init__(self, quantity: Quantity, seed: int, name: str, world: int, *, exponential: bool = False) -> None:
        self._quantity, self._seed, self._name = quantity, seed, name
        self._first, self._exponential = world * _OF_ONE_RUN, exponential
        self._drawn: dict[tuple[str, int], Floats] = {}

    def __call__(self, member: str, n: int) -> float:
        """Return the `n`-th value of a member, from 0."""
        base = self._quantity.base
        if not isinstance(base, Distribution) and not self._exponential:
            return base
        block, place = divmod(n, _BLOCK)
        if (member, block) not in self._drawn:
            start = self._first + block * _BLOCK
            drawn = uniforms(self._seed, f"{self._name}@{member}", "batch", start, start + _BLOCK)
            own = base.quantile(drawn) if isinstance(base, Distribution) else -np.log1p(-drawn) * base
            self._drawn[member, block] = own
        return float(self._drawn[member, block][place])
