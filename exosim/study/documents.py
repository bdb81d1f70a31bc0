"""What every study tells of itself in its JSON document: factors, responses, and numbers that may be missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from exosim.study.answers import Response
from exosim.study.factor import Factor


def known(value: float | None) -> float | None:
    """Return a number, or None where it is missing: NaN and infinity are no JSON."""
    return None if value is None or not math.isfinite(value) else float(value)


def listed(values: Iterable[float]) -> list[float | None]:
    """Return numbers as a list, with None where one is missing."""
    return [known(value) for value in values]


def factor_rows(factors: Sequence[Factor], base: Iterable[float]) -> list[dict[str, Any]]:
    """Return factors as JSON objects, each with where it stands while others move."""
    return [
        {
            "path": factor.path,
            "unit": factor.unit,
            "low": known(factor.low),
            "high": known(factor.high),
            "scale": factor.scale,
            "times": factor.times,
            "whole": factor.whole,
            "levels": list(factor.levels),
            "choices": [str(choice) for choice in factor.choices],
            "distribution": _distribution(factor),
            "base": known(at),
            "doc": factor.doc,
        }
        for factor, at in zip(factors, base, strict=True)
    ]


def response_rows(responses: Sequence[Response]) -> list[dict[str, Any]]:
    """Return responses as JSON objects."""
    return [{"name": one.name, "unit": one.unit, "better": one.better} for one in responses]


def _distribution(factor: Factor) -> dict[str, Any] | None:
    if factor.distribution is None:
        return None
    return {"family": factor.distribution.family, **dict(factor.distribution.numbers)}
