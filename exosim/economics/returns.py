"""What a cash flow is worth: net present value, rates of return, payback, and the ratios of a single year.

A cash flow has the years on its first axis, from 0, the first spending, and draws on the last. Values of a draw do not
depend on its company: sums run year by year.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exosim.economics.checks import Money, numbers

_REACH = 8.0
"""Bound of the logarithm of 1 + r in the search of many draws: from -99.97 % to 298,000 % a year."""
_LARGEST = 500.0
"""Bound of the logarithm of the largest power of a discount factor, so that nothing overflows."""
_HALVINGS = 64
_PAID = 1e-12
"""Share of the largest amount that counts as paid back, so that a price that just pays is one."""
_TOUCHES = 1e-13
"""Share of the sum of absolute terms below which a polynomial counts as zero where its slope is zero."""


def net_present_value(cash_flow: ArrayLike, rate: ArrayLike) -> Money:
    """Return the sum of CF_t/(1 + r)^t over the years t = 0, 1, ...

    Parameters
    ----------
    cash_flow : shape (years, ...)
    rate : discount rate per year, r, above -1

    Raises
    ------
    UsageError
        If the rate is -1 or below.
    """
    return _value(
        np.asarray(cash_flow, dtype=np.float64), 1.0 / (1.0 + numbers("discount rate", rate, low=-1.0, open_low=True))
    )


def _value(flow: Money, factor: ArrayLike) -> Money:
    """Return the polynomial of the flow at a discount factor, by Horner's rule, the last year first."""
    by = np.asarray(factor, dtype=np.float64)
    found = np.zeros(np.broadcast_shapes(flow.shape[1:], by.shape))
    for amount in flow[::-1]:
        found = found * by + amount
    return found


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates at which a cash flow is worth nothing.

    Attributes
    ----------
    rates : all real ones above -1, rising; a rate at which the value touches zero is one of them
    changes : of the sign along the flow; by Descartes' rule there are at most as many rates
    """

    rates: tuple[float, ...]
    changes: int

    @property
    def only(self) -> float:
        """The internal rate of return, or not a number where there is none or more than one."""
        return self.rates[0] if len(self.rates) == 1 else float("nan")

    def __str__(self) -> str:
        if not self.changes:
            return "no internal rate of return: the cash flow never changes its sign"
        if not self.rates:
            return f"no internal rate of return: no rate makes the value zero, with {self.changes} changes of sign"
        listed = ", ".join(f"{rate:.2%}" for rate in self.rates)
        if len(self.rates) == 1:
            return f"internal rate of return {listed}"
        return (
            f"{len(self.rates)} internal rates of return, {listed}: the cash flow changes its sign {self.changes} times"
        )


def rates_of_return(cash_flow: Sequence[float] | Money) -> Rates:
    """Return every rate at which the net present value of one cash flow is zero.

    With v = 1/(1 + r) the value is a polynomial, of which every positive root is found: between two neighboring roots
    of its derivative a polynomial rises or falls all the way, so that Brent's method finds the one root that a change
    of sign shows.

    Parameters
    ----------
    cash_flow : shape (years,)
    """
    flow = np.trim_zeros(numbers("cash flow", cash_flow, low=-np.inf))
    factors = _positive_roots(flow / np.max(np.abs(flow))) if flow.size else []
    rates = sorted(1.0 / v - 1.0 for v in factors)
    return Rates(tuple(rate for rate in rates if rate > -1.0), _changes(flow))


def _changes(flow: Money) -> int:
    signs = np.sign(flow[flow != 0.0])
    return int(np.count_nonzero(signs[1:] != signs[:-1]))


def _positive_roots(terms: Money) -> list[float]:
    """Return the positive roots of a polynomial, constant term first, in rising order; see `rates_of_return`."""
    from scipy.optimize import brentq

    terms = np.trim_zeros(terms)
    if not _changes(terms):
        return []
    terms = terms / np.max(np.abs(terms))
    inner = [(v, _sign(terms, v)) for v in _positive_roots(terms[1:] * np.arange(1, len(terms)))]
    last = max([_bound(terms), *(2.0 * v for v, _ in inner)])
    edges = [(0.0, _sign(terms, 0.0)), *inner, (last, _sign(terms, last))]
    found = [v for v, sign in inner if sign == 0.0]
    for (left, before), (right, after) in itertools.pairwise(edges):
        if before * after < 0.0:
            found.append(brentq(lambda v: float(_value(terms, v)), left, right, xtol=1e-15, rtol=1e-15, maxiter=1000))
    return sorted(found)


def _sign(terms: Money, v: float) -> float:
    """Return the sign of a polynomial, and 0 where it is as small as the rounding of its terms."""
    value, size = float(_value(terms, v)), float(_value(np.abs(terms), v))
    return 0.0 if abs(value) <= _TOUCHES * size else float(np.sign(value))


def _bound(terms: Money) -> float:
    """Return a number above every root (Fujiwara 1916), or as far as the powers of a root can be told."""
    steps = np.arange(1, len(terms))
    roots = np.exp((np.log(np.maximum(np.abs(terms[-2::-1]), 1e-300)) - np.log(np.abs(terms[-1]))) / steps)
    return float(min(4.0 * np.max(roots), np.exp(_LARGEST / len(terms))))


def internal_rate_of_return(cash_flow: ArrayLike) -> Money:
    """Return the internal rate of return of each draw; not a number where there is none or more than one.

    A flow that changes its sign once has exactly one, found for all draws at once by halving; the others are taken one
    by one, see :func:`rates_of_return`.

    Parameters
    ----------
    cash_flow : shape (years, ...)
    """
    flow = numbers("cash flow", cash_flow, low=-np.inf)
    lanes = flow.reshape(len(flow), -1)
    changes = _changes_by_lane(lanes)
    found = np.full(lanes.shape[1], np.nan)
    once = changes == 1
    found[once] = _by_halving(lanes[:, once])
    for lane in np.flatnonzero(changes > 1):
        found[lane] = rates_of_return(lanes[:, lane]).only
    return found.reshape(flow.shape[1:])


def _changes_by_lane(lanes: Money) -> NDArray[np.int64]:
    changes, last = np.zeros(lanes.shape[1], dtype=np.int64), np.zeros(lanes.shape[1])
    for amounts in lanes:
        sign = np.sign(amounts)
        changes += sign * last < 0.0
        last = np.where(sign == 0.0, last, sign)
    return changes


def _by_halving(lanes: Money) -> Money:
    """Return the one rate of each lane, whose value at low rates has the sign of the last amount that is not zero."""
    reach = min(_REACH, _LARGEST / len(lanes))
    low, high = np.full(lanes.shape[1], -reach), np.full(lanes.shape[1], reach)
    below = np.sign(_value(lanes, np.exp(reach)))
    inside = below * np.sign(_value(lanes, np.exp(-reach))) < 0.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        up = np.sign(_value(lanes, np.exp(-middle))) == below
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    return np.where(inside, np.expm1(0.5 * (low + high)), np.nan)


def payback_time(cash_flow: ArrayLike, rate: float = 0.0) -> Money:
    """Return the years from the first spending until the sum of the flow is no longer negative; infinite if never.

    Within a year the flow comes evenly.

    Parameters
    ----------
    cash_flow : shape (years, ...)
    rate : discount rate of the discounted payback; 0 is the simple one
    """
    flow = np.asarray(cash_flow, dtype=np.float64)
    nearly = -_PAID * np.max(np.abs(flow), axis=0)
    found, total, factor = np.zeros(flow.shape[1:]), np.zeros(flow.shape[1:]), 1.0
    for year, amount in enumerate(flow):
        before, total = total, total + amount * factor
        owed = (found == 0.0) & (before >= nearly) & (total < nearly)
        back = np.isinf(found) & (total >= nearly)
        gained = np.where(back, total - before, 1.0)
        found = np.where(owed, np.inf, np.where(back, year - np.maximum(total, 0.0) / gained, found))
        factor /= 1.0 + rate
    return found


def gross_margin(revenue: ArrayLike, cost: ArrayLike) -> Money:
    """Return the share of the revenue that is not cost, (R - C)/R; `cost` holds depreciation."""
    earned = numbers("revenue", revenue, open_low=True)
    return (earned - numbers("operating cost", cost)) / earned


def annual_net_profit(revenue: ArrayLike, cost: ArrayLike, tax: ArrayLike, depreciation: ArrayLike) -> Money:
    """Return (R - C)(1 - tax) + Dep, the net profit of a year; `cost` holds the depreciation.

    Source: SuperPro Designer help, Profits: depreciation is no money spent, and is added back.
    """
    kept = 1.0 - numbers("tax", tax, high=1.0)
    gross = numbers("revenue", revenue) - numbers("operating cost", cost)
    return gross * kept + numbers("depreciation", depreciation)


def return_on_investment(net_profit: ArrayLike, investment: ArrayLike) -> Money:
    """Return the net profit of a year over the total capital investment, ROI; its inverse is the static payback."""
    return np.asarray(net_profit, dtype=np.float64) / numbers("investment", investment, open_low=True)


def static_payback(net_profit: ArrayLike, investment: ArrayLike) -> Money:
    """Return the years in which a constant net profit pays the investment, TCI over it; infinite without any."""
    profit = np.asarray(net_profit, dtype=np.float64)
    gains = profit > 0.0
    return np.where(gains, numbers("investment", investment) / np.where(gains, profit, 1.0), np.inf)
