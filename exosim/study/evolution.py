"""The search for a front: NSGA-II proposes points, generation by generation, and never the same one twice.

It searches in shares of the range of each factor. Whole numbers, levels and choices are looked at as points, so that
two proposals that come to the same point are one.

References
----------
K. Deb, A. Pratap, S. Agarwal and T. Meyarivan, IEEE Transactions on Evolutionary Computation 6, 182-197 (2002),
doi:10.1109/4235.996017 (NSGA-II). J. Blank and K. Deb, IEEE Access 8, 89497-89509 (2020),
doi:10.1109/ACCESS.2020.2990567 (pymoo).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.study.decisions import shares_of
from exosim.study.designs import at_shares, latin_shares
from exosim.study.factor import Factor, Floats
from exosim.study.pymoo_parts import part

Judge: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""From points (points, factors) to costs (points, objectives) and violations (points,); 0 where a point is allowed."""
Ended: TypeAlias = Literal["spent", "enough", "exhausted", "whole"]
"""Why a search ended: its budget is spent, the front grows no more, nothing new was found, all points were asked."""
_IMPOSSIBLE = 1e300
"""Violation of a point that failed: beyond that of any other, and a number, which the search can sort."""


def evolve(
    factors: Sequence[Factor],
    objectives: int,
    judge: Judge,
    *,
    population: int,
    generations: int,
    seed: int,
    first: Floats | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Ended:
    """Ask for points until the generations are spent, or there is enough, or nothing new is found; return which.

    Parameters
    ----------
    judge : is asked once for each generation
    first : a point that is among the first, exactly as it is
    enough : asked after each generation

    Raises
    ------
    UsageError
        when the extra ``study`` is not installed.
    """
    seen = _Seen(factors)
    search = _nsga2(factors, objectives, population, seed, first, seen)
    for number in range(generations):
        found = search.ask()
        if found is None or not len(found):
            return "exhausted"
        points = seen.points(found.get("X"))
        seen.add(points)
        if number == 0 and first is not None:
            points[0] = first
            seen.add(points[:1])
        costs, violations = judge(points)
        known = np.isfinite(violations)
        violations = np.where(known, np.minimum(violations, _IMPOSSIBLE), _IMPOSSIBLE)
        _tell(search, found, np.where(known[:, None], costs, _IMPOSSIBLE), violations[:, None])
        if enough():
            return "enough"
    return "spent"


class _Seen:
    """Which points were asked; two shares that come to the same point are one."""

    def __init__(self, factors: Sequence[Factor]) -> None:
        self._factors = factors
        self._asked: set[bytes] = set()

    def points(self, shares: Any) -> Floats:
        """Return the points of shares; a zero has one sign."""
        return at_shares(self._factors, np.asarray(shares, dtype=np.float64)) + 0.0

    def add(self, points: Floats) -> None:
        """Remember points as asked."""
        self._asked.update(point.tobytes() for point in points)

    def known(self, shares: Any, others: Any) -> NDArray[np.bool_]:
        """Return which points were asked, or are among the others, or stand twice."""
        met = self._asked | ({point.tobytes() for point in self.points(others)} if len(others) else set())
        known = np.zeros(len(shares), dtype=bool)
        for place, point in enumerate(self.points(shares)):
            known[place] = point.tobytes() in met
            met.add(point.tobytes())
        return known


def _nsga2(
    factors: Sequence[Factor], objectives: int, population: int, seed: int, first: Floats | None, seen: _Seen
) -> Any:
    """Return a search that has begun with a Latin hypercube."""
    nsga2, duplicate = part("algorithms.moo.nsga2"), part("core.duplicate")
    problem, termination = part("core.problem"), part("core.termination")

    class OnceOnly(duplicate.DuplicateElimination):  # type: ignore[misc, name-defined]
        def _do(self, pop: Any, other: Any, is_duplicate: Any) -> Any:
            return seen.known(pop.get("X"), [] if other is None else other.get("X"))

    shares = latin_shares(len(factors), population, seed)
    if first is not None:
        shares[0] = shares_of(factors, first)
    search = nsga2.NSGA2(pop_size=population, sampling=shares, eliminate_duplicates=OnceOnly())
    whole = problem.Problem(n_var=len(factors), n_obj=objectives, n_ieq_constr=1, xl=0.0, xu=1.0)
    search.setup(whole, termination=termination.NoTermination(), seed=seed, verbose=False)
    return search


def _tell(search: Any, found: Any, costs: Floats, violations: Floats) -> None:
    evaluator, static = part("core.evaluator"), part("problems.static")
    evaluator.Evaluator().eval(static.StaticProblem(search.problem, F=costs, G=violations), found)
    search.tell(infills=found)
