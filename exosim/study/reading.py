"""Read the factors of a study, from `[study]`, the command line or a call.

A factor is written as a table (``{ low = "15 L/m2/h", high = "40 L/m2/h" }``), or in short as text:
``15..40 L/m2/h``, ``log 1e3..1e5 EV/cell/d``, ``15..40 L/m2/h step 5``, ``10, 20, 40 L``, ``x0.5..x2`` (times what the
scenario says), ``own`` (as the scenario's own distribution), or nothing at all: then the 5 to 95 % of its distribution,
or the plausible range of the parameter.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from exosim import units
from exosim.distributions import Distribution
from exosim.errors import Problem, ScenarioError, UsageError, in_words, nearest_name, shortened, unknown
from exosim.parameter import Parameter
from exosim.scenario import Scenario
from exosim.study.changes import change, declared_at, given_at
from exosim.study.factor import Factor
from exosim.study_tables import FACTOR_KEYS, MOST_LEVELS
from exosim.units import QuantityError

_LARGEST = sys.float_info.max
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"^(?P<low>{_NUMBER}[^.]*?)\s*\.\.\s*(?P<high>{_NUMBER}.*?)(?:\s+step\s+(?P<step>.+))?$")
_TIMES = re.compile(rf"^x\s*(?P<low>{_NUMBER})\s*\.\.\s*x?\s*(?P<high>{_NUMBER})$")
_TIMES_LISTED = re.compile(rf"^x\s*{_NUMBER}(?:\s*,\s*x?\s*{_NUMBER})*$")


class _WrongError(Exception):
    """Something is wrong with a factor."""

    def __init__(self, problem: str, got: str | None = None, expected: str | None = None, nearest: str | None = None):
        self.problem = Problem(problem, got=got, expected=expected, nearest=nearest)


def read_factors(
    scenario: Scenario, asked: Mapping[str, Any] | Iterable[tuple[str, Any] | Factor]
) -> tuple[Factor, ...]:
    """Return the factors that are asked for.

    Parameters
    ----------
    asked : by path: a table, text in short, a pair (low, high), a list of values, or None; or factors. Numbers of a
        factor without a unit are in the unit of what it moves

    Raises
    ------
    ScenarioError
        with all that is wrong: a path that is not there or stands twice, a unit, a range without width.
    """
    listed = asked.items() if isinstance(asked, Mapping) else asked
    pairs = [(one.path, one) if isinstance(one, Factor) else one for one in listed]
    found: list[Factor] = []
    problems: list[Problem] = []
    for path, spec in pairs:
        own = path.removesuffix(".value")
        if own in {factor.path for factor in found}:
            problems.append(Problem("two factors set the same key", path=own, expected="each path once"))
            continue
        try:
            factor = _factor(scenario, own, spec)
            found.append(factor)
            problems += _impossible(scenario, factor)
        except _WrongError as wrong:
            problems.append(replace(wrong.problem, path=own))
        except QuantityError as error:
            problems.append(Problem(error.problem, own, error.got, error.expected, error.nearest))
        except (ScenarioError, UsageError) as error:
            problems += [one if one.path else replace(one, path=own) for one in error.problems]
    if problems:
        raise ScenarioError([replace(one, file=one.file or scenario.source.name) for one in problems])
    return tuple(found)


def uncertain_factors(scenario: Scenario, *, in_time: bool = False) -> tuple[Factor, ...]:
    """Return every quantity that varies at the study level, each with its own distribution.

    Parameters
    ----------
    in_time : whether those of the plant count, too; else those of the product, its steps and assays
    """
    found = []
    for path, given in scenario.uncertain().items():
        declared = declared_at(scenario, path)
        drawn = isinstance(given.quantity.base, Distribution) and given.quantity.varies == "study"
        if declared and drawn and not declared[1].repeated and (in_time or not moves_the_plant(scenario, path)):
            found.append(path)
    return read_factors(scenario, dict.fromkeys(found, "own"))


def moves_the_plant(scenario: Scenario, path: str) -> bool:
    """Return whether a factor is of the plant, or of money: what a batch itself gives cannot tell of it."""
    of_a_batch = {
        "product",
        "assay",
        "common",
        "attribute",
        *(procedure.id for procedure in scenario.declarations.procedures),
    }
    return path.partition(".")[0] not in of_a_batch


def _table(spec: Any) -> dict[str, Any]:
    """Return what is asked of a factor as a table."""
    if spec is None or (isinstance(spec, str) and not spec.strip()):
        return {}
    if isinstance(spec, (np.ndarray, range)):
        return {"values": np.asarray(spec).ravel().tolist()}
    if isinstance(spec, Mapping):
        wrong = [key for key in spec if key not in FACTOR_KEYS]
        if wrong:
            problem = unknown("key", str(wrong[0]), FACTOR_KEYS)
            raise _WrongError(problem.problem, None, problem.expected, problem.nearest)
        return dict(spec)
    if isinstance(spec, tuple) and len(spec) == 2:
        return {"low": spec[0], "high": spec[1]}
    if isinstance(spec, (list, tuple)):
        return {"values": list(spec)}
    if isinstance(spec, str):
        return _short(spec.strip())
    raise _WrongError("is no range", in_words(spec), "low and high, such as { low = 1, high = 6 }, or values = […]")


def _short(text: str) -> dict[str, Any]:
    """Return the table of a factor that is written as text."""
    if text == "own":
        return {"own": True}
    times = _TIMES.match(text)
    if times:
        return {"times": [float(times["low"]), float(times["high"])]}
    if _TIMES_LISTED.match(text):
        listed = [float(part.strip().removeprefix("x")) for part in text.split(",")]
        return {"times": listed}
    scale, head = ("log", text[4:].strip()) if text.startswith("log ") else ("linear", text)
    match = _RANGE.match(head)
    if match:
        found: dict[str, Any] = {"low": match["low"].strip(), "high": match["high"].strip(), "scale": scale}
        return found if match["step"] is None else {**found, "step": match["step"].strip()}
    if ".." in text:
        raise _WrongError(
            "this is no range", f'"{shortened(text, 60)}"', '"15..40 L/m2/h", "log 1e3..1e5 EV" or "x0.5..x2"'
        )
    return {"values": [_typed(part.strip()) for part in text.split(",")]}


def _typed(text: str) -> Any:
    """Return a number or a truth value that is written as text, as TOML would read it; any other text as it is."""
    if text in ("true", "false"):
        return text == "true"
    if not re.fullmatch(_NUMBER, text):
        return text
    return int(text) if re.fullmatch(r"[-+]?\d{1,15}", text) else float(text)


def _factor(scenario: Scenario, path: str, spec: Any) -> Factor:
    table = {} if isinstance(spec, Factor) else _table(spec)
    found = declared_at(scenario, path)
    parameter = None if found is None else found[1]
    given = given_at(scenario, path)
    base = None if parameter is None else parameter.default if given is None else given.quantity.typical
    own = table.get("own", False)
    if not isinstance(own, bool):
        raise _WrongError("own must be true or false", in_words(own))
    kinds = [key for key in ("low", "values", "times") if key in table] + ["own"] * own
    if "high" in table and "low" not in table:
        raise _WrongError("a range needs low and high", f"high = {in_words(table['high'])}")
    if len(kinds) > 1:
        raise _WrongError("give a range, values, times or own, not several", " and ".join(kinds))
    if "step" in table and "low" not in table:
        raise _WrongError("a step needs low and high", f"step = {in_words(table['step'])}")
    doc = "" if parameter is None else parameter.doc
    unit = "1" if parameter is None else parameter.unit
    usual = Factor(path, unit, math.nan, math.nan, base=base, doc=doc, whole=parameter is not None and parameter.whole)
    if isinstance(spec, Factor):
        return _of_factor(usual, spec)
    if own:
        return _of_own(scenario, usual)
    if "times" in table:
        return _of_times(usual, table)
    if "values" in table:
        return _of_values(usual, table, parameter)
    if "low" in table:
        return _of_range(usual, table, parameter)
    return _of_nothing(scenario, usual, parameter, table)


def _of_factor(usual: Factor, given: Factor) -> Factor:
    if given.unit not in ("1", usual.unit):
        raise _WrongError("the factor has another unit", given.unit, usual.unit)
    if given.times:
        return replace(given, path=usual.path, doc=usual.doc)
    return replace(given, path=usual.path, unit=usual.unit, whole=usual.whole, base=usual.base, doc=usual.doc)


def _of_own(scenario: Scenario, usual: Factor) -> Factor:
    given = given_at(scenario, usual.path)
    if given is None or not isinstance(given.quantity.base, Distribution):
        raise _WrongError("the scenario gives no distribution here", "own", "a range: low and high")
    quantity = given.quantity
    if quantity.varies != "study":
        expected = "a range of its median, or times: { times = [0.5, 2] }"
        raise _WrongError(
            f"varies by {quantity.varies}, so that no possible world has one value of it", "own", expected
        )
    low, high = _quantiles(given.quantity.base)
    return replace(usual, low=low, high=high, distribution=given.quantity.base)


def _quantiles(base: Distribution) -> tuple[float, float]:
    """Return between which 90 % of the values lie."""
    low, high = base.quantile(np.array([0.05, 0.95]))
    return float(low), float(high)


def _of_times(usual: Factor, table: Mapping[str, Any]) -> Factor:
    listed = table["times"]
    values = [_plain(one) for one in listed] if isinstance(listed, list) else []
    if len(values) < 2 or not all(0.0 < value < math.inf for value in values):
        raise _WrongError("times are two numbers or more, above 0", in_words(listed), "times = [0.5, 2]")
    if not usual.base:
        raise _WrongError("there is nothing to multiply", None, "a range: low and high")
    if len(values) == 2:
        _ordered(values[0], values[1], "1")
    _once(values, values)
    levels = tuple(values) if len(values) > 2 else ()
    multiplied = replace(usual, unit="1", low=min(values), high=max(values), times=True, base=1.0, whole=False)
    return replace(multiplied, levels=levels, scale=_scale(table, min(values), default="log"))


def _plain(raw: Any) -> float:
    """Return a number as it is; NaN for anything else."""
    plain = isinstance(raw, (int, float, np.number)) and not isinstance(raw, bool)
    return float(raw) if plain and -_LARGEST <= raw <= _LARGEST else math.nan


def _of_values(usual: Factor, table: Mapping[str, Any], parameter: Parameter | None) -> Factor:
    listed = table["values"]
    if not isinstance(listed, list) or not listed:
        raise _WrongError("values are a list", in_words(listed), "values = [10, 20, 40]")
    numbers = [_plain(one) for one in listed]
    if parameter is None and any(map(math.isnan, numbers)):
        _once(listed, [f"{type(one).__name__} {one}" for one in listed])
        return replace(usual, low=0.0, high=len(listed) - 1.0, choices=tuple(listed), base=None)
    if parameter is None:
        values, whole = numbers, all(isinstance(one, (int, np.integer)) for one in listed)
    else:
        unit, whole = _unit_of(str(listed[-1])), parameter.whole
        values = [_number(one, parameter.unit, unit) for one in listed]
    _once(listed, values)
    if whole:
        _whole(values)
    scale = _scale(table, min(values))
    return replace(usual, low=min(values), high=max(values), levels=tuple(values), whole=whole, scale=scale)


def _once(listed: Sequence[Any], values: Sequence[Any]) -> None:
    """Refuse a list in which a value stands twice, be it in another unit."""
    if len(set(values)) < len(values):
        raise _WrongError("a value stands twice", ", ".join(map(str, listed)), "each once")


def _of_range(usual: Factor, table: Mapping[str, Any], parameter: Parameter | None) -> Factor:
    if "high" not in table:
        raise _WrongError("a range needs low and high", f"low = {in_words(table['low'])}")
    last = _unit_of(str(table["high"])) if isinstance(table["high"], str) else ""
    unit = parameter.unit if parameter is not None else last or "1"
    low, high = _number(table["low"], unit, last), _number(table["high"], unit, last)
    _ordered(low, high, unit)
    if parameter is not None and parameter.whole:
        _whole([low, high])
    found = replace(usual, unit=unit, low=low, high=high, scale=_scale(table, low))
    if "step" not in table:
        return found
    step = _number(table["step"], unit, last)
    if not step > 0.0:
        shown = f"{units.show(low, unit)}..{units.show(high, unit)} step {units.show(step, unit)}"
        raise _WrongError("a step must be above 0", shown)
    steps = (high - low) / step * (1.0 + 1e-12)
    if not steps < MOST_LEVELS:
        raise _WrongError("a step this small makes too many values", f"{steps:.4g}", f"at most {MOST_LEVELS:,}")
    # without the last digits of a sum: 0.1 + 2 x 0.1 is 0.3, and the last level is high itself
    levels = (min(float(f"{low + place * step:.15g}"), high) for place in range(math.floor(steps) + 1))
    return replace(found, levels=tuple(levels))


def _of_nothing(scenario: Scenario, usual: Factor, parameter: Parameter | None, table: Mapping[str, Any]) -> Factor:
    """Return the factor between 5 and 95 % of its distribution, else over its plausible range."""
    if parameter is None:
        try:
            scenario.with_({usual.path: 0.0})
        except ScenarioError as error:
            if all(one.got != "0.0" for one in error.problems):  # not of the number, but of the path
                raise
        raise _WrongError("what this is moved between is missing", None, "low and high, or values")
    given = given_at(scenario, usual.path)
    if given is not None and isinstance(given.quantity.base, Distribution):
        low, high = _quantiles(given.quantity.base)
        low, high = max(low, parameter.low), min(high, parameter.high)
    else:
        low, high = parameter.low, parameter.high
    _ordered(low, high, parameter.unit)
    return replace(usual, low=float(low), high=float(high), scale=_scale(table, low))


def _scale(table: Mapping[str, Any], low: float, default: str = "linear") -> Any:
    scale = table.get("scale", default)
    if scale not in ("linear", "log"):
        nearest = nearest_name(scale, ("linear", "log")) if isinstance(scale, str) else None
        raise _WrongError("scale is linear or log", in_words(scale), None, nearest)
    if scale == "log" and low <= 0.0:
        raise _WrongError("a log scale needs values above 0", f"low = {low:g}")
    return scale


def _ordered(low: float, high: float, unit: str) -> None:
    if not low < high:
        got = f"low = {units.show(low, unit)}, high = {units.show(high, unit)}"
        raise _WrongError("low must be below high", got, "a range with a width")


def _whole(values: Sequence[float]) -> None:
    if not all(value.is_integer() for value in values):
        raise _WrongError("must be whole numbers", ", ".join(f"{value:g}" for value in values))


def _unit_of(text: str) -> str:
    """Return what follows the number in a text, such as ``L/m2/h``; empty where nothing does."""
    match = re.match(rf"^\s*{_NUMBER}\s*(?P<unit>.*)$", text)
    return match["unit"].strip() if match else ""


def _number(raw: Any, unit: str, last: str) -> float:
    """Return a number in `unit`; text without a unit has that of the last value, as in ``15..40 L/m2/h``."""
    if isinstance(raw, str):
        text = raw.strip()
        return units.parse(text if _unit_of(text) or not last else f"{text} {last}", unit)
    if isinstance(raw, bool) or not isinstance(raw, (int, float, np.number)):
        raise _WrongError("is of the wrong kind", in_words(raw), f"a quantity in {unit}")
    if not units.is_dimensionless(unit) and not last:
        raise _WrongError("the unit is missing", in_words(raw), f'a quantity in {unit}, such as "{raw} {unit}"')
    number = _plain(raw)
    if math.isnan(number):
        raise _WrongError("this is not a finite number", in_words(raw))
    return units.parse(f"{number!r} {last}", unit) if last else number


def _impossible(scenario: Scenario, factor: Factor) -> Sequence[Problem]:
    """Return why neither end of a range is possible; a range that is possible in part is a study's own answer."""
    found: list[Problem] = []
    for value in (factor.low, factor.high):
        try:
            scenario.with_({factor.path: change(scenario, factor, value)})
        except ScenarioError as error:
            found += [one for one in error.problems if one not in found]
        else:
            return ()
    return found
