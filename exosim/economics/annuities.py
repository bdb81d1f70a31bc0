"""Annuities and rates: one amount now against equal amounts at the end of each year.

All take arrays, with draws on the last axis, and are exact at and near zero interest: (1 + i)^n - 1 is taken as
expm1(n log1p(i)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from exosim.economics.checks import Money, numbers


def present_worth(rate: ArrayLike, years: ArrayLike) -> Money:
    """Return P/A, what 1 at the end of each year is worth now, (1 - (1 + i)^-n)/i; n at zero interest.

    Parameters
    ----------
    rate : interest per year, i, above -1
    years : number of payments, n

    Raises
    ------
    UsageError
        If the rate is -1 or below, or the years are negative.
    """
    i, n = _rate(rate), numbers("years", years)
    safe = np.where(i == 0.0, 1.0, i)
    return np.where(i == 0.0, n, -np.expm1(-n * np.log1p(i)) / safe)


def capital_recovery(rate: ArrayLike, years: ArrayLike) -> Money:
    """Return A/P, the yearly payment that pays 1 back with interest, i(1 + i)^n/((1 + i)^n - 1); 1/n at zero interest.

    Raises
    ------
    UsageError
        If the rate is -1 or below, or the years are not above 0.
    """
    return 1.0 / present_worth(rate, numbers("years of recovery", years, open_low=True))


def future_worth(rate: ArrayLike, years: ArrayLike) -> Money:
    """Return F/A, what 1 at the end of each year is worth at the end, ((1 + i)^n - 1)/i; n at zero interest."""
    i, n = _rate(rate), numbers("years", years)
    safe = np.where(i == 0.0, 1.0, i)
    return np.where(i == 0.0, n, np.expm1(n * np.log1p(i)) / safe)


def real_rate(nominal: ArrayLike, inflation: ArrayLike) -> Money:
    """Return the interest in money of constant worth, (1 + i)/(1 + f) - 1 (Fisher 1930)."""
    i, f = _rate(nominal), numbers("inflation", inflation, low=-1.0, open_low=True)
    return (i - f) / (1.0 + f)


def learned(first: ArrayLike, number: ArrayLike, progress: ArrayLike) -> Money:
    """Return the cost of the n-th unit on a learning curve, C_n = C_1 n^b with b = log2 PR.

    Parameters
    ----------
    first : cost of the first unit
    number : which unit, from 1
    progress : cost after a doubling over cost before, PR; 1 is no learning

    Raises
    ------
    UsageError
        If the number is below 1, or the ratio not within 0 and 1.

    Notes
    -----
    For hours of labor, failures and cycle times; list prices do not learn. Source: Wright 1936.
    """
    ratio = numbers("progress ratio", progress, high=1.0, open_low=True)
    return numbers("first cost", first) * ratio ** np.log2(numbers("number of the unit", number, low=1.0))


def levelized_cost(
    capital: ArrayLike, annual_cost: ArrayLike, doses: ArrayLike, rate: ArrayLike, years: ArrayLike
) -> Money:
    """Return the levelized cost of a dose, (CRF TCI + OPEX)/q; infinite where nothing is made.

    Parameters
    ----------
    capital : built at once, before the first year
    annual_cost : of each year, without depreciation
    doses : released in each year
    rate, years : of the capital recovery factor
    """
    made = numbers("doses per year", doses)
    yearly = numbers("capital", capital) * capital_recovery(rate, years) + numbers("annual cost", annual_cost)
    return per_dose(yearly, made)


def per_dose(cost: Money, doses: Money) -> Money:
    """Return a cost over doses; infinite where there are none, since no dose carries it."""
    nothing = doses == 0.0
    return np.where(nothing, np.inf, cost / np.where(nothing, 1.0, doses))


def _rate(rate: ArrayLike) -> Money:
    return numbers("rate of interest", rate, low=-1.0, open_low=True)
