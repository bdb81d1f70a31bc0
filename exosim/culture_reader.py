"""Read what a procedure says beside its parameters: presets, effects that are switched off, stimuli."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from exosim.culture.stimulus import BASIS, Stimulus
from exosim.errors import Problem, in_words, unknown
from exosim.findings import Findings
from exosim.operations.base import UnitOperation
from exosim.parameter import declared
from exosim.preset_catalog import KINDS, fitting, kinds_for, presets
from exosim.procedure_tables import ProcedureTable, StimulusTable
from exosim.toml_source import KeyPath


def read_presets(
    table: ProcedureTable, path: KeyPath, operation: type[UnitOperation], findings: Findings
) -> dict[str, Any]:
    """Return the raw values that the presets of a procedure bring, by parameter."""
    brought: dict[str, Any] = {}
    owners: dict[str, str] = {}
    for kind in KINDS:
        key = getattr(table, kind)
        if key is None:
            continue
        preset = presets(kind).get(key)
        if preset is None and kind in kinds_for(table.operation):
            findings.add((*path, kind), unknown(kind, key, _fitting(kind, table.operation)))
            continue
        if preset is None:
            expected = _listed(kind, table.operation)
            findings.add((*path, kind), Problem(f"{table.operation} takes no {kind}", got=key, expected=expected))
            continue
        if table.operation not in preset.operations:
            expected = _listed(kind, table.operation)
            findings.add(
                (*path, kind), Problem(f"{preset.name} is nothing for {table.operation}", got=key, expected=expected)
            )
            continue
        for name, value in preset.values_for(declared(operation)).items():
            if name in brought and name not in table.parameters:
                problem = f"{owners[name]} and {kind} both say {name}"
                findings.add((*path, kind), Problem(problem, expected=f"{name} among the parameters"))
            brought[name], owners[name] = value, kind
    return brought


def _fitting(kind: str, operation: str) -> Sequence[str]:
    return fitting(kind, operation) or list(presets(kind))


def _listed(kind: str, operation: str) -> str:
    if kind not in kinds_for(operation):
        others = [f'{other} = "{fitting(other, operation)[0]}"' for other in kinds_for(operation)]
        return f"no {kind} for this operation" + (f", but {' or '.join(others)}, say" if others else "")
    return f"one of {', '.join(_fitting(kind, operation))}"


def read_effects(
    table: ProcedureTable, path: KeyPath, operation: type[UnitOperation], findings: Findings
) -> dict[str, float]:
    """Return the values of the parameters of all effects that are switched off."""
    off: dict[str, float] = {}
    for index, effect in enumerate(table.without):
        if effect not in operation.effects:
            known = sorted(operation.effects)
            place = (*path, "without", index)
            if known:
                findings.add(place, unknown("effect", effect, known))
            else:
                findings.add(place, Problem(f"{table.operation} has no effects that can be switched off", got=effect))
            continue
        off |= operation.effects[effect]
    return off


def takes_stimuli(operation: type[UnitOperation]) -> bool:
    """Return whether an operation knows stimuli."""
    return "stimuli" in {field.name for field in dataclasses.fields(operation)}


def check_stimuli(
    table: ProcedureTable, path: KeyPath, operation: type[UnitOperation], findings: Findings
) -> list[tuple[KeyPath, StimulusTable]]:
    """Return the stimuli that can be read, each with its place."""
    if table.stimulus and not takes_stimuli(operation):
        findings.add((*path, "stimulus"), Problem(f"{table.operation} has no cells that a stimulus could act on"))
        return []
    found, ids = [], [stimulus.id for stimulus in table.stimulus]
    for index, stimulus in enumerate(table.stimulus):
        place: KeyPath = (*path, "stimulus", index)
        if stimulus.id in ids[:index]:
            findings.add((*place, "id"), Problem(f'the id "{stimulus.id}" is taken', expected="another id"))
        if stimulus.basis != BASIS:
            problem = "only a fold per cell may multiply secretion: others hold the gain in cells as well"
            expected = f'basis = "{BASIS}", with the fold divided by the gain in cells'
            findings.add((*place, "basis"), Problem(problem, got=in_words(stimulus.basis), expected=expected))
        found.append((place, stimulus))
    return found


def given_numbers(stimulus: StimulusTable) -> Mapping[str, Any]:
    """Return the raw numbers of a stimulus by parameter."""
    return {name: raw for name in declared(Stimulus) if (raw := getattr(stimulus, name)) is not None}
