"""What of a scenario grows with its lots: the parameters, as it gives them or by default, and how they are multiplied.

Every operation says which of its parameters grow (`grows`). A whole number, such as that of vessels, grows to the next
whole number, and is at least 1; one of the plan says how large the lot really is, and all else grows as it does.

Where a factor is put on values instead of on the scenario, all lots of one technology can be lanes of one run, as long
as no number of its plan grows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exosim.declarations import Block
from exosim.distributions import FAMILIES, Distribution
from exosim.empirical import Empirical
from exosim.errors import Problem, ScenarioError, UsageError
from exosim.parameter import ASSUMPTION, PLAN, Array, Parameter
from exosim.quantile_given import QuantileGiven
from exosim.quantities import Given, describe
from exosim.sampling import Quantity
from exosim.scenario import Scenario

_ROUNDING = 1e-9
_READ, _DERIVED = "A", "B"


@dataclass(frozen=True, slots=True)
class Growing:
    """A parameter that grows with the lot.

    Attributes
    ----------
    procedure, name : whose parameter, and which
    parameter : its declaration
    given : as the scenario gives it, or its default
    """

    procedure: str
    name: str
    parameter: Parameter
    given: Given

    @property
    def address(self) -> str:
        """Its address, such as ``culture.volume``."""
        return f"{self.procedure}.{self.name}"

    @property
    def typical(self) -> float:
        """Its fixed value or median."""
        return self.given.quantity.typical

    def at(self, value: Array, factor: Array) -> Array:
        """Return a value of it in a lot that is `factor` times as large."""
        larger = value * factor
        return np.maximum(np.ceil(larger - _ROUNDING), 1.0) if self.parameter.whole else larger


def growing(scenario: Scenario) -> tuple[Growing, ...]:
    """Return the parameters that grow with a lot of a scenario, in the order of its recipe; those that matter."""
    return tuple(
        Growing(procedure.id, name, block.parameters[name], given)
        for procedure in scenario.declarations.procedures
        for block in (procedure.operation,)
        for name in block.owner.grows
        if (given := _given(block, name)) is not None
    )


def _given(block: Block, name: str) -> Given | None:
    """Return what the scenario gives, or the default; None where the parameter does not matter."""
    if name in block.unused or name in block.off:
        return None
    if name in block.given:
        return block.given[name]
    parameter = block.parameters[name]
    if parameter.default is None:
        return None
    quantity = Quantity(parameter.default)
    return Given(quantity, describe(quantity), parameter.source, parameter.grade, False)


def fixed_lots(scenario: Scenario) -> tuple[str, ...]:
    """Return the procedures that start the process and bring no more for a larger lot: a patient is one patient."""
    grown = {one.procedure for one in growing(scenario)}
    sources = [one.id for one in scenario.declarations.procedures if one.operation.owner.source]
    return tuple(name for name in sources if name not in grown)


def check_factor(scenario: Scenario, factor: float) -> None:
    """Refuse a factor that is no size of a lot, or a lot that cannot grow.

    Raises
    ------
    UsageError
        when the factor is not a finite number above 0.
    ScenarioError
        when what starts the process brings no more for a larger lot.
    """
    if not (math.isfinite(factor) and factor > 0.0):
        raise UsageError(Problem("the size of a lot is a factor", got=f"{factor:g}", expected="a number above 0"))
    fixed = fixed_lots(scenario) if factor != 1.0 else ()
    problem, got = "the lots of this process do not grow", f"{factor:g} times the lot"
    expected = "a factor of 1: what starts the process brings no more for a larger lot"
    if fixed:
        file = scenario.source.name
        raise ScenarioError([Problem(problem, path=name, got=got, expected=expected, file=file) for name in fixed])


def whole_factor(grows: Sequence[Growing], factor: float) -> float:
    """Return the size that a lot really has where `factor` is asked for: that of the whole numbers of its plan.

    8 vessels in a lot of 3.16 times the size are 26, which is 3.25 times 8: a column that grew by 3.16 would be too
    small for them.
    """
    numbers = [one for one in grows if one.parameter.planned and one.parameter.whole]
    return max((float(one.at(one.typical, factor)) / one.typical for one in numbers), default=factor)


def explicit(scenario: Scenario) -> Scenario:
    """Return the scenario with the defaults of all that grows among what it gives, so that they can be multiplied."""
    found: dict[str, dict[str, Given]] = {}
    for one in growing(scenario):
        found.setdefault(one.procedure, {})[one.name] = one.given
    procedures = tuple(
        replace(p, operation=replace(p.operation, given={**p.operation.given, **found.get(p.id, {})}))
        for p in scenario.declarations.procedures
    )
    return replace(scenario, declarations=replace(scenario.declarations, procedures=procedures))


def grown_values(
    values: Mapping[str, Array], grows: Sequence[Growing], factors: NDArray[np.float64], draws: int = 1
) -> dict[str, Array]:
    """Return the values of all lots: those of the draws once for each factor, the draws of a factor side by side.

    Parameters
    ----------
    values : of every quantity of :func:`explicit`, on the draws
    grows : what grows
    factors : one, or several where nothing of the plan grows
    draws : of one size
    """
    single = len(factors) == 1
    every = float(factors[0]) if single else np.repeat(factors, draws)
    wide = {
        name: np.tile(value, len(factors)) if isinstance(value, np.ndarray) and not single else value
        for name, value in values.items()
    }
    return wide | {one.address: one.at(wide[one.address], every) for one in grows}


def multiplied(one: Growing, factor: float) -> dict[str, Any]:
    """Return a growing parameter in a larger lot as the table of a scenario, with the evidence that is left of it.

    Raises
    ------
    ScenarioError
        when it is given by measured values, which stand in a file of their own.
    """
    quantity, given = one.given.quantity, one.given
    table = dict(_base(one, quantity.base, factor))
    if isinstance(quantity.base, Distribution):
        table["varies"] = quantity.varies
    spreads = {"donor_spread": quantity.donor_spread, "batch_spread": quantity.batch_spread}
    table |= {name: spread for name, spread in spreads.items() if spread}
    decision = one.parameter.decided and quantity.is_fixed
    if given.source not in (PLAN, ASSUMPTION) and not decision:
        table |= {"source": given.source, "grade": _DERIVED if given.grade == _READ else given.grade}
    if not one.parameter.low <= float(one.at(one.typical, factor)) <= one.parameter.high:
        table["allow_outside_range"] = True
    return table


def _base(one: Growing, base: float | Distribution, factor: float) -> Iterator[tuple[str, Any]]:
    """Yield what says how large it is: a value, a family with its numbers, or three quantiles."""
    if not isinstance(base, Distribution):
        yield "value", _text(float(one.at(base, factor)), one.parameter)
    elif isinstance(base, Empirical):
        expected = "one number, or a distribution by its numbers"
        problem = "is given by measured values, which cannot be multiplied"
        raise ScenarioError(Problem(problem, path=one.address, got="empirical", expected=expected))
    elif isinstance(base, QuantileGiven):
        yield from ((name, _text(number * factor, one.parameter)) for name, number in base.numbers)
    else:
        plain = FAMILIES[base.family].plain
        numbers = {
            name: number if name in plain else _text(number * factor, one.parameter) for name, number in base.numbers
        }
        yield base.family, numbers


def _text(number: float, parameter: Parameter) -> float | int | str:
    if parameter.unit == "1":
        return int(number) if parameter.whole else number
    return f"{number!r} {parameter.unit}"
