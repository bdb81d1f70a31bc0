"""What a point of a study changes of its scenario, as values by address."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from exosim.declarations import Block
from exosim.distributions import FAMILIES, Distribution
from exosim.empirical import Empirical
from exosim.errors import Problem, UsageError
from exosim.parameter import ASSUMPTION, PLAN, Parameter
from exosim.quantile_given import QuantileGiven
from exosim.quantities import Given
from exosim.sampling import Quantity
from exosim.scenario import Scenario
from exosim.study.factor import Factor, Floats


def declared_at(scenario: Scenario, path: str) -> tuple[Block, Parameter] | None:
    """Return the block and the declaration of the quantity at an address; None where no quantity stands there."""
    prefix, _, name = path.rpartition(".")
    blocks = (*scenario.declarations.blocks(), *_of_money(scenario))
    return next(((b, b.parameters[name]) for b in blocks if b.prefix == prefix and name in b.parameters), None)


def _of_money(scenario: Scenario) -> tuple[Block, ...]:
    economics = scenario.declarations.economics
    return () if economics is None else tuple(economics.blocks())


def given_at(scenario: Scenario, path: str) -> Given | None:
    """Return the quantity that the scenario gives at an address; None where it gives none."""
    found = declared_at(scenario, path)
    return None if found is None else found[0].given.get(path.rpartition(".")[2])


def changes_at(scenario: Scenario, factors: Sequence[Factor], point: Floats) -> dict[str, Any]:
    """Return what a point changes, by address: for :meth:`exosim.Scenario.with_`."""
    return {f.path: change(scenario, f, float(value)) for f, value in zip(factors, point, strict=True)}


def change(scenario: Scenario, factor: Factor, value: float) -> Any:
    """Return the value of one factor as the scenario takes it, with the spread between donors and batches kept.

    Raises
    ------
    UsageError
        when a quantity is to be multiplied whose distribution cannot be.
    """
    given = None if factor.choices else given_at(scenario, factor.path)
    if given is None:
        return factor.setting(value) if not factor.times else _times_default(scenario, factor, value)
    quantity = given.quantity
    # what is drawn may leave the range, and what the scenario has outside it was allowed there
    allowed = {"allow_outside_range": True} if factor.distribution is not None or given.outside_range else {}
    if not factor.times:
        return _with_spreads({"value": factor.setting(value), **allowed}, quantity)
    found = declared_at(scenario, factor.path)
    unit = "1" if found is None else found[1].unit
    base = quantity.base
    if not isinstance(base, Distribution):
        return _with_spreads({"value": _text(base * value, unit), **allowed}, quantity)
    known = {} if given.source in (ASSUMPTION, PLAN) else {"source": given.source, "grade": given.grade}
    varies = {} if found is not None and found[1].repeated else {"varies": quantity.varies}
    return _with_spreads({**_scaled(factor, base, value, unit), **varies, **known, **allowed}, quantity)


def multiplies(quantity: Quantity) -> bool:
    """Return whether `times` multiplies every value: quantiles between two bounds move, but stay between them."""
    base = quantity.base
    return not isinstance(base, QuantileGiven) or (base.low == 0.0 and math.isinf(base.high))


def _times_default(scenario: Scenario, factor: Factor, value: float) -> Any:
    found = declared_at(scenario, factor.path)
    if found is None or found[1].default is None:
        return factor.setting(value)
    return _text(found[1].default * value, found[1].unit)


def _with_spreads(table: dict[str, Any], quantity: Quantity) -> Any:
    spreads = {"donor_spread": quantity.donor_spread, "batch_spread": quantity.batch_spread}
    kept = {name: spread for name, spread in spreads.items() if spread}
    return {**table, **kept} if kept or set(table) != {"value"} else table["value"]


def _scaled(factor: Factor, base: Distribution, times: float, unit: str) -> Mapping[str, Any]:
    """Return a distribution of which every value is multiplied."""
    numbers = dict(base.numbers)
    if isinstance(base, QuantileGiven):
        return {name: _text(number * times, unit) for name, number in numbers.items()}
    if isinstance(base, Empirical) or base.family == "beta":
        problem = f"{factor.path} follows {base.family} values, which a study cannot multiply"
        raise UsageError(
            Problem(problem, expected="a range of values instead: low and high in the unit of the quantity")
        )
    plain = FAMILIES[base.family].plain
    return {base.family: {n: v if n in plain else _text(v * times, unit) for n, v in numbers.items()}}


def _text(number: float, unit: str) -> Any:
    return number if unit == "1" else f"{number!r} {unit}"
