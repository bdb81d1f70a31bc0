"""How sure a probability is that was counted: on k of n independent draws something was so.

Two questions, two tools. *Where does the probability lie?* The equal-tailed interval of Jeffreys' prior, quantiles of
Beta(k + 1/2, n - k + 1/2) with the ends 0 and 1 where k is 0 or n: its coverage is on average the one it names, which
that of Clopper and Pearson exceeds by design (L. D. Brown, T. T. Cai and A. DasGupta, Stat. Sci. 16, 101-133 (2001),
doi:10.1214/ss/1009213286, who recommend it). *Is the probability at least q?* The exact one-sided bounds of C. J.
Clopper and E. S. Pearson, Biometrika 26, 404-413 (1934), doi:10.1093/biomet/26.4.404: whatever the probability is, they
are wrong on no more than 1 - confidence of all occasions.

What all draws meet is shown to hold with at least the probability q once q**n <= 1 - confidence
(:func:`exosim.study.intervals.wilks_runs`), for 90 % at 95 % from 29 draws on.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betaincinv

from exosim.study.factor import Floats
from exosim.study.intervals import COVERAGE, wilks_runs

_MOST_DRAWS = 1e9


def interval(met: Floats, draws: int, coverage: float = COVERAGE) -> tuple[Floats, Floats]:
    """Return the equal-tailed interval of Jeffreys' prior; NaN where `met` is.

    Examples
    --------
    >>> [round(float(end), 4) for end in interval(np.array(900.0), 1000)]
    [0.8803, 0.9174]
    """
    met = np.asarray(met, dtype=np.float64)
    tail = (1.0 - coverage) / 2.0
    low, high = (betaincinv(met + 0.5, draws - met + 0.5, share) for share in (tail, 1.0 - tail))
    return np.where(met == 0.0, 0.0, low), np.where(met == draws, 1.0, high)


def at_least(met: Floats, draws: int, confidence: float = COVERAGE) -> Floats:
    """Return what the probability is at least: the exact lower bound; NaN where `met` is.

    Examples
    --------
    >>> float(at_least(np.array(29.0), 29)) >= 0.9 > float(at_least(np.array(28.0), 28))
    True
    """
    met = np.asarray(met, dtype=np.float64)
    some = np.maximum(met, 1.0)
    return np.where(met == 0.0, 0.0, betaincinv(some, draws - some + 1.0, 1.0 - confidence))


def at_most(met: Floats, draws: int, confidence: float = COVERAGE) -> Floats:
    """Return what the probability is at most: the exact upper bound; NaN where `met` is."""
    return np.asarray(1.0 - at_least(draws - np.asarray(met, dtype=np.float64), draws, confidence))


def draws_to_show(share: float, level: float, confidence: float = COVERAGE) -> int | None:
    """Return about how many draws show that a probability is at least `level`, if `share` of them meet it.

    Returns
    -------
    the draws, to two digits upward; None where `share` is not above `level` or they are more than a thousand million

    Examples
    --------
    >>> draws_to_show(1.0, 0.9), draws_to_show(0.92, 0.9), draws_to_show(0.89, 0.9)
    (29, 640, None)
    """
    if share <= level:
        return None
    few, many = 0, wilks_runs(level, confidence)
    while not _shows(share, many, level, confidence):
        few, many = many, 2 * many
        if many > _MOST_DRAWS:
            return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _shows(share, middle, level, confidence) else (middle, many)
    digits = 10 ** max(0, len(str(many)) - 2)
    return int(math.ceil(many / digits) * digits)


def _shows(share: float, draws: int, level: float, confidence: float) -> bool:
    return float(at_least(np.array(share * draws), draws, confidence)) >= level
