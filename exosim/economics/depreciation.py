"""Depreciation: how the cost of what is built is spread over the years of its life.

A schedule is a share of the cost per year, shape (years of life,). It sums to the depreciable base, one less the
salvage value, with every method; the book value never falls below the salvage value.

Source of the three methods: SuperPro Designer help, Economic Evaluation Parameters, Financing Tab.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from exosim.economics.checks import Money, number, numbers, whole
from exosim.errors import UsageError, unknown

Method = Literal["straight_line", "declining_balance", "sum_of_years"]
METHODS: tuple[str, ...] = get_args(Method)


def straight_line(life: int, salvage: float = 0.0) -> Money:
    """Return equal shares, (1 - s)/n in each year.

    Parameters
    ----------
    life : years, n
    salvage : value at the end of the life, share of the cost, s

    Raises
    ------
    UsageError
        If the life is not a whole number of years, one or more, or the salvage value not a share.
    """
    years, kept = _checked(life, salvage)
    return np.full(years, (1.0 - kept) / years)


def sum_of_years(life: int, salvage: float = 0.0) -> Money:
    """Return shares that fall in steps, (1 - s)(n + 1 - t)/(n(n + 1)/2) in the year t; see :func:`straight_line`."""
    years, kept = _checked(life, salvage)
    return (1.0 - kept) * np.arange(years, 0, -1, dtype=np.float64) / (years * (years + 1) / 2.0)


def declining_balance(life: int, salvage: float = 0.0, factor: float = 2.0, *, switch: bool = True) -> Money:
    """Return a fixed share of what is left, B f/n of the book value B, until only the salvage value is left.

    Parameters
    ----------
    life, salvage : see :func:`straight_line`
    factor : times the rate of the straight line; 2 is the double declining balance
    switch : go over to the straight line over what is left of the life, in the year in which that is more; without it
        the last year takes what is left

    Raises
    ------
    UsageError
        If the life is not a whole number of years, or the factor not above 0.
    """
    years, kept = _checked(life, salvage)
    rate = min(1.0, number("factor of the declining balance", factor, open_low=True) / years)
    found, left = np.zeros(years), 1.0 - kept
    for year in range(years):
        share = rate * (left + kept)
        if switch or year == years - 1:
            share = max(share, left / (years - year))
        found[year] = min(share, left)
        left -= found[year]
    return found


def schedule(method: str, life: int, salvage: float = 0.0) -> Money:
    """Return the schedule of a method by its name, of shape (years of life,) as shares of the cost.

    Raises
    ------
    UsageError
        If the method is not known, or a number cannot be used.
    """
    if method == "straight_line":
        return straight_line(life, salvage)
    if method == "declining_balance":
        return declining_balance(life, salvage)
    if method == "sum_of_years":
        return sum_of_years(life, salvage)
    raise UsageError(unknown("method of depreciation", method, METHODS))


def depreciation(cost: ArrayLike, method: str, life: int, salvage: float = 0.0) -> Money:
    """Return what is written off year by year, of shape (years of life, draws).

    Parameters
    ----------
    cost : of what is built, one per draw
    method : ``straight_line``, ``declining_balance`` (double, with a switch) or ``sum_of_years``
    life, salvage : see :func:`straight_line`
    """
    return np.multiply.outer(schedule(method, life, salvage), numbers("cost", cost))


def _checked(life: int, salvage: float) -> tuple[int, float]:
    return whole("depreciation life in years", life), number("salvage value as a share of the cost", salvage, high=1.0)
