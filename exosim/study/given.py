"""What a call or the command line says of a study, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from exosim.errors import Problem, UsageError, in_words, unknown
from exosim.limits import MOST_REPLICATIONS
from exosim.study.factor import Factor
from exosim.study_tables import MOST_OF_A_DESIGN

_TEXTS = ("responses", "conditions", "objectives")
_COUNTS = ("samples", "levels", "population", "generations", "draws", "replications")
_MOST = {"draws": MOST_OF_A_DESIGN, "replications": MOST_REPLICATIONS}
_EXAMPLE = '{"concentrate.flux": "15..40 L/m2/h"}'


def checked(given: Mapping[str, Any], allowed: Iterable[str]) -> dict[str, Any]:
    """Return what is given: one text as a list of one, factors as pairs; what is None or empty is left out.

    Parameters
    ----------
    given : by the keys of `[study]`, and `factors`, `seed`, `weights`, `ways`
    allowed : keys that there are

    Raises
    ------
    UsageError
        with all that is of the wrong kind.
    """
    names = tuple(allowed)
    problems = [unknown("option", str(key), names) for key in given if key not in names]
    found: dict[str, Any] = {}
    for key, value in given.items():
        if value is None:
            continue
        try:
            found[key] = _one(key, value)
        except UsageError as error:
            problems += error.problems
    if problems:
        raise UsageError(problems)
    return {key: value for key, value in found.items() if not (isinstance(value, (tuple, Mapping)) and not value)}


def _one(key: str, value: Any) -> Any:
    if key in _TEXTS:
        return _texts(key, value)
    if key in _COUNTS or key == "seed":
        return _whole(key, value, 0 if key == "seed" else 1, _MOST.get(key))
    if key == "factors":
        return _pairs(value)
    if key == "weights":
        return {path: _number(f"the weight of {path}", one) for path, one in _table(key, value).items()}
    if key == "ways":
        return dict(_table(key, value))
    return _number("the probability", value) if key == "probability" else value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(text, str) for text in texts):
        raise UsageError(Problem(f"{key} are text", got=in_words(value), expected='a list, such as ["doses"]'))
    return texts


def _whole(key: str, value: Any, least: int, most: int | None) -> int:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise UsageError(Problem(f"{key} must be a whole number of at least {least}", got=in_words(value)))
    if most is not None and value > most:
        raise UsageError(Problem(f"{key} of each point are too many", got=f"{value:,}", expected=f"at most {most:,}"))
    return int(value)


def _number(what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise UsageError(Problem(f"{what} is a number", got=in_words(value)))
    return float(value)


def _table(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(Problem(f"{key} are given by path", got=in_words(value), expected="a dict"))
    return value


def _pairs(value: Any) -> tuple[tuple[str, Any], ...]:
    """Return factors as pairs of path and range; text is read as on the command line: ``PATH=RANGE`` or ``PATH``."""
    if isinstance(value, Mapping):
        listed: list[Any] = list(value.items())
    elif isinstance(value, str) or not isinstance(value, Iterable):
        listed = [value]
    else:
        listed = list(value)
    pairs = tuple(
        (one.path, one) if isinstance(one, Factor) else _split(one) if isinstance(one, str) else one for one in listed
    )
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)):
            raise UsageError(Problem("factors are given by path", got=in_words(pair), expected=_EXAMPLE))
    return pairs


def _split(text: str) -> tuple[str, str | None]:
    path, sign, spec = text.partition("=")
    return path.strip(), spec.strip() if sign else None
