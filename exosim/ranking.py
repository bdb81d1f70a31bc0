"""What to measure first: the inputs ranked by their share in the spread of a headline.

The share of an input is its first-order Sobol' index, Var E[Y | X] / Var Y: how much of the variance would go if X
were known, on average. It is estimated from the draws that exist: they are sorted by X and cut into bins of equal
number, and the variance between the bins is freed of what chance alone puts there (the epsilon squared of Kelley 1935,
doi:10.1073/pnas.21.9.554). Spread is as in :mod:`exosim.variance`. Inputs that act together have a share beyond the sum
of their own: it is missing here.

The noise floor is what the largest of that many inputs without any influence stays below in 95 % of the runs: the F
test at 0.05 over the number of inputs. A share below it is called noise. To measure an input helps where its level is
``study``; spread of donors or batches shrinks by selection and control, not by knowing it better.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.sampling import Nesting
from exosim.uncertain_inputs import Input, inputs_of
from exosim.variance import Scale, scaled

if TYPE_CHECKING:
    from exosim.results import Yields

Floats: TypeAlias = NDArray[np.float64]
MOST_LANES = 2**15
"""Most draws from which indices are estimated: the first of the run."""
_FEWEST_LANES = 16
_MOST_BINS = 64
_ERROR = 0.05
_ASKED = (
    "dose_pairs", "cargo_per_dose", "doses", "false_alarms_per_patient_year", "positive_predictive_value",
    "negative_predictive_value", "sensitivity", "specificity",
)  # fmt: skip
"""Headlines in the order in which a reader asks for their spread: what only some products have comes first."""
_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rank:
    """The share of one input in the spread of one headline.

    Attributes
    ----------
    quantity, input, level : the headline, the address of the input, and the level at which it varies
    grade, source : the evidence for the input, as in the ledger
    share, low, high : first-order index with its 95 % interval
    floor : what chance alone reaches
    noise : whether the share is not above the floor
    """

    quantity: str
    input: str
    level: str
    grade: str
    source: str
    share: float
    low: float
    high: float
    floor: float
    noise: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the rank as a JSON object."""
        return asdict(self)


def asked_first(ranked: Iterable[str]) -> str:
    """Return the headline whose spread is told first: what the product is asked, else the first that varies.

    Parameters
    ----------
    ranked : headlines of which inputs are ranked, in their order; the empty text where there is none
    """
    names = list(ranked)
    return next((name for name in (*_ASKED, *names) if name in names), "")


def ranked_inputs(yields: Yields, scale: Scale = "score") -> tuple[Rank, ...]:
    """Return the inputs of every headline that varies, largest share first.

    A run with fewer than 16 worlds ranks nothing; in a nested run the first batch of each world counts.
    """
    worlds, donors, batches = yields.kept_worlds
    nesting = Nesting(donors, batches)
    used = min(worlds, MOST_LANES)
    inputs = inputs_of(yields.scenario) if used >= _FEWEST_LANES else ()
    orders = [_order(found, yields.seed, nesting, used) for found in inputs]
    ranks: list[Rank] = []
    for name in (s.name for s in yields.headlines() if yields.has(s.name) and inputs):
        values = scaled(yields.values(name)[:: nesting.lanes][:used], scale)
        if not isinstance(values, str):
            found = _of_headline(name, values, inputs, orders)
            ranks += sorted(found, key=lambda rank: -rank.share)
    return tuple(ranks)


def _order(found: Input, seed: int, nesting: Nesting, used: int) -> NDArray[np.intp]:
    """Return the first lanes of the worlds in the order of an input."""
    drawn = nesting.uniforms(seed, found.name, found.level, 0, used * nesting.lanes)[:: nesting.lanes]
    return np.argsort(drawn, kind="stable")


def _of_headline(
    name: str, values: Floats, inputs: Sequence[Input], orders: Sequence[NDArray[np.intp]]
) -> Iterator[Rank]:
    floor = noise_floor(values.size, len(inputs))
    for found, order in zip(inputs, orders, strict=True):
        share, error = first_order(values[order])
        low, high = (min(max(share + sign * _NORMAL_975 * error, 0.0), 1.0) for sign in (-1.0, 1.0))
        about = (found.path, found.level, found.grade, found.source)
        yield Rank(name, *about, min(max(share, 0.0), 1.0), low, high, floor, share <= floor)


def bins_of(lanes: int) -> int:
    """Return the number of bins into which lanes are cut: fine enough for humps, coarse enough for a low floor."""
    return min(max(math.isqrt(lanes), 2), _MOST_BINS)


def first_order(values: Floats) -> tuple[float, float]:
    """Return the first-order index of the input by which `values` are sorted, and its standard error.

    The error joins that of a share which is there (delta method) and the scatter of one that is not.
    """
    count, bins = values.size, bins_of(values.size)
    starts = np.arange(bins) * count // bins
    sizes = np.diff(np.append(starts, count))
    means = np.add.reduceat(values, starts) / sizes
    total, rest = np.square(values - values.mean()), np.square(values - np.repeat(means, sizes))
    inside = rest.sum() / (count - bins)
    share = (total.sum() - rest.sum() - (bins - 1) * inside) / total.sum()
    influence = (total * (1.0 - share) - rest) / total.mean()
    return float(share), math.sqrt(float(influence.var()) / count + 2.0 * (bins - 1) / count**2)


def noise_floor(lanes: int, inputs: int) -> float:
    """Return the index that the largest of `inputs` inputs without influence stays below in 95 % of the runs."""
    from scipy.special import fdtri

    bins = bins_of(lanes)
    f = float(fdtri(bins - 1, lanes - bins, 1.0 - _ERROR / inputs))
    return (bins - 1) * (f - 1.0) / ((bins - 1) * f + lanes - bins)
