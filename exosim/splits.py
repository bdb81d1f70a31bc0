"""Read how a product is divided into streams: the shares of a split, which leave nothing unexplained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from exosim.declarations import Block
from exosim.errors import Problem
from exosim.findings import Findings
from exosim.parameter import declared
from exosim.quantities import Given, SourceGrades, read_quantity
from exosim.recipe import PRODUCT, REMAINDER, WASTE, Split
from exosim.toml_source import KeyPath
from exosim.units import QuantityError

_WHOLE = 1e-9
"""How far the sum of the shares may be from 1: ten times 0.1 is not 1 in floating point."""


def read_split(
    raw: Mapping[str, Any], prefix: str, path: KeyPath, findings: Findings, sources: SourceGrades
) -> Block | None:
    """Return the shares of a split; problems are noted, and then there is no block.

    Parameters
    ----------
    raw : what the scenario gives, by the name of the stream
    prefix : address of the block, such as ``clarify.split``
    path : where it stands in the file
    findings : takes the problems
    sources : grade by source key
    """
    parameter, given = declared(Split)["share"], dict[str, Given]()
    for name, value in raw.items():
        if name in (PRODUCT, REMAINDER):
            problem = f'"{name}" is the name of a whole stream'
            findings.add((*path, name), Problem(problem, expected=f"another name, or {WASTE} for what nothing uses"))
            continue
        try:
            given[name] = read_quantity(value, parameter, sources)
        except QuantityError as error:
            findings.quantity((*path, name), error)
    if len(given) < len(raw):
        return None
    wrong = _not_whole({name: g.quantity.typical for name, g in given.items()})
    if wrong is not None:
        findings.add(path, wrong)
        return None
    return Block(Split, prefix, dict.fromkeys(given, parameter), given)


def _not_whole(shares: Mapping[str, float]) -> Problem | None:
    """Return the problem of shares that are together more or less than the product, or None."""
    together = math.fsum(shares.values())
    if abs(together - 1.0) <= _WHOLE:
        return None
    got = ", ".join(f"{name} = {share:.9g}" for name, share in shares.items())
    if together > 1.0:
        problem = f"the shares sum to {together:.9g}: mass would be created"
        return Problem(problem, got=got, expected="shares that sum to 1")
    rest = 1.0 - together
    problem = f"the shares sum to {together:.9g}: where the other {100.0 * rest:.6g} % goes is unknown"
    expected = f"shares that sum to 1, such as {WASTE} = {shares.get(WASTE, 0.0) + rest:.6g}"
    return Problem(problem, got=got, expected=expected)
