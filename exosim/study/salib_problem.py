"""Problems and results as SALib writes them: plain dictionaries in and out.

T. Iwanaga, W. Usher and J. Herman, Socio-Environmental Systems Modelling 4, 18155 (2022), doi:10.18174/sesmo.18155.
SALib itself is not needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from exosim.distributions import Distribution
from exosim.errors import Problem, UsageError, unknown
from exosim.study.factor import Factor
from exosim.study.morris import ElementaryEffects
from exosim.study.sensitivity import Sensitivity
from exosim.study.sobol_indices import Indices

__all__ = ["factors_of", "problem_of", "results_of"]

Numbers = Mapping[str, float]
_LISTS = ("names", "bounds")
_SIZES: Mapping[str, tuple[int, ...]] = {
    "unif": (2,), "logunif": (2,), "triang": (3,), "norm": (2,), "truncnorm": (4,), "lognorm": (2,), "weibull": (2,),
}  # fmt: skip
"""How many bounds a distribution has."""


def problem_of(factors: Sequence[Factor]) -> dict[str, Any]:
    """Return factors as a problem: ``num_vars``, ``names``, ``bounds`` and ``dists``.

    Raises
    ------
    UsageError
        when SALib has no distribution like that of a factor, or a factor has listed values.

    Examples
    --------
    >>> problem_of([Factor("concentrate.flux", "L/m2/h", 15.0, 40.0)])["bounds"]
    [[15.0, 40.0]]
    """
    written = [_written(factor) for factor in factors]
    problems = [one for one in written if isinstance(one, Problem)]
    if problems:
        raise UsageError(problems)
    pairs = [one for one in written if not isinstance(one, Problem)]
    return {
        "num_vars": len(pairs), "names": [factor.path for factor in factors],
        "bounds": [bounds for _, bounds in pairs], "dists": [name for name, _ in pairs],
    }  # fmt: skip


def factors_of(problem: Mapping[str, Any], units: Mapping[str, str] | None = None) -> tuple[Factor, ...]:
    """Return the factors of a problem.

    Parameters
    ----------
    problem : ``names`` and ``bounds``, with ``num_vars`` and ``dists`` where they are given
    units : of the numbers, by name; default: dimensionless

    Raises
    ------
    UsageError
        with all that is wrong; when the factors are in groups: indices are of single factors.
    """
    missing = [key for key in _LISTS if key not in problem]
    if missing:
        raise UsageError([Problem("a problem needs this key", path=key) for key in missing])
    names, bounds = list(problem["names"]), list(problem["bounds"])
    kinds = list(problem.get("dists") or ["unif"] * len(names))
    wrong = [
        Problem("is not as long as the names", path=key, got=str(count), expected=str(len(names)))
        for key, count in (("bounds", len(bounds)), ("dists", len(kinds)), ("num_vars", problem.get("num_vars")))
        if count is not None and count != len(names)
    ]
    groups = problem.get("groups")
    if groups and len(set(groups)) < len(names):
        wrong.append(Problem("indices are of single factors", path="groups", expected="a problem without groups"))
    if wrong:
        raise UsageError(wrong)
    found = [
        _read(str(name), (units or {}).get(name, "1"), kind, [float(one) for one in ends])
        for name, kind, ends in zip(names, kinds, bounds, strict=True)
    ]
    wrong = [one for one in found if isinstance(one, Problem)]
    if wrong:
        raise UsageError(wrong)
    return tuple(one for one in found if isinstance(one, Factor))


def results_of(found: Sensitivity) -> dict[str, dict[str, Any]]:
    """Return the numbers of each question as SALib names them, in the order of the factors.

    ``S1``, ``S1_conf``, ``ST``, ``ST_conf`` of Sobol' indices, ``mu``, ``mu_star``, ``sigma``, ``mu_star_conf`` of
    Morris effects, with ``names``; ``conf`` is half of the 95 % interval.

    Raises
    ------
    UsageError
        when one factor was moved at a time: SALib has no such result.
    """
    if found.method == "one_at_a_time":
        raise UsageError(Problem("SALib has no tornado", got=found.method, expected="morris or sobol"))
    names = [factor.path for factor in found.factors]
    pairs = zip(found.asked, found.found, strict=True)
    return {asked.label: {**_numbers(ranked), "names": list(names)} for asked, ranked in pairs}


def _numbers(ranked: object) -> dict[str, Any]:
    if isinstance(ranked, Indices):
        first, total = ranked.first_high - ranked.first_low, ranked.total_high - ranked.total_low
        return {"S1": ranked.first, "S1_conf": first / 2.0, "ST": ranked.total, "ST_conf": total / 2.0}
    if isinstance(ranked, ElementaryEffects):
        half = (ranked.mu_star_high - ranked.mu_star_low) / 2.0
        return {"mu": ranked.mu, "mu_star": ranked.mu_star, "sigma": ranked.sigma, "mu_star_conf": half}
    raise TypeError(f"{type(ranked).__name__} is no result of SALib")


def _written(factor: Factor) -> tuple[str, list[float]] | Problem:
    """Return the name of a distribution with its bounds."""
    if factor.levels or factor.choices or factor.whole:
        return Problem("SALib has no factors of listed or whole values", path=factor.path)
    if factor.distribution is None:
        return ("logunif" if factor.scale == "log" else "unif"), [factor.low, factor.high]
    family, n = factor.distribution.family, dict(factor.distribution.numbers)
    if family == "uniform":
        return "unif", [n["low"], n["high"]]
    if family == "triangular":
        return "triang", [n["low"], n["high"], (n["mode"] - n["low"]) / (n["high"] - n["low"])]
    if family == "normal":
        return "norm", [n["mean"], n["sd"]]
    if family == "truncated_normal":
        return "truncnorm", [n["low"], n["high"], n["mean"], n["sd"]]
    if family == "lognormal":
        return "lognorm", _log_numbers(n)
    if family == "weibull":
        return "weibull", [n["shape"], n["scale"]]
    return Problem("SALib has no such distribution", path=factor.path, got=family, expected=", ".join(_SIZES))


def _log_numbers(n: Numbers) -> list[float]:
    """Return the mean and standard deviation of the logarithm."""
    if "median" in n:
        return [math.log(n["median"]), math.log(n["gsd"])]
    variance = math.log1p(n["cv"] ** 2)
    return [math.log(n["mean"]) - variance / 2.0, math.sqrt(variance)]


def _read(name: str, unit: str, kind: str, ends: list[float]) -> Factor | Problem:
    """Return a factor; one with a distribution is between its 5 and 95 % quantiles."""
    if kind not in _SIZES:
        problem = unknown("distribution", kind, _SIZES)
        return Problem(problem.problem, name, problem.got, problem.expected, problem.nearest)
    if len(ends) not in _SIZES[kind]:
        return Problem(f"{kind} has another number of bounds", name, str(len(ends)), str(_SIZES[kind][0]))
    if kind in ("unif", "logunif"):
        low, high = ends
        if not low < high or (kind == "logunif" and low <= 0.0):
            return Problem("the bounds must rise" + (" from above 0" if kind == "logunif" else ""), name, f"{ends}")
        return Factor(name, unit, low, high, scale="log" if kind == "logunif" else "linear")
    distribution = _distribution(kind, ends)
    wrong = distribution.problem()
    if wrong:
        return Problem(wrong, name, f"{ends}")
    low, high = distribution.quantile(np.array([0.05, 0.95]))
    return Factor(name, unit, float(low), float(high), distribution=distribution)


def _distribution(kind: str, ends: list[float]) -> Distribution:
    if kind == "triang":
        low, high, peak = ends
        return Distribution("triangular", (("low", low), ("mode", low + peak * (high - low)), ("high", high)))
    if kind == "norm":
        return Distribution("normal", (("mean", ends[0]), ("sd", ends[1])))
    if kind == "truncnorm":
        named = zip(("low", "high", "mean", "sd"), ends, strict=True)
        return Distribution("truncated_normal", tuple(named))
    if kind == "lognorm":
        return Distribution("lognormal", (("median", math.exp(ends[0])), ("gsd", math.exp(ends[1]))))
    return Distribution("weibull", (("shape", ends[0]), ("scale", ends[1])))
