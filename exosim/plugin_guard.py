"""A plug-in is somebody else's code: what is wrong with it is told by its name, never as a traceback of exosim.

The catalog hands out a guarded subclass of an operation that a plug-in brings. Whoever uses the class of the plug-in
itself, such as its own tests, sees it unguarded, with every traceback.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from exosim.errors import ExosimError, ModelError, Problem, shortened
from exosim.material import FIELDS, Material
from exosim.operations.base import Outcome, Phase, UnitOperation, VisitedOperation
from exosim.plugins import Plugin
from exosim.references import plugin_references

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_GUARDED = ("__init__", "problems", "unused", "transform", "start", "schedule", "advance")
_OUTCOMES = ("transform", "start", "advance")
_PARTS = ("product", "remainder", "added", "generated")
_NUMBERS = ("consumption", "monitors", "limits")
_MENDED = "a version of the plug-in that keeps the contract of exosim.testing"


def load(plugin: Plugin) -> type[UnitOperation] | str:
    """Return the operation of a plug-in under guard, or in words why it cannot be used."""
    if not _NAME.fullmatch(plugin.operation):
        return f"the plug-in {plugin} gives an operation a name that is not in lower_case_words"
    try:
        found = plugin.load()
        plugin_references(plugin)
    except Exception as error:
        return f"the plug-in {plugin} cannot be loaded: {_in_words(error)}"
    if not isinstance(found, type) or not issubclass(found, UnitOperation):
        return f"the plug-in {plugin} brings something that is no unit operation: {plugin.entry_point.value}"
    if found.transform in (UnitOperation.transform, VisitedOperation.transform) and not _is_visited(found):
        return f"the plug-in {plugin} brings an operation that defines no transform: {plugin.entry_point.value}"
    if "__dataclass_fields__" not in vars(found):
        return f"the plug-in {plugin} brings an operation that is no frozen dataclass: {plugin.entry_point.value}"
    return guarded(found, plugin)


def guarded(owner: type[UnitOperation], plugin: Plugin) -> type[UnitOperation]:
    """Return a subclass of an operation whose methods tell what is wrong by the name of the plug-in."""
    methods = {name: _guard(getattr(owner, name), name, plugin) for name in _GUARDED if hasattr(owner, name)}
    words = {"__module__": owner.__module__, "__doc__": owner.__doc__, "plugin": plugin}
    return type(owner.__name__, (owner,), {**words, **methods})


def _is_visited(owner: type[UnitOperation]) -> bool:
    return issubclass(owner, VisitedOperation) and owner.advance is not VisitedOperation.advance


def _guard(method: Callable[..., Any], name: str, plugin: Plugin) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: UnitOperation, *arguments: Any, **named: Any) -> Any:
        try:
            result = method(self, *arguments, **named)
            if name == "problems":
                result = iter([(str(field), str(wrong)) for field, wrong in result])
        except (ExosimError, MemoryError):
            raise
        except Exception as error:
            raise _failed(plugin, f"failed in {name.strip('_')}: {_in_words(error)}") from None
        wrong = _fault(result, self, arguments) if name in _OUTCOMES else None
        if wrong is not None:
            raise _failed(plugin, f"{wrong} in {name}")
        return result

    return call


def _failed(plugin: Plugin, what: str) -> ModelError:
    problem = f"the operation {plugin.operation} of the plug-in {plugin} {what}"
    return ModelError(Problem(problem, expected=_MENDED))


def _in_words(error: Exception) -> str:
    """Return the kind, the text and the place of an error of somebody else's code."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {shortened(str(error)) or 'no message'}{place}"


def _fault(result: object, operation: UnitOperation, arguments: tuple[Any, ...]) -> str | None:
    """Return what is wrong with what an operation returned, or None."""
    if not isinstance(result, Outcome):
        got = "nothing" if result is None else f"something of the type {type(result).__name__}"
        return f"returned {got} in place of an Outcome"
    for name, part in _materials(result):
        if not isinstance(part, Material):
            return f"returned an Outcome whose {name} is no Material"
    if not isinstance(result.phases, tuple) or not all(isinstance(phase, Phase) for phase in result.phases):
        return "returned an Outcome whose phases are no tuple of Phase"
    lanes = {1, *_lanes_of(operation), *(n for a in arguments if isinstance(a, Material) for n in _lanes(_fields(a)))}
    for name, value in _amounts(result):
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            return f"returned an Outcome whose {name} is no number"
        if array.ndim and array.shape[-1] not in lanes:
            return f"returned an Outcome whose {name} has {array.shape[-1]} lanes in place of {max(lanes)}"
    return None


def _materials(outcome: Outcome) -> Iterator[tuple[str, object]]:
    yield from ((name, getattr(outcome, name)) for name in _PARTS)
    yield from ((f"loss {channel}", lost) for channel, lost in outcome.losses.items())


def _amounts(outcome: Outcome) -> Iterator[tuple[str, Any]]:
    """Yield every number of an outcome with its name."""
    for name, part in _materials(outcome):
        yield from ((f"{field} of the {name}", value) for field, value in _fields(part).items())
    yield from ((f"duration of the phase {phase.name}", phase.duration) for phase in outcome.phases)
    for kind in _NUMBERS:
        yield from ((f"{key} of the {kind}", value) for key, value in getattr(outcome, kind).items())


def _fields(material: Any) -> dict[str, Any]:
    return {name: getattr(material, name) for name in FIELDS}


def _lanes_of(operation: UnitOperation) -> Iterator[int]:
    """Yield the number of lanes of every parameter, and of what all operations of the run share."""
    for owner in (operation, operation.context):
        yield from _lanes({field.name: getattr(owner, field.name) for field in dataclasses.fields(owner)})


def _lanes(values: Mapping[str, Any]) -> Iterator[int]:
    yield from (value.shape[-1] for value in values.values() if isinstance(value, np.ndarray) and value.ndim)
