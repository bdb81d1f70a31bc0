"""Read the quantities of a scenario against the declared parameters.

A quantity is text with its unit, a bare number where the parameter is dimensionless, or an inline table: a distribution
that names its numbers, or a value with its source.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from exosim import units
from exosim.distributions import FAMILIES, Distribution, Family
from exosim.empirical import Empirical
from exosim.errors import in_words, nearest_name, shortened, unknown
from exosim.measured_column import asked, read_column
from exosim.parameter import ASSUMPTION, GRADES, PLAN, Parameter, Resolved
from exosim.quantile_given import NAMES, QuantileGiven
from exosim.sampling import LEVELS, Level, Quantity
from exosim.units import QuantityError

_OPTIONS = ("varies", "donor_spread", "batch_spread", "source", "grade", "allow_outside_range")
_QUANTILES, _EMPIRICAL = "p5, p50, p95", "empirical"
VALUES = ("value", *FAMILIES, *NAMES, _EMPIRICAL)
"""The keys of a quantity's table of which one says what it is; the three quantiles come together."""
_ASSUMED = "D"
_WIDEST_SPREAD = 3.0
_FAR_OUTSIDE, _FAR_OUTSIDE_PLANNED = 1e9, 10.0
_LARGEST = sys.float_info.max
_EXTREMES = np.array([2.0**-53, 0.5, 1.0 - 2.0**-53])
"""The outermost uniform numbers that can be drawn, and the median."""
SourceGrades = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """A quantity as the scenario gives it, with what the ledger says of it."""

    quantity: Quantity
    text: str
    source: str
    grade: str
    outside_range: bool
    origin: Literal["scenario", "preset"] = "scenario"

    def line(self, path: str, unit: str, origin: Any) -> Resolved:
        """Return the line of the ledger."""
        return Resolved(path, self.text, unit, origin, self.source, self.grade, self.outside_range)


def default_line(path: str, parameter: Parameter) -> Resolved:
    """Return the line of the ledger of a parameter that the scenario does not give."""
    value = parameter.default if parameter.default is not None else math.nan
    return Resolved(path, units.show(value, "1"), parameter.unit, "default", parameter.source, parameter.grade)


def read_quantity(
    raw: Any,
    parameter: Parameter,
    sources: SourceGrades,
    common: float = 0.0,
    folder: str = "",
    enclosed: Empirical | None = None,
) -> Given:
    """Return what the scenario gives for `parameter`.

    Parameters
    ----------
    raw : the value as TOML gives it
    parameter : the declaration to read it against
    sources : grade by source key: those of ``references.toml`` and of the scenario
    common : correlation of step recoveries that vary by batch
    folder : where the file stands that gives the value; files that it names are looked for there
    enclosed : measured values that came with the scenario; their file is not looked for

    Raises
    ------
    QuantityError
        with what is wrong, what was got and what is expected.
    """
    table: Mapping[str, Any] = raw if isinstance(raw, dict) else {"value": raw}
    allow = _flag(table.get("allow_outside_range", False))
    base = _base(table, parameter, folder, enclosed)
    quantity = _layered(base, table, parameter, common)
    _check(quantity, parameter, allow)
    source, grade = (PLAN, PLAN) if _of_the_plan(quantity, table, parameter) else read_source(table, sources)
    outside = not parameter.low <= quantity.typical <= parameter.high
    return Given(quantity, describe(quantity, repeated=parameter.repeated), source, grade, outside)


def _of_the_plan(quantity: Quantity, table: Mapping[str, Any], parameter: Parameter) -> bool:
    """Return whether a number is a decision: one fixed number for what people decide, with no word of its evidence."""
    fixed = not isinstance(quantity.base, Distribution) and not quantity.donor_spread and not quantity.batch_spread
    return parameter.decided and fixed and not {"source", "grade"} & table.keys()


def read_number(raw: Any, unit: str, example: str = "50") -> float:
    """Return one plain number in `unit`.

    Parameters
    ----------
    raw : as TOML gives it
    unit : in which the number is wanted
    example : a number that it could be, for messages

    Raises
    ------
    QuantityError
        when it is not a quantity of that unit.
    """
    if isinstance(raw, str):
        return _read_text(raw, unit, example)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise QuantityError("is of the wrong kind", in_words(raw), _wanted(unit, example))
    if not -_LARGEST <= raw <= _LARGEST:
        raise QuantityError("this is not a finite number", in_words(raw), _wanted(unit, example))
    if not units.is_dimensionless(unit):
        raise QuantityError("the unit is missing", in_words(raw), _wanted(unit, in_words(raw)))
    return float(raw)


def _read_text(text: str, unit: str, example: str) -> float:
    try:
        return units.parse(text, unit)
    except QuantityError as error:
        expected = _wanted(unit, example) if error.expected == f"a quantity in {unit}" else error.expected
        raise QuantityError(error.problem, in_words(text), expected, error.nearest) from None


def describe(quantity: Quantity, *, repeated: bool = False) -> str:
    """Return a quantity as the ledger shows it: numbers only, the unit stands beside."""
    if isinstance(quantity.base, Distribution):
        numbers = ", ".join(f"{name} {units.show(number, '1')}" for name, number in quantity.base.numbers)
        level = "each time" if repeated else f"by {quantity.varies}"
        text = f"{quantity.base.family} ({numbers}) {level}"
    else:
        text = units.show(quantity.base, "1")
    for level, spread in (("donor", quantity.donor_spread), ("batch", quantity.batch_spread)):
        text += f", {level} spread {100 * spread:.3g} %" if spread else ""
    return text


def _wanted(unit: str, number: str) -> str:
    return "a number" if unit == "1" else f'a quantity in {unit}, such as "{number} {unit}"'


def _example(parameter: Parameter) -> str:
    """Return a number that the parameter could have, for messages."""
    if parameter.low <= 50.0 <= parameter.high:
        return "50"
    return units.show(parameter.default or parameter.low or parameter.high, "1")


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise QuantityError("allow_outside_range must be true or false", in_words(raw))
    return raw


def _base(
    table: Mapping[str, Any], parameter: Parameter, folder: str, enclosed: Empirical | None
) -> float | Distribution:
    kinds = list(dict.fromkeys(_kind(key) for key in table if key not in _OPTIONS))
    distributions = ", ".join((*FAMILIES, _QUANTILES, _EMPIRICAL))
    if len(kinds) != 1:
        got = " and ".join(kinds) if kinds else "neither"
        raise QuantityError("give one value or one distribution", got, f"value = … or one of {distributions}")
    if kinds[0] == "value":
        return read_number(table["value"], parameter.unit, _example(parameter))
    if kinds[0] == _QUANTILES:
        return _quantile_given(table, parameter)
    if kinds[0] == _EMPIRICAL:
        fits = enclosed is not None and enclosed.asked == asked(table[_EMPIRICAL])
        return enclosed if enclosed and fits else read_column(table[_EMPIRICAL], parameter.unit, folder)
    return _distribution(kinds[0], table[kinds[0]], parameter)


def announces_quantity(keys: Iterable[str]) -> bool:
    """Return whether a table with these keys is meant as a quantity: a value or a distribution."""
    return not set(VALUES).isdisjoint(keys)


def _kind(key: str) -> str:
    """Return which kind of value a key of the table announces."""
    if key in NAMES:
        return _QUANTILES
    if key not in VALUES:
        problem = unknown("key", key, (*VALUES, *_OPTIONS))
        raise QuantityError(problem.problem, None, problem.expected, problem.nearest)
    return key


def _quantile_given(table: Mapping[str, Any], parameter: Parameter) -> Distribution:
    """Return the distribution with the three quantiles, on the values that the parameter can have."""
    given = [name for name in NAMES if name in table]
    if len(given) < len(NAMES):
        form = "{ " + ", ".join(f"{name} = …" for name in NAMES) + " }"
        raise QuantityError("a distribution by quantiles needs all three", ", ".join(given), form)
    numbers = []
    for name in NAMES:
        try:
            numbers.append((name, read_number(table[name], parameter.unit, _example(parameter))))
        except QuantityError as error:
            raise QuantityError(f"{name}: {error.problem}", error.got, error.expected, error.nearest) from None
    distribution = QuantileGiven("quantiles", tuple(numbers), parameter.minimum, parameter.maximum)
    return _checked(distribution, parameter)


def _distribution(name: str, numbers: Any, parameter: Parameter) -> Distribution:
    family = FAMILIES[name]
    forms = " or ".join("{ " + ", ".join(form) + " }" for form in family.forms)
    if not isinstance(numbers, dict):
        raise QuantityError(f"{name} needs its numbers by name", in_words(numbers), forms)
    form = _form(name, family, numbers, forms)
    read: list[tuple[str, float]] = []
    for number in form:
        try:
            unit = "1" if number in family.plain else parameter.unit
            read.append((number, read_number(numbers[number], unit, _example(parameter))))
        except QuantityError as error:
            raise QuantityError(f"{name}.{number}: {error.problem}", error.got, error.expected, error.nearest) from None
    if name == "beta" and not units.is_dimensionless(parameter.unit):
        raise QuantityError("a beta is for fractions only", None, f"a pert or truncated_normal in {parameter.unit}")
    return _checked(Distribution(name, tuple(read)), parameter, family.plain)


def _checked(distribution: Distribution, parameter: Parameter, plain: tuple[str, ...] = ()) -> Distribution:
    """Refuse numbers that contradict each other; the numbers that are `plain` have no unit."""
    wrong = _wrong_numbers(distribution)
    if wrong:
        told = parameter.unit != "1" and "; " in wrong and not wrong.startswith(plain)
        unit = f" (in {parameter.unit})" if told else ""
        raise QuantityError(f"{distribution.family}: {wrong}{unit}")
    return distribution


def _wrong_numbers(distribution: Distribution) -> str | None:
    """Return what is wrong with the numbers of a distribution: that they contradict, or lead beyond all numbers."""
    try:
        with np.errstate(all="ignore"):
            wrong = distribution.problem()
            finite = wrong is not None or bool(np.all(np.isfinite(distribution.quantile(_EXTREMES))))
    except ArithmeticError:
        wrong, finite = None, False
    return wrong if finite else "these numbers are too large or too small to draw from"


def _form(name: str, family: Family, numbers: Mapping[str, Any], forms: str) -> tuple[str, ...]:
    """Return the set of number names that is given, exactly one of the family's."""
    valid = {number for form in family.forms for number in form}
    for number in numbers:
        if number not in valid:
            problem = f'{name} has no number "{shortened(number, 60)}"'
            raise QuantityError(problem, None, forms, nearest_name(number, valid))
    complete = [form for form in family.forms if set(form) <= set(numbers)]
    if len(complete) == 1 and set(complete[0]) == set(numbers):
        return complete[0]
    if complete or len(numbers) > max(map(len, family.forms)):
        raise QuantityError(f"{name}: give one set of numbers, not two", ", ".join(numbers), forms)
    raise QuantityError(f"{name} lacks a number", ", ".join(numbers) or "none", forms)


def _layered(base: float | Distribution, table: Mapping[str, Any], parameter: Parameter, common: float) -> Quantity:
    varies = table.get("varies", "study")
    given = [key for key in ("varies", "donor_spread", "batch_spread") if key in table]
    if parameter.repeated and given:
        raise QuantityError(f"this is drawn anew each time and takes no {given[0]}", None, "a number or a distribution")
    if varies not in LEVELS:
        nearest = nearest_name(varies, LEVELS) if isinstance(varies, str) else None
        raise QuantityError("varies must be study, donor or batch", in_words(varies), None, nearest)
    if "varies" in table and not isinstance(base, Distribution):
        raise QuantityError("a fixed value does not vary", f'varies = "{varies}"', "a distribution, or no varies")
    by_donor, by_batch = (_spread(table, key, parameter) for key in ("donor_spread", "batch_spread"))
    level: Level = varies
    shared = common if parameter.recovery and level == "batch" and isinstance(base, Distribution) else 0.0
    quantity = Quantity(base, level, by_donor, by_batch, shared)
    if parameter.planned and not quantity.is_fixed:
        raise QuantityError("this belongs to the plan and cannot vary", describe(quantity), "one number")
    return quantity


def _spread(table: Mapping[str, Any], key: str, parameter: Parameter) -> float:
    if key not in table:
        return 0.0
    try:
        spread = read_number(table[key], "1")
    except QuantityError as error:
        raise QuantityError(f"{key}: {error.problem}", error.got, 'a percentage, such as "50 %"') from None
    if not 0.0 <= spread <= _WIDEST_SPREAD:
        expected = f'0 to {_WIDEST_SPREAD:g}, such as 0.5 or "50 %"'
        raise QuantityError(f"{key} is the sigma of a logarithm", in_words(table[key]), expected)
    if parameter.maximum < math.inf and spread:
        problem = f"{key} would carry values above {parameter.maximum:g}, which cannot be"
        raise QuantityError(problem, in_words(table[key]), "a beta or truncated_normal")
    return spread


def _check(quantity: Quantity, parameter: Parameter, allow: bool) -> None:
    base, unit = quantity.base, parameter.unit
    low, high = base.support() if isinstance(base, Distribution) else (base, base)
    shown = units.show(quantity.typical, unit)
    if low < parameter.minimum or high > parameter.maximum:
        _refuse_bounds(low, high, quantity, parameter)
    if not isinstance(base, Distribution) and parameter.minimum == 0.0 == base and parameter.low > 0.0:
        raise QuantityError("must be above 0", shown, parameter.range_text)
    if parameter.whole and not quantity.is_fixed:
        raise QuantityError("is a whole number and cannot vary", describe(quantity), "one whole number")
    if parameter.whole and not quantity.typical.is_integer():
        raise QuantityError("must be a whole number", shown, parameter.range_text)
    _refuse_absurd(quantity.typical, shown, parameter)
    if not allow and not parameter.low <= quantity.typical <= parameter.high:
        what = "the median is" if isinstance(base, Distribution) else "is"
        expected = f"{parameter.range_text}, or allow_outside_range = true beside it"
        raise QuantityError(f"{what} outside the plausible range ({parameter.doc})", shown, expected)


def _refuse_absurd(typical: float, shown: str, parameter: Parameter) -> None:
    """Refuse what no `allow_outside_range` can mean, before a schedule becomes endless or a number overflows."""
    far = _FAR_OUTSIDE_PLANNED if parameter.planned else _FAR_OUTSIDE
    if typical > far * parameter.high or (parameter.low > 0.0 and typical < parameter.low / far):
        times = units.show(far, "1")
        problem = f"is more than {times} times outside the plausible range ({parameter.doc})"
        raise QuantityError(problem, shown, parameter.range_text)


def _refuse_bounds(low: float, high: float, quantity: Quantity, parameter: Parameter) -> None:
    below = low < parameter.minimum
    if isinstance(quantity.base, Distribution):
        crossing = f"below {parameter.minimum:g}" if below else f"above {parameter.maximum:g}"
        problem = f"this {quantity.base.family} has values {crossing}, which cannot be"
        raise QuantityError(problem, f"{low:g} to {high:g}", "a truncated_normal, a beta or other numbers")
    shown = units.show(quantity.typical, parameter.unit)
    if (parameter.minimum, parameter.maximum) == (0.0, 1.0):
        percent = f', or "{units.show(high, "1")} %"' if 1.0 < high <= 100.0 else ""
        raise QuantityError("a fraction must lie between 0 and 1", shown, parameter.range_text + percent)
    bound = f"at least {parameter.minimum:g}" if below else f"at most {parameter.maximum:g}"
    bound = "above 0" if below and parameter.minimum == 0.0 < parameter.low else bound
    raise QuantityError(f"must be {bound}", shown, parameter.range_text)


def read_source(table: Mapping[str, Any], sources: SourceGrades) -> tuple[str, str]:
    """Return the source and the grade that a table states; without a source it is an assumption of grade D.

    Raises
    ------
    QuantityError
        when the source is not known or the grade is none.
    """
    source, grade = table.get("source", ASSUMPTION), table.get("grade")
    if not isinstance(source, str):
        raise QuantityError("source must be a key in quotes", in_words(source))
    if source != ASSUMPTION and source not in sources:
        expected = 'a key of [sources] or of the references, or "assumption"'
        problem = unknown("source", source, sources)
        raise QuantityError(problem.problem, None, expected, problem.nearest)
    if grade is not None and not (isinstance(grade, str) and grade in GRADES):
        raise QuantityError("grade must be A, B, C or D", in_words(grade))
    if source == ASSUMPTION and grade not in (None, _ASSUMED):
        expected = "a source beside it: what has none is an assumption of grade D"
        raise QuantityError("a grade needs a source", f'grade = "{grade}"', expected)
    return source, grade or (_ASSUMED if source == ASSUMPTION else sources[source])
