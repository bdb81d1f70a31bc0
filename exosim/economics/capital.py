"""Capital: what equipment and rooms cost to buy, and what the plant around them costs to build.

Three ways lead from the purchase cost PC of the equipment to the direct fixed capital DFC: a factor on the whole
(Lang), a list of factors (Tusé, Tu & McDonald 2014, Table 2), and areas of rooms at a price per square meter. The total
capital investment TCI adds start-up and validation; working capital stands in :mod:`exosim.economics.cash_flow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TypeAlias

from numpy.typing import ArrayLike

from exosim.economics.checks import Money, number, numbers
from exosim.errors import UsageError, unknown

SIX_TENTHS = 0.6
"""Exponent of the purchase cost on size where none is known (Williams 1947)."""
GRADES = ("A", "B", "C", "D", "CNC")
"""Grades of rooms by cleanliness (EU GMP Annex 1), and the controlled room that is not classified."""


def purchase_cost(
    reference_cost: ArrayLike,
    size: ArrayLike,
    reference_size: ArrayLike,
    exponent: ArrayLike = SIX_TENTHS,
    index: ArrayLike = 1.0,
    reference_index: ArrayLike = 1.0,
) -> Money:
    """Return what equipment costs at another size and in another year, PC = PC_ref (S/S_ref)^n I/I_ref.

    Parameters
    ----------
    reference_cost : at the reference size and index
    size, reference_size : in one unit, such as liters or square meters
    exponent : 0.6 where nothing is known; 0 for a price that does not depend on size
    index, reference_index : cost index of the year of the scenario and of the year of the price

    Raises
    ------
    UsageError
        If a size or an index is not positive, or a cost or an exponent negative.

    Notes
    -----
    The six-tenths rule holds within the sizes that are made; above them, count units. Source: Williams 1947, Chilton
    1950.
    """
    ratio = numbers("size", size, open_low=True) / numbers("reference size", reference_size, open_low=True)
    cost, power = numbers("reference cost", reference_cost), numbers("exponent of size", exponent)
    return escalated(cost * ratio**power, reference_index, index)


def escalated(cost: ArrayLike, index_then: ArrayLike, index_now: ArrayLike) -> Money:
    """Return a cost in the money of another year, C I_now/I_then.

    Raises
    ------
    UsageError
        If an index is not positive.
    """
    then, now = (numbers("cost index", index, open_low=True) for index in (index_then, index_now))
    return numbers("cost", cost) * (now / then)


def installed_cost(purchase: ArrayLike, installation: ArrayLike = 0.5) -> Money:
    """Return purchase and installation, PC (1 + f); f is 0.5 in SuperPro Designer unless a person changes it."""
    return numbers("purchase cost", purchase) * (1.0 + numbers("installation factor", installation))


def room_cost(areas: Mapping[str, ArrayLike], prices: Mapping[str, ArrayLike]) -> Money:
    """Return what rooms cost to build, the sum of area times price by grade.

    Parameters
    ----------
    areas : square meters by grade, one of A, B, C, D and CNC (controlled, not classified)
    prices : money per square meter by grade; those of grades without area are not read

    Raises
    ------
    UsageError
        If a grade is not known, or has no price.
    """
    problems = [unknown("grade of rooms", grade, GRADES) for grade in areas if grade not in GRADES]
    problems += [
        unknown("price of a grade", grade, prices) for grade in areas if grade in GRADES and grade not in prices
    ]
    if problems:
        raise UsageError(problems)
    found = numbers("area", 0.0)
    for grade, area in areas.items():
        found = found + numbers(f"area of grade {grade}", area) * numbers(f"price of grade {grade}", prices[grade])
    return found


@dataclass(frozen=True, slots=True)
class Capital:
    """What a plant costs to build, in parts that add up.

    Attributes
    ----------
    purchase : equipment, what is not listed included
    direct : all else that stands on the site: piping, instruments, building, installation
    indirect : engineering and construction
    other : fee of the contractor and contingency
    start_up : start-up and validation
    """

    purchase: Money
    direct: Money
    indirect: Money
    other: Money
    start_up: Money

    @property
    def fixed(self) -> Money:
        """Direct fixed capital, DFC."""
        return self.purchase + self.direct + self.indirect + self.other

    @property
    def investment(self) -> Money:
        """Total capital investment without working capital, TCI."""
        return self.fixed + self.start_up


@dataclass(frozen=True, slots=True, kw_only=True)
class LangEstimate:
    """One factor on the purchase cost of the equipment: DFC = L PC.

    Attributes
    ----------
    multiplier : direct fixed capital over purchase cost
    start_up : start-up and validation, share of the direct fixed capital
    source : key of the references, or ``assumption``
    """

    multiplier: float
    start_up: float = 0.05
    source: str = "assumption"

    def __post_init__(self) -> None:
        number("capital multiplier", self.multiplier, low=1.0)
        number("share for start-up", self.start_up)

    @property
    def investment_multiplier(self) -> float:
        """Total capital investment without working capital, over purchase cost."""
        return self.multiplier * (1.0 + self.start_up)

    def capital(self, listed: ArrayLike) -> Capital:
        """Return the capital of equipment of a purchase cost; what is around it is not told apart."""
        cost = numbers("purchase cost", listed)
        return Capital(
            cost, cost * (self.multiplier - 1.0), 0.0 * cost, 0.0 * cost, cost * self.multiplier * self.start_up
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorialEstimate:
    """A list of factors: DC = PC (1 + sum f), IC = DC sum g, other = (DC + IC) sum h, DFC = DC + IC + other.

    Attributes
    ----------
    piping, instrumentation, insulation, electrical, building, yard, auxiliary : times purchase cost
    unlisted : equipment that is not listed, share of what is
    unlisted_installation : installation of that, times its purchase cost
    engineering, construction : times direct cost DC
    contractor, contingency : times direct and indirect cost
    start_up : start-up and validation, share of the direct fixed capital
    source : key of the references, or ``assumption``
    """

    piping: float
    instrumentation: float
    insulation: float
    electrical: float
    building: float
    yard: float
    auxiliary: float
    unlisted: float
    unlisted_installation: float = 0.0
    engineering: float
    construction: float
    contractor: float
    contingency: float
    start_up: float
    source: str = "assumption"

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "source":
                number(f"capital factor {field.name}", getattr(self, field.name))

    @property
    def direct_multiplier(self) -> float:
        """Direct cost over purchase cost."""
        factors = (self.piping, self.instrumentation, self.insulation, self.electrical, self.building, self.yard)
        installation = self.unlisted_installation * self.unlisted / (1.0 + self.unlisted)
        return 1.0 + sum(factors) + self.auxiliary + installation

    @property
    def indirect_multiplier(self) -> float:
        """Engineering and construction over purchase cost."""
        return self.direct_multiplier * (self.engineering + self.construction)

    @property
    def other_multiplier(self) -> float:
        """Fee of the contractor and contingency over purchase cost."""
        return (self.direct_multiplier + self.indirect_multiplier) * (self.contractor + self.contingency)

    @property
    def multiplier(self) -> float:
        """Direct fixed capital over purchase cost, listed and unlisted."""
        return self.direct_multiplier + self.indirect_multiplier + self.other_multiplier

    @property
    def investment_multiplier(self) -> float:
        """Total capital investment without working capital, over purchase cost."""
        return self.multiplier * (1.0 + self.start_up)

    def capital(self, listed: ArrayLike) -> Capital:
        """Return the capital of the equipment that is listed, and of what is not.

        Parameters
        ----------
        listed : purchase cost of the listed equipment
        """
        cost = numbers("purchase cost", listed) * (1.0 + self.unlisted)
        return Capital(
            cost,
            cost * (self.direct_multiplier - 1.0),
            cost * self.indirect_multiplier,
            cost * self.other_multiplier,
            cost * self.multiplier * self.start_up,
        )


Estimate: TypeAlias = LangEstimate | FactorialEstimate


def _tuse(building: float) -> FactorialEstimate:
    """Return a column of Table 2 of Tusé, Tu & McDonald 2014.

    The table lists 0.5 of the purchase cost of unlisted equipment for its installation, too; 2.88 and 5.43, the direct
    multipliers that it states, are the sums without it, and so are these.
    """
    return FactorialEstimate(
        piping=0.35, instrumentation=0.40, insulation=0.03, electrical=0.10, building=building, yard=0.15,
        auxiliary=0.40, unlisted=0.20, engineering=0.25, construction=0.35, contractor=0.05, contingency=0.10,
        start_up=0.05, source="tuse2014",
    )  # fmt: skip


ESTIMATES: Mapping[str, Estimate] = MappingProxyType(
    {
        "standard": _tuse(0.45),
        "gmp_purification": _tuse(3.0),
        "light": LangEstimate(multiplier=4.33, source="tuse2014"),
        "lang": LangEstimate(multiplier=5.0),
    }
)
"""Estimates by name. ``light`` is the constant that the paper states for growing plants: the factors of its column give
3.42, and 4.34 where all equipment there is unlisted and its installation counts. ``lang`` is a guess within the 2.3 to
8.5 of facilities for cell therapy (Pereira Chilima et al. 2020)."""


def estimate(name: str) -> Estimate:
    """Return an estimate by its name.

    Raises
    ------
    UsageError
        If there is none of that name; the nearest one is told.
    """
    if name not in ESTIMATES:
        raise UsageError(unknown("estimate of capital", name, ESTIMATES))
    return ESTIMATES[name]
