"""Designs: the points at which a model is asked, as shares of the range of each factor or as a grid.

Latin hypercube: M. D. McKay, R. J. Beckman and W. J. Conover, Technometrics 21, 239-245 (1979),
doi:10.1080/00401706.1979.10489755. Sobol' points with the scrambling of Owen are those of SciPy
(:class:`scipy.stats.qmc.Sobol`). Points depend on the seed, the number and the factors alone.

SciPy's statistics take longer to import than a scenario to read, so they are imported only where they are needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np

from exosim.errors import LimitError, Problem, UsageError
from exosim.study.factor import Factor, Floats

Method: TypeAlias = Literal["grid", "list", "latin_hypercube", "sobol"]
METHODS: tuple[Method, ...] = get_args(Method)
MOST_POINTS = 10_000_000


def grid(factors: Sequence[Factor], levels: int | Sequence[int]) -> Floats:
    """Return every combination of the values of the factors, the last one changing fastest.

    Parameters
    ----------
    levels : number of values of each factor, or one number for all; a factor that lists its values has those

    Raises
    ------
    UsageError
        when a factor would have no value.
    LimitError
        when there would be more than :data:`MOST_POINTS`; nothing is allocated.
    """
    counts = list(levels) if isinstance(levels, Sequence) else [levels] * len(factors)
    if min(counts, default=1) < 1:
        raise UsageError(Problem("levels must be at least 1", got=", ".join(map(str, counts))))
    sizes = [
        count if not (f.levels or f.choices) else len(f.levels or f.choices)
        for f, count in zip(factors, counts, strict=True)
    ]
    if math.prod(sizes) > MOST_POINTS:
        product = " x ".join(f"{size:,}" for size in sizes)
        problem = Problem(
            f"a grid of {product} has {math.prod(sizes):,} points", got=f"{math.prod(sizes):.3g} points",
            expected=f"at most {MOST_POINTS:,}: fewer levels, or a Latin hypercube: --design latin_hypercube",
        )  # fmt: skip
        raise LimitError(problem)
    values = [factor.grid(count) for factor, count in zip(factors, counts, strict=True)]
    return np.stack([axis.ravel() for axis in np.meshgrid(*values, indexing="ij")], axis=1)


def latin_hypercube(factors: Sequence[Factor], points: int, seed: int) -> Floats:
    """Return points of which each factor has one in every of as many equal parts of its range."""
    _check_points(points)
    return at_shares(factors, latin_shares(len(factors), points, seed))


def latin_shares(factors: int, points: int, seed: int) -> Floats:
    """Return a Latin hypercube as shares of the ranges, shape (points, factors).

    Its bits are those of :class:`scipy.stats.qmc.LatinHypercube`.
    """
    rng = np.random.default_rng(seed).spawn(1)[0]
    within = rng.uniform(size=(points, factors))
    parts = np.tile(np.arange(1, points + 1), (factors, 1))
    for own in parts:
        rng.shuffle(own)
    return np.asarray((parts.T - within) / points)


def sobol(factors: Sequence[Factor], points: int, seed: int) -> Floats:
    """Return scrambled Sobol' points; their number is best a power of two."""
    from scipy.stats import qmc

    _check_points(points)
    power = max(0, math.ceil(math.log2(points)))
    shares = qmc.Sobol(len(factors), scramble=True, rng=np.random.default_rng(seed)).random_base2(power)
    return at_shares(factors, shares[:points])


def at_shares(factors: Sequence[Factor], shares: Floats) -> Floats:
    """Return points from shares of the ranges, shape (points, factors)."""
    return np.stack([factor.at(shares[:, place]) for place, factor in enumerate(factors)], axis=1)


def _check_points(points: int) -> None:
    if points < 1:
        raise UsageError(Problem("a design needs at least one point", got=str(points)))
    if points > MOST_POINTS:
        raise LimitError(
            Problem("this is more than a study may have", got=f"{points:,} points", expected=f"at most {MOST_POINTS:,}")
        )
