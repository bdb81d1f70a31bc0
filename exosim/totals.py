"""Running totals of a run: what its summaries need of each quantity, without its values on all draws.

Values are added tile by tile. Which lanes are a tile is fixed, and tiles are added up in their order, first within a
stretch of lanes and then stretch by stretch, so that no bit depends on who computed them, when, or in which blocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.sketch import Sketch
from exosim.summaries import QUANTILES, Summary, of_moments

Key: TypeAlias = tuple[str, str | None]
Shown: TypeAlias = Mapping[str, Mapping[Key, NDArray[np.float64] | None]]
"""What lanes show, by kind of quantity, name and step: shape (..., lanes), or (..., 1) where all lanes are equal.

The last block of a run is padded and shows more lanes than were asked for."""
SUMMARIZED = ("reading", "attribute", "true", "measured")
SHARES = ("limit", "met", "specification", "binding", "above")
"""Kinds of quantities that are 1 or 0 on each draw."""


@dataclass(slots=True)
class Spread:
    """Number of values, their mean, the sum of the squares about it, and the sketch of their quantiles.

    Two parts are joined as by Chan, Golub and LeVeque (1983, doi:10.1080/00031305.1983.10483115).
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    sketch: Sketch = field(default_factory=Sketch)

    def add(self, values: NDArray[np.float64], scratch: NDArray[np.float64]) -> None:
        """Add values, shape (lanes,); `scratch` has the same shape."""
        mean = float(np.add.reduce(values)) / values.size
        np.subtract(values, mean, out=scratch)
        np.square(scratch, out=scratch)
        self._join(values.size, mean, float(np.add.reduce(scratch)))
        self.sketch.add(values)

    def merge(self, other: Spread) -> None:
        """Add another part."""
        self._join(other.count, other.mean, other.squares)
        self.sketch.merge(other.sketch)

    def _join(self, count: int, mean: float, squares: float) -> None:
        whole, step = self.count + count, mean - self.mean
        self.squares += squares + step * step * (self.count * count / whole)
        self.mean += step * (count / whole)
        self.count = whole

    def summary(self, name: str, step: str | None, unit: str) -> Summary:
        """Return the summary of the values."""
        odd = self.sketch.odd
        if odd:
            return Summary(name, step, unit, 0, reason=f"not a finite number in {odd} of {self.count} draws")
        sd = math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0
        return of_moments(name, step, unit, self.count, self.mean, sd, self.sketch.quantiles(QUANTILES))


@dataclass(slots=True)
class Totals:
    """What is known of all lanes so far: spreads, and on how many lanes something holds, by kind and name.

    What is equal in all lanes has no totals.
    """

    lanes: int = 0
    spreads: dict[tuple[str, Key], Spread] = field(default_factory=dict)
    hits: dict[tuple[str, Key], int] = field(default_factory=dict)

    def add(self, shown: Shown, lanes: int) -> None:
        """Add what the first `lanes` lanes of a tile show."""
        scratch = np.empty(lanes)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is reported with a reason
            for kind in SUMMARIZED:
                for key, values in shown[kind].items():
                    if values is not None and values.shape[-1] > 1:
                        self.spreads.setdefault((kind, key), Spread()).add(values[:lanes], scratch)
        for kind in SHARES:
            for key, values in shown[kind].items():
                if values is not None and values.shape[-1] > 1:
                    self.hits[kind, key] = self.hits.get((kind, key), 0) + int(np.count_nonzero(values[:lanes]))
        self.lanes += lanes

    def merge(self, other: Totals) -> None:
        """Add the totals of the lanes that follow."""
        for name, spread in other.spreads.items():
            self.spreads.setdefault(name, Spread()).merge(spread)
        for name, hits in other.hits.items():
            self.hits[name] = self.hits.get(name, 0) + hits
        self.lanes += other.lanes
