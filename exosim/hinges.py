"""On which inputs the order of two scenarios hangs, and where along each of them it flips.

Of each headline the *leader* is the scenario that is the best most often, and every other one a *rival*. What is
explained is their difference within each draw: the logarithm of the ratio where both are above zero throughout, else
the plain difference; positive where the leader is ahead. The share of an input is the first-order index of that
difference, Var E[D | X] / Var D, as in :mod:`exosim.ranking`: what is common to both scenarios cancels in the
difference, so that an input which rules both may have no share in their order. Inputs are shared by address, as their
draws are.

An input has a *switch* where E[D | X] changes its sign (:mod:`exosim.switch_points`): on one side the leader is ahead
on average, on the other the rival. It is told as the value of the quantity, its other layers of variation at their
medians. An input with a share and no switch widens or narrows the lead and never turns it within its range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.normal import normal_quantile
from exosim.ranking import MOST_LANES, bins_of, first_order, noise_floor
from exosim.sampling import Level, uniforms
from exosim.switch_points import Switch, positive_share, switches
from exosim.uncertain_inputs import Input, inputs_of

if TYPE_CHECKING:
    from exosim.scenario import Scenario

Floats: TypeAlias = NDArray[np.float64]
_Key: TypeAlias = tuple[str, Level]
FEWEST_LANES = 16
"""Fewest draws that rank anything."""
BOTH = "both"
_ROUNDING = 1e-9
_NORMAL_975 = 1.959963984540054
HINGE_COLUMNS = (
    "quantity", "leader", "rival", "runner_up", "ahead", "ratio", "inputs", "floor", "reason", "input", "of", "level",
    "grade", "source", "unit", "share", "low", "high", "value_p5", "value_p95", "flip", "flip_low", "flip_high",
    "ahead_below", "ahead_above",
)  # fmt: skip
"""What is told of a rivalry, of a hinge of it, and of a flip along that."""
_OF_RIVALRY, _OF_HINGE = HINGE_COLUMNS[:9], HINGE_COLUMNS[9:20]
_ALIKE = "the difference is the same in all draws"
_NOT_FINITE = "the difference is not a finite number in all draws"


@dataclass(frozen=True, slots=True)
class Flip:
    """A value of an input at which the order flips.

    Attributes
    ----------
    value, low, high : the value with its 95 % interval, in the unit of the input
    below, above : probability that the leader is ahead on either side, up to the next such value; ties count half
    """

    value: float
    low: float
    high: float
    below: float
    above: float


@dataclass(frozen=True, slots=True)
class Hinge:
    """An input on which the order of two scenarios hangs.

    Attributes
    ----------
    input, level, unit, grade, source : the address of the input, the level at which it varies, and its evidence
    of : label of the scenario that has it, or ``both``
    share, low, high : first-order share in the variance of the difference, with its 95 % interval
    value_p5, value_p95 : 5 to 95 % of its values
    flips : where the order flips; none: never within its range
    """

    input: str
    level: str
    unit: str
    grade: str
    source: str
    of: str
    share: float
    low: float
    high: float
    value_p5: float
    value_p95: float
    flips: tuple[Flip, ...] = ()


@dataclass(frozen=True, slots=True)
class Rivalry:
    """The order of two scenarios in one headline, and what it hangs on.

    Attributes
    ----------
    quantity, leader, rival : the headline, the scenario that is best most often, and the other
    runner_up : whether no other rival is ahead of the leader more often
    ahead : probability that the leader is ahead; ties count half
    ratio : whether the difference is that of the logarithms
    inputs, floor : how many inputs were tried, and the share that chance alone reaches
    hinges : inputs whose share is above it, largest first
    reason : why there are none, where the difference does not vary
    """

    quantity: str
    leader: str
    rival: str
    runner_up: bool
    ahead: float
    ratio: bool
    inputs: int
    floor: float | None
    hinges: tuple[Hinge, ...] = ()
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the rivalry as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """An input with the first draws in its order, and its random numbers in that order."""

    input: Input
    of: str
    unit: str
    order: NDArray[np.intp]
    uniforms: Floats
    scenario: Scenario

    def value(self, share: float) -> float:
        """Return the value below which a share of the draws lies."""
        place = share * self.uniforms.size - 0.5
        u = np.interp(place, np.arange(self.uniforms.size), self.uniforms)
        return value_at(self.scenario, self.input, float(u))


def hinge_rows(rivalries: Iterable[Rivalry]) -> Iterator[Sequence[Any]]:
    """Yield a row for each flip of each hinge, one for a hinge without any, and one for a rivalry without hinges."""
    for rivalry in rivalries:
        about = [getattr(rivalry, name) for name in _OF_RIVALRY]
        if not rivalry.hinges:
            yield [*about, *[None] * (len(HINGE_COLUMNS) - len(about))]
        for hinge in rivalry.hinges:
            known = [*about, *(getattr(hinge, name) for name in _OF_HINGE)]
            for flip in hinge.flips:
                yield [*known, flip.value, flip.low, flip.high, flip.below, flip.above]
            if not hinge.flips:
                yield [*known, *[None] * 5]


class Rivalries:
    """What the order of scenarios hangs on; the random numbers of an input are drawn and sorted once.

    Parameters
    ----------
    scenarios : by label
    seed, draws : of the comparison; the first :data:`~exosim.ranking.MOST_LANES` draws count
    """

    def __init__(self, scenarios: Mapping[str, Scenario], seed: int, draws: int) -> None:
        self._scenarios, self._seed = scenarios, seed
        self.lanes = min(draws, MOST_LANES)
        self._inputs = {label: {(i.name, i.level): i for i in inputs_of(s)} for label, s in scenarios.items()}
        self._units = {label: {line.path: line.unit for line in s.ledger()} for label, s in scenarios.items()}
        self._drawn: dict[_Key, tuple[NDArray[np.intp], Floats]] = {}

    def of(self, quantity: str, values: Mapping[str, Floats], leader: str, sign: float) -> tuple[Rivalry, ...]:
        """Return the order of a leader and every other scenario in a headline, as the scenarios stand.

        Parameters
        ----------
        quantity : the headline
        values : of it by label, on all draws
        leader : label of the scenario that is best most often
        sign : 1 where more is better, -1 where less is
        """
        rivals = [label for label in values if label != leader]
        found = [self._rivalry(quantity, values, leader, rival, sign) for rival in rivals]
        nearest = min((one.ahead for one in found), default=0.0)
        closest = next((one.rival for one in found if one.ahead == nearest), "")
        return tuple(replace(one, runner_up=one.rival == closest) for one in found)

    def _rivalry(self, quantity: str, values: Mapping[str, Floats], leader: str, rival: str, sign: float) -> Rivalry:
        whole, ratio = gap(values[leader], values[rival], sign)
        gaps = whole[: self.lanes]
        rivalry = Rivalry(quantity, leader, rival, False, positive_share(whole), ratio, 0, None)
        if not all(np.isfinite(values[label]).all() for label in (leader, rival)):
            return replace(rivalry, reason=_NOT_FINITE)
        if float(np.ptp(gaps)) <= _ROUNDING * float(np.abs(gaps).max()):
            return replace(rivalry, reason=_ALIKE)
        tried = list(self._tried(leader, rival))
        floor = noise_floor(gaps.size, max(len(tried), 1))
        hinges = (_hinge(one, gaps[one.order], floor) for one in tried)
        ranked = sorted((hinge for hinge in hinges if hinge is not None), key=lambda hinge: -hinge.share)
        return replace(rivalry, inputs=len(tried), floor=floor, hinges=tuple(ranked))

    def _tried(self, leader: str, rival: str) -> Iterator[_Sorted]:
        """Yield the inputs of both, those of the leader first, each once."""
        own, other = self._inputs[leader], self._inputs[rival]
        for key, found in {**own, **other, **own}.items():
            holder = leader if key in own else rival
            of = BOTH if key in own and key in other else holder
            unit = "1" if found.score else self._units[holder][found.path]
            yield _Sorted(found, of, unit, *self._sorted(key, found), self._scenarios[holder])

    def _sorted(self, key: _Key, found: Input) -> tuple[NDArray[np.intp], Floats]:
        if key not in self._drawn:
            drawn = uniforms(self._seed, found.name, found.level, 0, self.lanes)
            order = np.argsort(drawn, kind="stable")
            self._drawn[key] = order, drawn[order]
        return self._drawn[key]


def gap(leader: Floats, rival: Floats, sign: float) -> tuple[Floats, bool]:
    """Return by how much a leader is ahead in each draw, and whether that is the logarithm of the ratio.

    Differences of rounding are none.
    """
    apart = np.abs(leader - rival) > _ROUNDING * np.maximum(np.abs(leader), np.abs(rival))
    ratio = bool(leader.min() > 0.0 and rival.min() > 0.0)
    difference = np.log(leader / rival) if ratio else leader - rival
    return sign * np.where(apart, difference, 0.0), ratio


def value_at(scenario: Scenario, found: Input, u: float) -> float:
    """Return the value of the quantity of an input at one uniform number, its other layers at their medians.

    For the common factor of the step recoveries, and for the laboratory of an assay, it is the standard normal score.
    """
    if found.score:
        return float(normal_quantile(np.array([u]))[0])
    return scenario.uncertain()[found.path].quantity.at(found.path, (found.level, found.name), u)


def _hinge(one: _Sorted, gaps: Floats, floor: float) -> Hinge | None:
    """Return an input with its share in sorted differences and where they flip; None where that is noise."""
    share, error = first_order(gaps)
    if share <= floor:
        return None
    low, high = (min(max(share + sign * _NORMAL_975 * error, 0.0), 1.0) for sign in (-1.0, 1.0))
    flips = tuple(_flip(one, found) for found in switches(gaps, bins_of(gaps.size)))
    about = one.input
    return Hinge(
        about.path, about.level, one.unit, about.grade, about.source, one.of, min(share, 1.0), low, high,
        one.value(0.05), one.value(0.95), flips,
    )  # fmt: skip


def _flip(one: _Sorted, found: Switch) -> Flip:
    return Flip(one.value(found.at), one.value(found.low), one.value(found.high), found.below, found.above)
