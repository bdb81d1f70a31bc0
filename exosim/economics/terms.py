"""The terms on which a plant is built and run: years, interest, tax, working capital, ramp-up, depreciation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from exosim.economics.checks import Money, number, refused, whole
from exosim.economics.depreciation import METHODS, Method, schedule
from exosim.errors import UsageError, unknown

Losses = Literal["refunded", "carried", "ignored"]
LOSSES: tuple[str, ...] = get_args(Losses)
DAYS = 365.0
_SUMS_TO_ONE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The terms of an investment, in years. All money is of one year: interest is real, prices and costs stay.

    Attributes
    ----------
    discount_rate : real interest per year that the project has to earn
    years : of operation
    construction : share of the capital that is spent in each year of construction; the first is year 0, and operation
        begins in the year after the last
    ramp : share of the doses that is sold in the first years of operation; afterwards all
    fixed_share : share of the annual cost that does not fall with the doses during ramp-up
    tax : of the profit, a share
    losses : what the tax does with a loss: ``refunded`` at once, against profit elsewhere; ``carried`` into later
        years; ``ignored``
    working_capital_days : of annual cost, laid out a year ahead, and back at the end
    receivable_days : of revenue, likewise
    depreciation : method, see :mod:`exosim.economics.depreciation`
    depreciation_years : life for the tax; the years of operation where it is None
    salvage : value at the end, share of the capital
    """

    discount_rate: float
    years: int
    construction: tuple[float, ...] = (1.0,)
    ramp: tuple[float, ...] = ()
    fixed_share: float = 1.0
    tax: float = 0.0
    losses: Losses = "refunded"
    working_capital_days: float = 0.0
    receivable_days: float = 0.0
    depreciation: Method = "straight_line"
    depreciation_years: int | None = None
    salvage: float = 0.0

    def __post_init__(self) -> None:
        number("discount rate", self.discount_rate)
        whole("years of operation", self.years)
        for name in ("fixed_share", "tax", "salvage"):
            number(name.replace("_", " "), getattr(self, name), high=1.0)
        for name in ("working_capital_days", "receivable_days"):
            number(name.replace("_", " "), getattr(self, name))
        for share in (*self.construction, *self.ramp):
            number("share of a year of construction or ramp-up", share, high=1.0)
        if not self.construction or abs(sum(self.construction) - 1.0) > _SUMS_TO_ONE:
            raise refused("shares of the years of construction", list(self.construction), "shares that sum to 1")
        if len(self.ramp) > self.years:
            raise refused("years of ramp-up", len(self.ramp), f"at most the {self.years} years of operation")
        for what, name, known in (
            ("treatment of losses", self.losses, LOSSES),
            ("method of depreciation", self.depreciation, METHODS),
        ):
            if name not in known:
                raise UsageError(unknown(what, name, known))
        whole("depreciation life in years", self.life)

    @property
    def life(self) -> int:
        """Years over which the tax depreciates."""
        return self.years if self.depreciation_years is None else self.depreciation_years

    @property
    def begins(self) -> int:
        """The first year of operation."""
        return len(self.construction)

    @property
    def horizon(self) -> int:
        """Years of the cash flow, year 0 included."""
        return self.begins + self.years

    @property
    def linear(self) -> bool:
        """Whether the cash flow is linear in the price."""
        return self.tax == 0.0 or self.losses == "refunded"

    def spent(self) -> Money:
        """Return the share of the capital that is spent in each year."""
        return np.array([*self.construction, *[0.0] * self.years])

    def sold(self) -> Money:
        """Return the share of the yearly doses that is sold in each year."""
        return np.array([*[0.0] * self.begins, *self.ramp, *[1.0] * (self.years - len(self.ramp))])

    def worked(self) -> Money:
        """Return the share of the annual cost that each year has."""
        runs = np.arange(self.horizon) >= self.begins
        return np.where(runs, self.fixed_share + (1.0 - self.fixed_share) * self.sold(), 0.0)

    def left(self) -> float:
        """Return the book value at the end, share of the capital: salvage and what is not written off by then."""
        missing = schedule(self.depreciation, self.life, self.salvage)[self.years :]
        return self.salvage + float(np.sum(missing))

    def depreciated(self) -> Money:
        """Return the share of the capital that is written off in each year, as far as the project lasts."""
        found = np.zeros(self.horizon)
        shares = schedule(self.depreciation, self.life, self.salvage)[: self.years]
        found[self.begins : self.begins + len(shares)] = shares
        return found
