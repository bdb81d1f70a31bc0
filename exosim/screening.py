"""Screening in float32: how far its headline figures lie from float64, measured on the first block of every such run.

float64 is the default, and the precision of numbers that are published. Counts of doses and vials are whole numbers: a
difference of one where rounding decides is no error of the model, so they are told apart from the figures that are
continuous.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exosim.kernel import run
from exosim.precision import Precision, at_precision
from exosim.readings import read_batch
from exosim.sampling import FLAT, Nesting
from exosim.step_table import Reading

if TYPE_CHECKING:
    from exosim.scenario import Scenario

SCREENED = 8192
"""Draws, at most, that are run in both precisions."""
COUNTS = ("dose", "vial")
"""Units of the headline figures that are whole numbers."""
_NOTHING = 1e-30


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one headline figure in float32 lies from float64.

    Attributes
    ----------
    name, unit : of the figure
    largest, median : over the lanes: relative, or of a count absolute
    of_medians : between the medians over the lanes, likewise
    differing : share of the lanes that differ at all
    """

    name: str
    unit: str
    largest: float
    median: float
    of_medians: float
    differing: float


@dataclass(frozen=True, slots=True)
class ScreeningError:
    """How far a run in float32 lies from float64.

    Attributes
    ----------
    lanes : number of draws that were run both ways: the first ones
    figures, counts : the continuous headline figures, and those that are whole numbers
    """

    lanes: int
    figures: tuple[Difference, ...]
    counts: tuple[Difference, ...]

    @property
    def largest(self) -> float:
        """Largest relative difference of any continuous figure in any lane."""
        return max((figure.largest for figure in self.figures), default=0.0)

    @property
    def median(self) -> float:
        """Median relative difference over the lanes, of the figure where it is largest."""
        return max((figure.median for figure in self.figures), default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """Return the entry ``screening`` of the JSON document."""
        figures, counts = ([asdict(one) for one in group] for group in (self.figures, self.counts))
        numbers = {"lanes": self.lanes, "largest": self.largest, "median": self.median}
        return {"precision": "float32", **numbers, "figures": figures, "counts": counts}

    def __str__(self) -> str:
        within = f"within {self.largest:.2g} of float64 (median {self.median:.2g})"
        text = f"screening in float32: headline figures of the first {self.lanes:,} draws lie {within}"
        return "; ".join([text, *(_in_words(count) for count in self.counts)])


def _in_words(count: Difference) -> str:
    if count.largest == 0.0:
        return f"{count.name} are equal"
    return f"{count.name} differ in {100 * count.differing:.2g} % of the draws, by at most {count.largest:g}"


def screening_error(scenario: Scenario, seed: int, lanes: int, padded: int, nesting: Nesting = FLAT) -> ScreeningError:
    """Run the first lanes in float64 and in float32 and return how far the headline figures differ.

    Parameters
    ----------
    seed : of the run
    lanes, padded : number of draws to compare, and of those to run: a multiple of what vector instructions take
    nesting : how lanes share worlds and donors
    """
    exact = _headlines(scenario, seed, padded, nesting, "float64")
    rough = _headlines(scenario, seed, padded, nesting, "float32")
    found = tuple(_differences(exact, rough, lanes))
    figures = tuple(one for one in found if one.unit not in COUNTS)
    return ScreeningError(lanes, figures, tuple(one for one in found if one.unit in COUNTS))


def _headlines(scenario: Scenario, seed: int, lanes: int, nesting: Nesting, precision: Precision) -> list[Reading]:
    """Return the headline figures of the first lanes."""
    values = scenario.values(0, lanes, seed, nesting)
    recipe, specification = at_precision((scenario.recipe(values), scenario.specification(values)), precision)
    return [one for one in read_batch(run(recipe), recipe.context, specification) if one.step is None]


def _differences(exact: Sequence[Reading], rough: Sequence[Reading], lanes: int) -> Iterator[Difference]:
    for one, other in zip(exact, rough, strict=True):
        if one.values is None or other.values is None:
            continue
        scale = (lambda _: 1.0) if one.unit in COUNTS else (lambda values: np.maximum(np.abs(values), _NOTHING))
        reference, found = (_wide(reading, lanes) for reading in (one, other))
        off = np.abs(found - reference) / scale(reference)
        middle, found_middle = np.median(reference), np.median(found)
        between = np.abs(found_middle - middle) / scale(middle)
        yield Difference(
            one.name, one.unit, float(off.max()), float(np.median(off)), float(between), float(np.mean(off > 0.0))
        )


def _wide(reading: Reading, lanes: int) -> NDArray[np.float64]:
    """Return the values of the lanes in float64."""
    return np.atleast_1d(np.asarray(reading.values, dtype=np.float64))[:lanes]
