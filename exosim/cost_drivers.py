"""What the spread of the cost of a dose between replications comes from.

The cost of a dose is money over lots released times doses of a lot, so that its logarithm is a sum: the covariance of
each term with it, over its variance, is the share of that term, and the shares add up to 1 exactly. Which input is
behind it is asked of the numbers that each replication drew once: their rank correlation with the cost of a dose
(Spearman). One below the floor, which the largest of so many inputs without any influence stays below in 95 % of the
runs (t test at 0.05 over the number of inputs), is chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.economics.ledger import CostLedger
from exosim.economics_lines import economics_blocks
from exosim.sampling import uniforms
from exosim.sites import seeds
from exosim.summaries import Row

if TYPE_CHECKING:
    from exosim.quantities import Given
    from exosim.scenario import Scenario

Floats: TypeAlias = NDArray[np.float64]
FEWEST = 10
"""Fewest replications with doses from which anything is told of the spread."""
_ERROR = 0.05


@dataclass(frozen=True, slots=True)
class Driver(Row):
    """An input that each replication draws once, with its rank correlation with the cost of a dose."""

    input: str
    correlation: float
    grade: str
    source: str


@dataclass(frozen=True, slots=True)
class Spread:
    """What the spread of the cost of a dose comes from.

    Attributes
    ----------
    n : replications with doses
    shares : of the terms in the variance of the logarithm; they add up to 1. Empty where nothing is told
    drivers : inputs above the floor, the strongest first
    inputs : how many were asked
    floor : rank correlation that chance alone reaches
    reason : why nothing is told; None where something is
    """

    n: int
    shares: dict[str, float]
    drivers: tuple[Driver, ...] = ()
    inputs: int = 0
    floor: float | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        own = {name: getattr(self, name) for name in ("n", "shares", "inputs", "floor", "reason")}
        return {**own, "drivers": [driver.as_dict() for driver in self.drivers]}


def spread(scenario: Scenario, seed: int, ledgers: Sequence[CostLedger]) -> Spread:
    """Return what the spread of the cost of a dose comes from."""
    kept = np.array([i for i, ledger in enumerate(ledgers) if ledger.released > 0.0], dtype=np.int64)
    n = int(kept.size)
    if n < FEWEST:
        return Spread(n, {}, reason=f"{n} replications with doses are too few; {FEWEST} at least")
    money = np.log([ledgers[i].total for i in kept])
    lots = np.log([max(ledgers[i].lots, 1) for i in kept])
    doses = np.log([ledgers[i].released for i in kept])
    logarithm = money - doses
    variance = float(np.var(logarithm))
    if variance == 0.0:
        return Spread(n, {}, reason="the cost of a dose is the same in all replications")
    terms = {"money spent": money, "lots released": -lots, "doses of a lot": lots - doses}
    shares = {name: float(np.mean((term - term.mean()) * (logarithm - logarithm.mean()))) / variance
              for name, term in terms.items()}  # fmt: skip
    asked = list(_asked(scenario, seed, len(ledgers)))
    floor = _floor(n, len(asked))
    found = [(name, _rank_correlation(values[kept], logarithm), grade, source) for name, values, grade, source in asked]
    drivers = tuple(Driver(*one) for one in sorted(found, key=lambda one: -abs(one[1])) if abs(one[1]) > floor)
    return Spread(n, shares, drivers, len(asked), floor)


def _asked(scenario: Scenario, seed: int, n: int) -> Iterator[tuple[str, Floats, str, str]]:
    """Yield every input that a replication draws once: a larger uniform number is a larger value."""
    told: set[tuple[int, str]] = set()
    for owner, own, given in _given(scenario, seed):
        for path, one in given.items():
            drawn = ("study", path) in one.quantity.layers(path) and (own, path) not in told
            if drawn:
                told.add((own, path))
                yield f"{owner}{path}", uniforms(own, path, "study", 0, n), one.grade, one.source


def _given(scenario: Scenario, seed: int) -> Iterator[tuple[str, int, Mapping[str, Given]]]:
    """Yield whose inputs they are where there are several products, their seed, and what is given."""
    blocks = economics_blocks(scenario)
    prices = {f"{b.prefix}.{name}": one for b in blocks for name, one in b.given.items()}
    yield "", seed, {path: one for path, one in prices.items() if not one.quantity.is_fixed}
    yield "", seed, scenario.uncertain()
    for product, own in zip(scenario.products(), seeds(scenario, seed), strict=False):
        yield "" if product is scenario else f"{product.name}: ", own, product.uncertain()


def _rank_correlation(first: Floats, second: Floats) -> float:
    ranks = [np.argsort(np.argsort(values)).astype(np.float64) for values in (first, second)]
    one, other = (rank - rank.mean() for rank in ranks)
    return float(one @ other / math.sqrt((one @ one) * (other @ other)))


def _floor(n: int, inputs: int) -> float:
    """Return the rank correlation below which the largest of so many without influence stays in 95 % of the runs."""
    from scipy.special import stdtrit

    if not inputs:
        return 1.0
    t = float(stdtrit(n - 2, 1.0 - _ERROR / (2.0 * inputs)))
    return t / math.sqrt(n - 2 + t * t)
