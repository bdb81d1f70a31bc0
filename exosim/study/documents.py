"""What the JSON documents of all studies share: their head, factors, responses, and numbers that may be missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from exosim.study.answers import Response
from exosim.study.factor import Factor
from exosim.version import __version__


class Studied(Protocol):
    """What was studied, and with how many draws of each point."""

    @property
    def name(self) -> str:
        """What was studied."""

    @property
    def hash(self) -> str:
        """That of the scenario; empty where there is none."""

    @property
    def seed(self) -> int:
        """That of the draws and of the points."""

    @property
    def draws(self) -> int:
        """How many of each point."""


def head(verb: str, found: Studied) -> dict[str, Any]:
    """Return what every document begins with."""
    return {
        "form": f"exosim.{verb}/1",
        "version": __version__,
        "scenario": {"name": found.name, "hash": found.hash},
        "seed": found.seed,
        "draws": found.draws,
    }


def known(value: float | None) -> float | None:
    """Return a number, or None where it is missing: NaN and infinity are no JSON."""
    return None if value is None or not math.isfinite(value) else float(value)


def listed(values: Iterable[float]) -> list[float | None]:
    """Return numbers as a list, with None where one is missing."""
    return [known(value) for value in values]


def plain(values: Any) -> Any:
    """Return an array as lists of numbers, with None where there is none."""
    found = np.asarray(values).tolist()
    return [plain(one) for one in found] if isinstance(found, list) else known(found)


def factor_rows(factors: Sequence[Factor], base: Iterable[float | None]) -> list[dict[str, Any]]:
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
