"""The random numbers of a block of lanes of which each is one draw at one point of a study.

The draws are the same at every point. What a factor says is put in the place of what the scenario draws at the study
level; the spread between donors and batches is drawn as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from exosim.parameter import Array
from exosim.sampling import Level, Quantity, Sample
from exosim.study.factor import Floats


class PointSample(Sample):
    """Lanes of points and draws.

    Parameters
    ----------
    draws : the random numbers of the draws, once
    draw_of : which draw each lane is
    values : of the factors on the lanes, by address
    times : addresses of which the values multiply what is drawn
    """

    def __init__(
        self, draws: Sample, draw_of: NDArray[np.intp], values: Mapping[str, Floats], times: frozenset[str]
    ) -> None:
        super().__init__(0)
        self._draws, self._draw_of, self._set, self._times = draws, draw_of, values, times

    def normals(self, name: str, level: Level) -> Floats:
        """Return the standard normal scores of the draws, lane by lane."""
        key = (name, level)
        if key not in self._normals:
            self._normals[key] = self._draws.normals(name, level)[self._draw_of]
        return self._normals[key]

    def values(self, name: str, quantity: Quantity) -> Array:
        """Return a quantity on the lanes: what the factor says, else what is drawn."""
        if name in self._set:
            if name in self._times:
                return np.asarray(self._drawn_values(name, quantity) * self._set[name])
            spread = replace(quantity, base=1.0)
            return self._set[name] if spread.is_fixed else np.asarray(spread.of(name, self) * self._set[name])
        return self._drawn_values(name, quantity)

    def _drawn_values(self, name: str, quantity: Quantity) -> Array:
        if quantity.is_fixed:
            return quantity.typical
        return np.asarray(quantity.of(name, self._draws))[self._draw_of]  # not kept: each value of a word has its own

    def _drawn(self, name: str, level: Level) -> Floats:
        return np.asarray(self._draws.uniforms(name, level)[self._draw_of])
