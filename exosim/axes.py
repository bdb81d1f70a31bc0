"""Axes along which variants combine, such as the culture and the separation: one choice on each.

A ``[[variant]]`` with an ``axis`` is a choice on it, and what the file itself does is the choice that ``base`` of the
``[[axis]]`` names. ``FILE#fixed_bed+tff_sec`` makes one choice on each of several axes; on the others it is that of
the file. The order in which choices are named does not matter.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

from exosim.addresses import tables
from exosim.errors import Problem, ScenarioError, unknown
from exosim.toml_source import TomlSource

SECTION, VARIANT = "axis", "variant"
JOINT = "+"


class Choice(NamedTuple):
    """One choice on one axis; `variant` tells it from what the file itself does."""

    axis: str
    name: str
    title: str
    variant: bool


def choices(data: Mapping[str, Any]) -> dict[str, list[Choice]]:
    """Return the choices on each axis of a file, that of the file itself first, in the order of the file."""
    found: dict[str, list[Choice]] = {}
    for table in tables(data, SECTION):
        axis, base = table.get("id"), table.get("base")
        if isinstance(axis, str) and isinstance(base, str):
            found.setdefault(axis, []).append(Choice(axis, base, _title(table, base), False))
    for table in tables(data, VARIANT):
        axis, name = table.get("axis"), table.get("name")
        if isinstance(name, str) and isinstance(axis, str) and axis in found:
            found[axis].append(Choice(axis, name, _title(table, name), True))
    return found


def combinations(data: Mapping[str, Any]) -> list[str]:
    """Return the name of every combination of one choice per axis, the file itself first; none without an axis."""
    axes = choices(data)
    names = ([choice.name for choice in made] for made in axes.values())
    return [JOINT.join(combined) for combined in itertools.product(*names)] if axes else []


def chosen_on(data: Mapping[str, Any], name: str | None) -> dict[str, Choice]:
    """Return the choice on every axis by its id: that of a variant or a combination, else that of the file itself."""
    named = set((name or "").split(JOINT))
    return {axis: next((c for c in made if c.name in named), made[0]) for axis, made in choices(data).items()}


def in_order(data: Mapping[str, Any], name: str | None) -> str | None:
    """Return the name of a combination with its choices in the order of the axes; any other name as it is."""
    parts = (name or "").split(JOINT)
    ordered = [c.name for made in choices(data).values() for c in made if c.name in parts]
    return JOINT.join(ordered) if len(parts) > 1 and len(ordered) == len(parts) else name


def picked(source: TomlSource, name: str, variants: list[str]) -> list[str]:
    """Return the variants that a name picks, in the order of their axes.

    Parameters
    ----------
    source : the file
    name : of a variant, of what the file does on an axis, or of several with a plus between them
    variants : names of all variants of the file

    Raises
    ------
    ScenarioError
        when there is no such choice, when one of several has no axis, or when two are on the same axis.
    """
    if name in variants:
        return [name]
    known = {choice.name: choice for made in choices(source.data).values() for choice in made}
    parts = name.split(JOINT)
    wrong = _unknown(parts, [*variants, *(n for n, choice in known.items() if not choice.variant)])
    wrong = wrong or _alone(parts, known) or _twice([known[part] for part in parts if part in known])
    if wrong is not None:
        raise ScenarioError(dataclasses.replace(wrong, file=source.name))
    return [n for n, choice in known.items() if n in parts and choice.variant]


def _unknown(parts: list[str], valid: list[str]) -> Problem | None:
    for part in parts:
        if part not in valid:
            return unknown("variant", part, valid) if valid else Problem(f'no variant "{part}": the file has none')
    return None


def _alone(parts: list[str], known: Mapping[str, Choice]) -> Problem | None:
    lonely = next((part for part in parts if part not in known), None)
    if lonely is None:
        return None
    expected = f"{lonely} alone, or choices on different axes"
    return Problem(f'the variant "{lonely}" has no axis and stands alone', got=JOINT.join(parts), expected=expected)


def _twice(made: list[Choice]) -> Problem | None:
    for first, second in itertools.combinations(made, 2):
        if first.axis == second.axis:
            problem, got = f'two choices on the axis "{first.axis}"', f"{first.name} and {second.name}"
            return Problem(problem, got=got, expected="one choice on each axis")
    return None


def _title(table: Mapping[str, Any], name: str) -> str:
    title = table.get("title")
    return title if isinstance(title, str) and title else name.replace("_", " ")
