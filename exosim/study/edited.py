"""In which keys a study that was begun differs from one that is asked now, with both values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from exosim.addresses import address
from exosim.errors import CheckpointError, ExosimError, Problem, shortened
from exosim.fingerprint import UNSAID
from exosim.scenario import Scenario, load
from exosim.study.asked import Request
from exosim.study.factor import Factor
from exosim.study.plan import Plan, plan_of
from exosim.toml_source import KeyPath
from exosim.variants import split_name

_NOTHING = "nothing"
_LARGEST_FILE = 4096
"""MiB; the file was read once already."""


def differences(there: Plan, now: Plan, folder: Path) -> list[Problem]:
    """Return what differs, key by key: of the scenario and of what is asked of it.

    Parameters
    ----------
    there, now : the plan in the folder and the one that is asked
    folder : for the messages
    """
    said = [*_differing(_said(there.scenario), _said(now.scenario)), *_differing(_asked(there), _asked(now))]
    return [Problem(f"{one} in the folder, {other} now", path=path, file=str(folder)) for path, one, other in said]


def refuse_edited(request: Request, plan: Plan, folder: Path) -> None:
    """Refuse to go on with a study whose scenario file says something else by now; one that is gone says nothing.

    Raises
    ------
    CheckpointError
        with every key that differs.
    """
    typed = split_name(request.file)[0]
    if typed == "-" or not Path(typed).is_file():
        return
    expected = "--as-begun to go on with what was begun; a new study needs another --out"
    try:
        scenario = load(request.file, request.changes, maximum_mebibytes=_LARGEST_FILE)
        now = plan_of(scenario, request.command, request.given)
    except ExosimError as error:
        head = Problem(f"{typed} no longer says what was begun", file=str(folder), expected=expected)
        raise CheckpointError([head, *(_in_folder(problem, folder) for problem in error.problems)]) from None
    if now.digest != plan.digest:
        head = Problem(f"{typed} says something else by now", file=str(folder), expected=expected)
        raise CheckpointError([head, *differences(plan, now, folder)])


def refuse_other(there: Plan, now: Plan, folder: Path) -> None:
    """Raise a CheckpointError with every key in which the study that a folder holds differs from the one asked."""
    problem = "the folder holds an unfinished study that asks something else"
    head = Problem(problem, file=str(folder), expected="another --out, or --overwrite to begin anew")
    raise CheckpointError([head, *differences(there, now, folder)])


def _in_folder(problem: Problem, folder: Path) -> Problem:
    """Return a problem of the scenario file under the name of the folder, so that it stands below its headline."""
    place = ":".join(str(part) for part in (problem.file, problem.line) if part is not None)
    told = f"{problem.problem} ({place})" if place else problem.problem
    return Problem(told, problem.path, problem.got, problem.expected, problem.nearest, str(folder))


def _differing(there: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for path in dict.fromkeys([*there, *now]):
        one, other = there.get(path, _NOTHING), now.get(path, _NOTHING)
        if one != other:
            yield path, one, other


def _said(scenario: Scenario) -> dict[str, str]:
    """Return everything that a scenario says of its process, as text by address."""
    data = {key: value for key, value in scenario.data.items() if key not in UNSAID}
    found = {_place(data, path): shortened(_shown(value), 60) for path, value in _leaves(data, ())}
    found |= {path: f"measured values {base.digest[:8]}" for path, base in scenario.measured.items()}
    for product, other in scenario.others.items():
        found |= {f"{product}.{path}": value for path, value in _said(other).items()}
    return found


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, place))
    else:
        yield path, value


def _place(data: Mapping[str, Any], path: KeyPath) -> str:
    return address(data, path).removesuffix(".value")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "an empty list"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _asked(plan: Plan) -> dict[str, str]:
    """Return what a plan says besides its scenario, as text by key; factors by path."""
    found: dict[str, str] = {}
    for key in fields(plan):
        value = getattr(plan, key.name)
        if key.name == "factors":
            found |= {f"--vary {factor.path}": _range(factor) for factor in value}
        elif key.name != "scenario" and value not in (None, ()):
            found[key.name] = ", ".join(map(str, value)) if isinstance(value, tuple) else _shown(value)
    return found


def _range(factor: Factor) -> str:
    if factor.levels:
        return ", ".join(map(factor.told, factor.levels))
    if factor.choices:
        return ", ".join(map(str, factor.choices))
    shown = "..".join(factor.told(value) for value in (factor.low, factor.high) if math.isfinite(value))
    scale = "log " if factor.scale == "log" else ""
    own = f" by {type(factor.distribution).__name__}" if factor.distribution is not None else ""
    return f"{scale}{shown}{own}"
