"""Read what is asked of each point of a study: statistics of responses, and limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from exosim import units
from exosim.comparison import IN_SPECIFICATION
from exosim.economics.headlines import cost_units
from exosim.errors import Problem, UsageError, shortened, unknown
from exosim.indicators import HEADLINE_UNITS, RESOURCE_UNITS
from exosim.study.answers import Condition, Of, Response, share_of
from exosim.units import QuantityError

_CONDITION = re.compile(r"^\s*(?P<name>[^<>=]+?)\s*(?P<sign><=|>=|<|>|=+)\s*(?P<limit>[^<>=].*?)\s*$")
_QUESTION = re.compile(r"^\s*(?P<statistic>[a-z0-9.]+)\s*\(\s*(?P<name>[^()]+?)\s*\)\s*$")
_COSTS = frozenset(cost_units("EUR"))


def read_questions(texts: Sequence[str], known: Mapping[str, Response], statistic: str = "median") -> tuple[Of, ...]:
    """Return questions such as ``p90(cost_per_dose)``; a name alone is asked for by `statistic`.

    Of a response that is 1 or 0 on a draw, such as ``in_specification``, a name alone asks for the mean: the share of
    the draws.

    Raises
    ------
    UsageError
        with all that is wrong.
    """
    found: list[Of] = []
    problems: list[Problem] = []
    for text in texts:
        match = _QUESTION.match(text)
        name = match["name"] if match else text.strip()
        own = match["statistic"] if match else "mean" if is_share(name) else statistic
        try:
            if own not in ("mean", "sd"):
                share_of(own)
        except ValueError:
            problems.append(
                Problem("no such statistic", got=f'"{shortened(own, 40)}"', expected="mean, median, sd, or p0 to p100")
            )
        if name not in known:
            problems.append(unknown_response(name, known))
        found.append(Of(name, own))
    if problems:
        raise UsageError(problems)
    return tuple(found)


def read_conditions(texts: Sequence[str], known: Mapping[str, Response]) -> tuple[Condition, ...]:
    """Return limits such as ``cost_per_dose <= 500 EUR/dose``; a bare number is in the unit of the response.

    Raises
    ------
    UsageError
        with all that is wrong.
    """
    found = [_condition(text, known) for text in texts]
    problems = [one for one in found if isinstance(one, Problem)]
    if problems:
        raise UsageError(problems)
    return tuple(one for one in found if isinstance(one, Condition))


def is_share(name: str) -> bool:
    """Return whether a response is 1 or 0 on each draw."""
    return name == IN_SPECIFICATION or name.startswith("met.")


def unknown_response(name: str, known: Iterable[str]) -> Problem:
    """Return the problem of a response that nobody knows, and what would make it known.

    The headlines are listed, those of steps are many.
    """
    names = list(known)
    if name in _COSTS and not _COSTS & set(names):
        return Problem(f'"{name}" needs prices', expected="[economics] in the scenario, with year = 2024, say")
    if _in_time(name) and not any(map(_in_time, names)):
        return Problem(f'"{name}" is of a facility in time', expected="a [campaign] in the scenario; no engine kernel")
    problem = unknown("response", name, names)
    heads = [one for one in names if "." not in one]
    more = ", or <step>.<reading> such as polish.recovery" if len(heads) < len(names) else ""
    return replace(problem, expected=f"one of {', '.join(heads)}{more}")


def _in_time(name: str) -> bool:
    return name in HEADLINE_UNITS or name.rpartition(".")[2] in RESOURCE_UNITS


def named(texts: Iterable[str]) -> list[str]:
    """Return the names of the responses in questions and conditions, as far as they can be read, each once."""
    names = []
    for text in texts:
        condition, question = _CONDITION.match(text), _QUESTION.match(text)
        names.append(condition["name"] if condition else question["name"] if question else text.strip())
    return list(dict.fromkeys(names))


def _condition(text: str, known: Mapping[str, Response]) -> Condition | Problem:
    match = _CONDITION.match(text)
    if match is None or match["sign"] not in ("<=", ">=", "<", ">"):
        example = 'a limit, such as "doses >= 500" or "cost_per_dose <= 500 EUR/dose"'
        return Problem("this is no condition", got=f'"{shortened(text, 60)}"', expected=example)
    if match["name"] not in known:
        return unknown_response(match["name"], known)
    response = known[match["name"]]
    try:
        number = float(match["limit"])
    except ValueError:
        try:
            number = units.parse(_per(match["limit"], response.unit), response.unit)
        except QuantityError as error:
            return Problem(error.problem, match["name"], error.got, error.expected, error.nearest)
    if not math.isfinite(number):
        return Problem("a limit must be a finite number", match["name"], got=match["limit"])
    return Condition(response.name, "<=" if match["sign"][0] == "<" else ">=", number, response.unit)


def _per(text: str, unit: str) -> str:
    """Return a limit with what it is per: ``500 EUR`` of a cost per dose is ``500 EUR/dose``."""
    whole, slash, per = unit.partition("/")
    return f"{text}/{per}" if slash and text.split()[-1:] == [whole] else text
