"""What every method of a sensitivity says of one question: numbers for each factor, what is noise, a ranking."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.study.factor import Floats

ROUNDING = 1e-12
"""Differences below this share of the largest answer are of the computer's arithmetic."""
Flags = NDArray[np.bool_]


class Ranked(ABC):
    """The numbers of the factors for one question.

    Attributes
    ----------
    reason : why there are no numbers; empty where there are
    """

    reason: str
    titles: ClassVar[Mapping[str, str]]
    """What the columns are called in a table, by their names."""

    @property
    @abstractmethod
    def size(self) -> Floats:
        """By how much each factor matters; NaN where that is not known."""

    @property
    @abstractmethod
    def noise(self) -> Flags:
        """Factors of which the interval reaches what chance alone gives."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, Floats]:
        """The numbers by name, each of shape (factors,)."""

    @property
    @abstractmethod
    def margin(self) -> Floats:
        """Half of the 95 % interval of the size of each factor; NaN where it has none."""

    @property
    def leaders(self) -> list[int]:
        """Numbers of the factors that matter most: the first, and all whose intervals reach that of the first."""
        order = [place for place in self.order if not self.noise[place]]
        if not order:
            return []
        half = np.nan_to_num(self.margin)
        least = self.size[order[0]] - half[order[0]]
        return [place for place in order if self.size[place] + half[place] >= least]

    @property
    def order(self) -> list[int]:
        """Numbers of the factors, what matters most first; among equals as they stand, unknown ones last."""
        size = np.where(np.isnan(self.size), -np.inf, self.size)
        return [int(place) for place in np.argsort(-size, kind="stable")]


def unanswered(values: Floats) -> str:
    """Return why answers cannot be told apart, or nothing: none is known, or all are the same."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return "there is no answer at any point"
    largest = float(np.abs(known).max())
    if float(known.max() - known.min()) <= ROUNDING * largest:
        return "the answer is the same at all points"
    return ""


def without_rounding(differences: Floats, values: Floats) -> Floats:
    """Return differences of answers with those that are of the computer's arithmetic as 0."""
    known = np.abs(values[np.isfinite(values)])
    least = ROUNDING * float(known.max()) if known.size else 0.0
    return np.where(np.abs(differences) <= least, 0.0, differences)
