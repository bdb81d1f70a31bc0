"""Addressed random values: (seed, name, level, index) always gives the same number.

A value is addressed, not consumed. A counter-based generator (Philox 4x64, Salmon et al. 2011,
doi:10.1145/2063384.2063405) is keyed by the seed, the level and the name of the quantity; its counter is the index of
the world, donor or batch. Any range of indices, in any order, on any number of workers, gives the same bits, and a
quantity that is added to a scenario changes no other.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

import numpy as np

from exosim.distributions import Distribution
from exosim.normal import Floats, normal_quantile
from exosim.parameter import Array

Level: TypeAlias = Literal["study", "donor", "batch"]
LEVELS: tuple[Level, ...] = ("study", "donor", "batch")
COMMON = "common"
"""Name under which the common factor of the step recoveries of a batch is drawn."""
Key = TypeVar("Key")
_PER_COUNTER = 4
_SPREAD = "#spread"
_EMPTY = np.zeros(_PER_COUNTER, np.uint64)
_UNUSED = np.uint64(12)
_ONE = np.uint64(0x3FF0000000000000)
"""The bits of 1.0: with 52 random bits, they are a number in [1, 2)."""


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
    return _uniforms(_generator(), seed, name, level, start, stop)


def _generator() -> np.random.Philox:
    return np.random.Philox(key=0)


def _uniforms(generator: np.random.Philox, seed: int, name: str, level: Level, start: int, stop: int) -> Floats:
    """Return uniform numbers by a generator that is set to their address: to make one takes as long as 2000 numbers."""
    digest = hashlib.blake2b(f"{seed}\0{level}\0{name}".encode(), digest_size=16).digest()
    first, skipped = divmod(start, _PER_COUNTER)
    generator.state = {
        "bit_generator": "Philox",
        "state": {"counter": np.array([first, 0, 0, 0], np.uint64), "key": np.frombuffer(digest, "<u8")},
        "buffer": _EMPTY,
        "buffer_pos": _PER_COUNTER,
        "has_uint32": 0,
        "uinteger": 0,
    }
    raw = generator.random_raw(stop - start + skipped)[skipped:]
    raw >>= _UNUSED
    raw |= _ONE
    numbers = raw.view(np.float64)
    numbers -= 1.0 - 2.0**-53  # exact: leaves (n + 1/2) / 2^52 for the 52 bits n
    return np.asarray(numbers)


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

    def sharing(self, level: Level) -> int:
        """Return how many lanes share a member of `level`."""
        return {"study": self.lanes, "donor": self.batches, "batch": 1}[level]

    def uniforms(self, seed: int, name: str, level: Level, start: int, stop: int) -> Floats:
        """Return the uniform numbers of the lanes `start` to `stop`; lanes that share a member of `level` are equal."""
        return SampleBlock(seed, start, stop, self).uniforms(name, level)


FLAT = Nesting()


class Sample(ABC):
    """The random numbers of some lanes, by name and level: each is drawn when it is first asked for, and kept.

    Whatever asks for the same number is given the same array, which is read-only: the quantities of one design that
    share a factor, and all designs that run on the same lanes.
    """

    def __init__(self, seed: int) -> None:
        self._seed, self._generator = seed, _generator()
        self._uniforms: dict[tuple[str, Level], Floats] = {}
        self._normals: dict[tuple[str, Level], Floats] = {}
        self._values: dict[tuple[str, Quantity], Floats] = {}

    def uniforms(self, name: str, level: Level) -> Floats:
        """Return the uniform numbers drawn under `name` at `level`, one for each lane."""
        return _kept(self._uniforms, (name, level), lambda: self._drawn(name, level))

    def normals(self, name: str, level: Level) -> Floats:
        """Return the standard normal scores of the uniform numbers."""
        known = self._uniforms.get((name, level))
        return _kept(
            self._normals, (name, level), lambda: normal_quantile(self._drawn(name, level) if known is None else known)
        )

    def values(self, name: str, quantity: Quantity) -> Array:
        """Return a quantity on the lanes: a number, or an array when it varies."""
        if quantity.is_fixed:
            return quantity.typical
        return _kept(self._values, (name, quantity), lambda: np.asarray(quantity.of(name, self)))

    @abstractmethod
    def _drawn(self, name: str, level: Level) -> Floats:
        """Return the uniform numbers of the lanes."""

    def _range(self, name: str, level: Level, start: int, stop: int) -> Floats:
        return _uniforms(self._generator, self._seed, name, level, start, stop)


def _kept(store: dict[Key, Floats], key: Key, drawn: Callable[[], Floats]) -> Floats:
    """Return what is stored under `key`; draw it first if nothing is."""
    if key not in store:
        store[key] = drawn()
        store[key].setflags(write=False)
    return store[key]


class SampleBlock(Sample):
    """The random numbers of the lanes `start` to `stop`, which share worlds and donors as `nesting` says.

    Examples
    --------
    >>> block = SampleBlock(7, 0, 8192)
    >>> bool(np.all(block.uniforms("culture.decay", "study") == uniforms(7, "culture.decay", "study", 0, 8192)))
    True
    """

    def __init__(self, seed: int, start: int, stop: int, nesting: Nesting = FLAT) -> None:
        super().__init__(seed)
        self._start, self._stop, self._nesting = start, stop, nesting

    def _drawn(self, name: str, level: Level) -> Floats:
        shared = self._nesting.sharing(level)
        if shared == 1:
            return self._range(name, level, self._start, self._stop)
        first = self._start // shared
        drawn = self._range(name, level, first, -(-self._stop // shared))
        return np.asarray(drawn[np.arange(self._start, self._stop) // shared - first])


class SampleMatrix:
    """Sample blocks that runs share, one after another: several designs on the same draws are sampled once.

    Hand one to each of them. It holds what was drawn of the first lanes, 16 bytes for each number of each lane; other
    lanes are drawn anew by every run.

    Parameters
    ----------
    lanes : most lanes that are kept
    """

    def __init__(self, lanes: int = 2**17) -> None:
        self._left = lanes
        self._blocks: dict[tuple[int, int, int, Nesting], SampleBlock] = {}

    def block(self, seed: int, start: int, stop: int, nesting: Nesting = FLAT) -> SampleBlock:
        """Return the sample of the lanes `start` to `stop`: the one that was handed out before, if it was kept."""
        address = (seed, start, stop, nesting)
        if address in self._blocks:
            return self._blocks[address]
        block = SampleBlock(seed, start, stop, nesting)
        if stop - start <= self._left:
            self._left -= stop - start
            self._blocks[address] = block
        return block


class BatchSample(Sample):
    """The random numbers of the batches of one replication.

    Parameters
    ----------
    world : index of the possible world, which a replication is
    donors : index of the donor of each batch
    first : index of the first batch; the others follow
    """

    def __init__(self, seed: int, world: int, donors: Sequence[int], first: int) -> None:
        super().__init__(seed)
        self._world, self._donors, self._first = world, donors, first

    def _drawn(self, name: str, level: Level) -> Floats:
        """Return one uniform number for each batch: its own, that of its donor, or that of the world."""
        if level == "batch":
            return self._range(name, level, self._first, self._first + len(self._donors))
        if level == "study":
            world = self._range(name, level, self._world, self._world + 1)
            return np.broadcast_to(world, len(self._donors)).copy()
        lowest = min(self._donors)
        drawn = self._range(name, level, lowest, max(self._donors) + 1)
        return np.asarray(drawn[np.asarray(self._donors) - lowest])


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

    @property
    def _spreads(self) -> Iterator[tuple[Level, float]]:
        spreads: tuple[tuple[Level, float], ...] = (("donor", self.donor_spread), ("batch", self.batch_spread))
        return ((level, spread) for level, spread in spreads if spread)

    def layers(self, name: str) -> list[tuple[Level, str]]:
        """Return the level and the name of every random number on which the values depend; the common factor apart."""
        base = [(self.varies, name)] if isinstance(self.base, Distribution) else []
        return base + [(level, f"{name}{_SPREAD}") for level, _ in self._spreads]

    def at(self, name: str, layer: tuple[Level, str], uniform: float) -> float:
        """Return the quantity at one uniform number of one of its layers, all the others at their medians."""
        level, drawn = layer
        score = normal_quantile(np.array([uniform]))
        if drawn != name:
            return float(self.typical * np.exp(dict(self._spreads)[level] * score[0]))
        if not isinstance(self.base, Distribution):
            return self.base
        if self.common and self.varies == "batch":
            return float(self.base.at_scores(math.sqrt(1.0 - self.common) * score)[0])
        return float(self.base.quantile(np.array([uniform]))[0])

    def values(self, seed: int, name: str, start: int, stop: int, nesting: Nesting = FLAT) -> Array:
        """Return the number, or its values on the lanes `start` to `stop`."""
        return SampleBlock(seed, start, stop, nesting).values(name, self)

    def of(self, name: str, sample: Sample) -> Array:
        """Return the number, or its values for the random numbers of `sample`."""
        values = self._of_base(self.base, name, sample) if isinstance(self.base, Distribution) else self.base
        parts = [spread * sample.normals(f"{name}{_SPREAD}", level) for level, spread in self._spreads]
        return np.asarray(values * np.exp(sum(parts))) if parts else values

    def _of_base(self, base: Distribution, name: str, sample: Sample) -> Floats:
        if self.common and self.varies == "batch":
            own, shared = sample.normals(name, "batch"), sample.normals(COMMON, "batch")
            return base.at_scores(math.sqrt(self.common) * shared + math.sqrt(1.0 - self.common) * own)
        if base.of_normal:
            return base.at_scores(sample.normals(name, self.varies))
        return base.quantile(sample.uniforms(name, self.varies))


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
