"""Read the section about a diagnostic test, and build the test with the values of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from exosim.declarations import Block, DiagnosticDeclaration
from exosim.diagnostic import Counts, Diagnostic, Interference, Monitoring, Performance, Signal
from exosim.diagnostic_tables import CountsTable, DiagnosticTable
from exosim.distributions import Distribution
from exosim.errors import Problem, in_words
from exosim.findings import Findings
from exosim.parameter import ASSUMPTION, Array
from exosim.physics.diagnosis import posterior
from exosim.physics.monitoring import visit_times
from exosim.quantities import Given, SourceGrades, describe, read_source
from exosim.resource_reader import BlockReader, given
from exosim.sampling import Quantity
from exosim.toml_source import KeyPath
from exosim.units import QuantityError

_PATH: KeyPath = ("diagnostic",)
_STUDIES = {"sensitivity": "diseased", "specificity": "healthy"}
"""What the counts of a study give, by the group that was counted."""
_PARTS = {"signal": Signal, "interference": Interference, "monitoring": Monitoring}


def read_diagnostic(
    table: DiagnosticTable | None, findings: Findings, block: BlockReader, grades: SourceGrades
) -> DiagnosticDeclaration | None:
    """Return what the scenario says of its test; None where it has none.

    Parameters
    ----------
    table, findings : the section, and what takes the problems
    block : reads the numbers of one owner
    grades : grade by source key
    """
    if table is None:
        return None
    performance, counts = _performance(table, findings, block, grades)
    parts = {name: _part(name, table, block) for name in _PARTS}
    if parts["interference"] is not None and parts["signal"] is None:
        parts["signal"] = block(Signal, "diagnostic.signal", (*_PATH, "signal"), {})
    _check(table, parts, findings)
    return DiagnosticDeclaration(table.condition, performance, counts, **parts)


def _performance(
    table: DiagnosticTable, findings: Findings, block: BlockReader, grades: SourceGrades
) -> tuple[Block, Mapping[str, Counts]]:
    """Return the numbers of the study, and its counts by group."""
    read = block(Performance, "diagnostic", _PATH, given(table, Performance))
    counts, found = dict[str, Counts](), dict(read.given)
    if table.prevalence is None:
        _missing("prevalence", 'prevalence = "0.12 %", say', findings)
    for name, group in _STUDIES.items():
        counted, stated = getattr(table, group), getattr(table, name) is not None
        if counted is not None and stated:
            what = f"{name} is given, and the counts from which it follows"
            findings.add((*_PATH, group), Problem(what, expected=f"{name} or {group}, one of them"))
        elif counted is not None:
            found |= _counted(name, group, counted, findings, grades)
            counts[group] = Counts(counted.positive, counted.of, counted.source or ASSUMPTION)
        elif not stated:
            _missing(name, f'{name} = "90 %", say, or {group} = {{ positive = …, of = … }}', findings)
    return dataclasses.replace(read, given=found), counts


def _missing(name: str, expected: str, findings: Findings) -> None:
    if not findings.spoiled(_PATH):
        findings.add((*_PATH, name), Problem(f'"{name}" is missing', expected=expected))


def _counted(
    name: str, group: str, table: CountsTable, findings: Findings, grades: SourceGrades
) -> dict[str, Given]:  # fmt: skip
    """Return a sensitivity or specificity as the posterior of its counts."""
    path: KeyPath = (*_PATH, group)
    if findings.spoiled(path):
        return {}
    if table.positive > table.of:
        got = f"{table.positive} of {table.of}"
        findings.add((*path, "positive"), Problem("more are positive than there are", got=got))
        return {}
    try:
        source, grade = read_source(table.model_dump(include={"source", "grade"}, exclude_none=True), grades)
    except QuantityError as error:
        findings.quantity((*path, "source"), error)
        return {}
    right = table.positive if name == "sensitivity" else table.of - table.positive
    mean, sd = posterior(right, table.of)
    quantity = Quantity(Distribution("beta", (("mean", mean), ("sd", sd))))
    return {name: Given(quantity, f"{right} of {table.of}: {describe(quantity)}", source, grade, False)}


def _part(name: str, table: DiagnosticTable, block: BlockReader) -> Block | None:
    """Return the numbers of a table below the section; None where there is no such table."""
    part, owner = getattr(table, name), _PARTS[name]
    if part is None:
        return None
    read = block(owner, f"diagnostic.{name}", (*_PATH, name), given(part, owner))
    words = {"sided": part.sided, "limits": part.limits} if name == "monitoring" else {}
    return dataclasses.replace(read, words=words)


def _check(table: DiagnosticTable, parts: Mapping[str, Block | None], findings: Findings) -> None:
    """Note what cannot be: visits that never come, and interference by nothing."""
    plan, others = parts["monitoring"], parts["interference"]
    if plan is not None and table.monitoring is not None:
        interval, follow_up = (
            plan.typical(key, plan.parameters[key].default or 0.0) for key in ("interval", "follow_up")
        )
        if not visit_times(interval, follow_up):
            path: KeyPath = (*_PATH, "monitoring", "interval" if "interval" in plan.given else "follow_up")
            got = in_words(table.monitoring.interval or table.monitoring.follow_up)
            findings.add(path, Problem("no visit comes within the follow-up", got=got, expected="a shorter interval"))
    if others is not None and not others.given.keys() - {"spread"} and not findings.spoiled(_PATH):
        expected = "the response to lipoproteins, nonvesicular or protein"
        findings.add((*_PATH, "interference"), Problem("says of nothing that it interferes", expected=expected))


def diagnostic_of(declared: DiagnosticDeclaration | None, values: Mapping[str, Array]) -> Diagnostic | None:
    """Return the test with the values of a run; None where there is none."""
    if declared is None:
        return None
    parts: dict[str, Any] = {}
    for name, owner in _PARTS.items():
        block: Block | None = getattr(declared, name)
        parts[name] = None if block is None else owner(**block.pick(values))
    return Diagnostic(Performance(**declared.performance.pick(values)), **parts)
