"""Cost per dose against demand, technology by technology: the estimate, its switch points, and the facility's word."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np

from exosim.economics_builder import costing
from exosim.errors import Problem, UsageError
from exosim.limits import LARGEST_SEED
from exosim.replications import Progress
from exosim.scale_numbers import ScaleNumbers
from exosim.scaling.confirm import Checked, confirmed
from exosim.scaling.screen import Screen, Screened, screen
from exosim.scaling.switches import Order, Switch, orders, switches
from exosim.scaling.technologies import Technology, limits_of, priced, technologies
from exosim.scaling.words import sentences
from exosim.scenario import Scenario
from exosim.version import __version__
from exosim.workers import processes, starting

FORM = "exosim.scale/1"
WORLDS, BATCHES = 128, 4
"""Possible worlds of the estimate, and lots drawn in each."""
_FAR = 1e12
T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class Scaling:
    """Which technology makes a dose at the least cost at which demand; made by :func:`scale`.

    Attributes
    ----------
    scenario, seed, worlds : what was asked, and over how many possible worlds
    limits : how large a plant may become
    demands : doses a year, rising
    titles : of the technologies, by name
    points : the cheapest plant of each technology for each demand
    reach : largest demand that each technology can meet; 0: not even the smallest; infinite: beyond all that was tried
    checks : finalists in the facility
    """

    scenario: Scenario = field(repr=False)
    seed: int
    worlds: int
    limits: ScaleNumbers
    demands: tuple[float, ...]
    titles: Mapping[str, str]
    points: Mapping[str, tuple[Screened, ...]] = field(repr=False)
    reach: Mapping[str, float]
    checks: tuple[Checked, ...] = ()
    version: str = __version__

    @property
    def currency(self) -> str:
        """The currency of all money."""
        return costing(priced(self.scenario)).currency

    @cached_property
    def money(self) -> str:
        """The currency with its year, such as ``EUR of 2024``."""
        return f"{self.currency} of {costing(priced(self.scenario)).year}"

    def ranking(self, place: int) -> list[Screened]:
        """Return the plants that meet the demand number `place`, the cheapest first."""
        can = [points[place] for points in self.points.values() if points[place].feasible]
        return sorted(can, key=lambda point: point.expected)

    @cached_property
    def winners(self) -> tuple[Screened | None, ...]:
        """The cheapest plant for each demand; None where no plant meets it."""
        return tuple(next(iter(self.ranking(place)), None) for place in range(len(self.demands)))

    def cheapest(self, place: int) -> dict[str, float]:
        """Return in which share of the worlds each technology is the cheapest for the demand number `place`."""
        can = self.ranking(place)
        if not can:
            return {}
        best = np.argmin([point.per_dose for point in can], axis=0)
        return {point.technology: float(np.mean(best == at)) for at, point in enumerate(can)}

    @cached_property
    def switches(self) -> tuple[Switch, ...]:
        """Where the order of two technologies changes, those of the winners first."""
        return switches(self.points, [None if w is None else w.technology for w in self.winners])

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        """For every two technologies and every demand that both meet, what one costs over the other."""
        return orders(self.points)

    def __str__(self) -> str:
        return "\n  ".join(
            [f"{self.scenario.name}: {len(self.points)} technologies, seed {self.seed}", *sentences(self)]
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.scale/1``: no time, path or machine, no NaN."""
        return {
            "form": FORM,
            "version": self.version,
            "scenario": {"name": self.scenario.name, "hash": self.scenario.hash},
            "seed": self.seed,
            "worlds": self.worlds,
            "currency": self.currency,
            "year": costing(priced(self.scenario)).year,
            "limits": asdict(self.limits),
            "technologies": [
                {"name": name, "title": title, "reach": _finite(self.reach[name])}
                for name, title in self.titles.items()
            ],
            "demands": list(self.demands),
            "winners": [None if winner is None else winner.technology for winner in self.winners],
            "points": [dict(row) for row in self.rows()],
            "switches": [switch.as_dict() for switch in self.switches],
            "orders": [order.as_dict() for order in self.orders],
            "facility": [checked.as_dict() for checked in self.checks],
            "warnings": list(self.scenario.warnings),
        }

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Yield a row for each demand and technology."""
        for place, demand in enumerate(self.demands):
            shares = self.cheapest(place)
            for name, points in self.points.items():
                point = points[place]
                yield {
                    "demand": demand, "technology": name, "feasible": point.feasible, "binding": point.binding,
                    "why": point.why, "lot_factor": point.factor, "lots": point.lots, "doses_per_lot": point.doses,
                    "success": point.success, "units": dict(point.units), "people": dict(point.people),
                    "area": point.area, "cost_per_dose": _finite(point.expected) if point.feasible else None,
                    "median": _finite(point.median) if point.feasible else None,
                    "p5": _finite(point.quantile(0.05)) if point.feasible else None,
                    "p95": _finite(point.quantile(0.95)) if point.feasible else None,
                    "cost_shares": point.shares if point.feasible else {},
                    "cheapest": shares.get(name, 0.0), "demand_met": point.met,
                }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def demands_between(low: float, high: float, per_decade: int = 2) -> tuple[float, ...]:
    """Return demands on a logarithmic scale, both ends among them.

    Raises
    ------
    UsageError
        when they are no rising numbers above 0.
    """
    if not (0.0 < low <= high <= _FAR) or per_decade < 1:
        problem, expected = "demands rise from one number above 0 to another", f"such as 100 to 1e7, at most {_FAR:g}"
        raise UsageError(Problem(problem, got=f"{low:g} to {high:g}, {per_decade} a decade", expected=expected))
    steps = max(round(math.log10(high / low) * per_decade), 1) if high > low else 0
    return tuple(float(f"{low * (high / low) ** (step / max(steps, 1)):.12g}") for step in range(steps + 1))


def scale(
    scenario: Scenario,
    demands: Sequence[float] | None = None,
    *,
    worlds: int = WORLDS,
    confirm: int = 2,
    replications: int = 4,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Scaling:
    """Return which technology makes a dose at the least cost at which demand, and what becomes impossible.

    For each demand and technology (each combination of choices on the axes of the scenario, or each of its variants)
    the plant is sized without a clock: lots up to the limits of size, then more lots, units, people and rooms. The
    cheapest plant over all worlds together stands for the technology. Finalists are simulated.

    Parameters
    ----------
    scenario : with a ``[campaign]``; without ``[economics]`` it is costed at the prices of the list
    demands : doses a year, rising; default: 1e2 to 1e7 in steps of half a decade
    worlds : possible worlds of the estimate
    confirm : technologies that are simulated at each whole decade of demand, the cheapest first; 0: none
    replications : worlds that are simulated of each of them
    seed : of the addressed random values; default: as in the scenario
    jobs : processes; the results do not depend on it
    progress : called with (parts done, parts in all)

    Raises
    ------
    UsageError
        when a number is off.
    ScenarioError
        when a technology is not valid, or has no campaign of one product in a rhythm.
    ModelError
        when the clock cannot go on in a run of a finalist.

    Examples
    --------
    >>> print(scale(xs.load("scenarios/scale_out.toml"), [1e3, 1e5]).winners)  # doctest: +SKIP
    """
    asked = demands_between(1e2, 1e7) if demands is None else tuple(float(demand) for demand in demands)
    used = scenario.seed if seed is None else seed
    _check(asked, worlds, confirm, replications, jobs, used)
    offered, limits = technologies(scenario), limits_of(scenario)
    expected = len(offered) + confirm * sum(_is_decade(demand) for demand in asked)
    with _Hands(jobs) as hands, _Counted(progress, expected) as counted:
        screens = list(counted(hands.each(partial(_screened, limits, worlds, used), offered)))
        points = {one.technology: tuple(one.best(demand) for demand in asked) for one in screens}
        reach = {one.technology: one.reach(asked[0], _FAR) for one in screens}
        titles = {one.name: one.title for one in offered}
        found = Scaling(scenario, used, worlds, limits, asked, titles, points, reach)
        by_name = {one.name: one.scenario for one in offered}
        finalists = [
            (by_name[point.technology], point, rank, min(replications, worlds))
            for place, demand in enumerate(asked)
            if _is_decade(demand)
            for rank, point in enumerate(found.ranking(place)[:confirm], start=1)
        ]
        counted.expect(len(offered) + len(finalists))
        checks = tuple(counted(hands.each(partial(_confirmed, used), finalists)))
    return Scaling(found.scenario, used, worlds, limits, asked, titles, points, reach, checks)


def _check(demands: Sequence[float], worlds: int, confirm: int, replications: int, jobs: int, seed: int) -> None:
    if not demands or not all(0.0 < demand <= _FAR for demand in demands) or list(demands) != sorted(set(demands)):
        got = ", ".join(f"{demand:g}" for demand in demands) or "none"
        raise UsageError(Problem("demands are rising numbers of doses a year", got=got, expected="such as 100, 1000"))
    if worlds < 1 or confirm < 0 or replications < 1 or jobs < 1 or not 0 <= seed <= LARGEST_SEED:
        problem = "worlds, replications and jobs must be at least 1, what is confirmed and the seed at least 0"
        raise UsageError(Problem(problem, got=f"{worlds}, {replications}, {jobs}, {confirm}, {seed}"))


def _is_decade(demand: float) -> bool:
    return abs(math.log10(demand) - round(math.log10(demand))) < 1e-9


def _screened(limits: ScaleNumbers, worlds: int, seed: int, technology: Technology) -> Screen:
    return screen(technology, limits, worlds, BATCHES, seed)


def _confirmed(seed: int, finalist: tuple[Scenario, Screened, int, int]) -> Checked:
    scenario, point, rank, replications = finalist
    return confirmed(scenario, point, rank, replications, seed)


class _Hands:
    """Does a task with each of several things and gives what comes of it in order, whoever did it."""

    def __init__(self, jobs: int) -> None:
        self._jobs, self._pool = jobs, None if jobs == 1 else ExitStack()
        self._map: Callable[..., Iterable[Any]] = map

    def __enter__(self) -> _Hands:
        if self._pool is not None:
            self._map = self._pool.enter_context(processes(self._jobs, self._jobs)).map
        return self

    def __exit__(self, *raised: Any) -> None:
        if self._pool is not None:
            self._pool.__exit__(*raised)

    def each(self, task: Callable[[T], S], things: Sequence[T]) -> Iterable[S]:
        """Return what comes of a task with each thing."""
        with starting(self._jobs):
            return self._map(task, things)


class _Counted:
    """Tells how much is done of what is expected."""

    def __init__(self, progress: Progress | None, expected: int) -> None:
        self._progress, self._done, self._expected = progress, 0, expected

    def __enter__(self) -> _Counted:
        self._tell()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing open."""

    def expect(self, parts: int) -> None:
        """Expect another number of parts in all."""
        self._expected = parts
        self._tell()

    def __call__(self, things: Iterable[T]) -> Iterator[T]:
        """Yield things and count each."""
        for thing in things:
            self._done += 1
            self._tell()
            yield thing

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(min(self._done, self._expected), self._expected)
