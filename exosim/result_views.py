"""How results show themselves in a notebook, and as frames; what `Yields` and `FacilityResults` share with neither."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from exosim import html, units
from exosim.economics.usage import Use
from exosim.export import batch_columns, batch_rows
from exosim.frames import Frame, Framed, of_rows
from exosim.indicators import RESOURCE_UNITS, reported
from exosim.records import BatchRecord, Event
from exosim.service_tables import ServiceTable, service_tables
from exosim.sites import without_doses
from exosim.truth_table import TRUTH_COLUMNS, Compared, compared

if TYPE_CHECKING:
    from exosim.parameter import Array
    from exosim.results import FacilityResults, Yields
    from exosim.scenario import Scenario
    from exosim.summaries import Summary

_STEP_FIGURES = ("vesicles", "viable_cells", "volume", "recovery", "cumulative_yield", "duration")
_DIGITS = 3


class YieldViews(Framed):
    """The numbers of a yield as frames: ``draws``, ``quantities``, ``two_truths``; and as a page of a notebook."""

    def _frames(self: Yields) -> Mapping[str, Callable[[], Frame]]:  # type: ignore[misc]
        frames = {"draws": lambda: _draws(self), "quantities": lambda: _summaries(self, list(self.quantities()))}
        return {**frames, "two_truths": lambda: _truths(self)} if self._kept["measured"] else frames

    def two_truths(self: Yields) -> tuple[Compared, ...]:  # type: ignore[misc]
        """Return what the assays say of every sample beside what is there, in the order of the steps."""
        return tuple(compared(self))

    def __repr__(self: Yields) -> str:  # type: ignore[misc]
        return f"<Yields of {self.scenario.name}: {self.draws:,} draws, seed {self.seed}>"

    def _repr_html_(self: Yields) -> str:  # type: ignore[misc]
        note = f"{self.draws:,} draws, seed {self.seed}, exosim {self.version}"
        head = ("", "median", "5 %", "95 %", "unit")
        rows = ((s.name, _shown(s.median), _shown(s.p5), _shown(s.p95), _unit(s.unit)) for s in self.headlines())
        return html.view(
            self.scenario.name,
            note,
            html.table(head, rows),
            html.folded("step by step, medians", _steps(self)),
            *([html.folded("true and measured, medians", _truth_page(self))] if self._kept["measured"] else []),
            html.remarks([self.scenario.ledger().headline(), *self.scenario.warnings, *self.remarks()]),
        )


class RunViews(Framed):
    """The numbers of a run as frames and as a page.

    Frames are ``replications``, ``indicators``, ``batches`` and ``events``, and where there are orders or a warehouse
    ``orders``, ``stock_lots`` and ``stock``.
    """

    @property
    def uses(self: FacilityResults) -> Sequence[Sequence[Use]]:  # type: ignore[misc]
        """What each replication used, without money."""
        return [account.uses for account in self.accounts]

    @property
    def batches(self: FacilityResults) -> Sequence[Sequence[BatchRecord]]:  # type: ignore[misc]
        """The batches of each replication."""
        return [account.batches for account in self.accounts]

    def _frames(self: FacilityResults) -> Mapping[str, Callable[[], Frame]]:  # type: ignore[misc]
        return {
            "replications": lambda: _replications(self),
            "indicators": lambda: _summaries(self, list(self.quantities())),
            "batches": lambda: of_rows("row", batch_columns(self), batch_rows(self), about=_about(self)),
            "events": lambda: of_rows("event", Event._fields, _events(self), about=_about(self)),
            **{table.name: partial(_service, self, table) for table in service_tables(self)},
        }

    def __repr__(self: FacilityResults) -> str:  # type: ignore[misc]
        return f"<FacilityResults of {self.scenario.name}: {self.replications_in_words}, seed {self.seed}>"

    def _repr_html_(self: FacilityResults) -> str:  # type: ignore[misc]
        note = f"{self.replications_in_words}, seed {self.seed}, exosim {self.version}"
        head = ("", "mean", "95 % from", "to", "unit")
        found = list(self.quantities())
        whole, parts = [q for q in found if q.step is None], [q for q in found if q.step is not None]
        rows = ((q.name, _shown(q.mean), _shown(q.low), _shown(q.high), _unit(q.unit)) for q in whole)
        inner = ((q.step, q.name, _shown(q.mean), _shown(q.low), _shown(q.high), _unit(q.unit)) for q in parts)
        return html.view(
            self.scenario.name,
            note,
            html.table(head, rows),
            html.folded("by equipment, role and procedure", html.table(("of", *head), inner, words=2)),
            html.remarks([self.scenario.ledger().headline(), *self.scenario.warnings, *self.remarks()]),
        )


def _service(results: FacilityResults, table: ServiceTable) -> Frame:
    return of_rows("row", table.columns, table.rows, about=_about(results))


def column_name(name: str, step: str | None) -> str:
    """Return the name of a column: that of the quantity, behind the step or the resource that it is of."""
    return name if step is None else f"{step}.{name}"


def _about(results: Yields | FacilityResults) -> dict[str, Any]:
    scenario: Scenario = results.scenario
    return {"scenario": scenario.name, "hash": scenario.hash, "seed": results.seed, "version": results.version}


def _draws(yields: Yields) -> Frame:
    """Return every quantity on all draws that are kept; what is equal in all of them is one number behind a view."""
    kept = [*yields._kept["reading"].items(), *yields._kept["attribute"].items()]
    notes = {column_name(*key): yields._notes[key] for key, _ in kept}
    course = yields._kept["course"].items()
    return Frame(
        "draw",
        {column_name(*key): _spread(values, yields.kept) for key, values in kept},
        {name: unit for name, (unit, _) in notes.items()},
        layers={f"{step}.course.{n}": ("harvest", _spread(v, yields.kept)) for (n, step), v in course},
        about={**_about(yields), "missing": {name: reason for name, (_, reason) in notes.items() if reason}},
    )


def _truths(yields: Yields) -> Frame:
    return of_rows("row", TRUTH_COLUMNS, (row.row() for row in yields.two_truths()), about=_about(yields))


def _truth_page(yields: Yields) -> str:
    head = ("sample after", "what", "since", "by", "true", "unit", "measured", "5 %", "95 %", "unit")
    rows = (
        (r.step, r.quantity, r.since, r.by, *_told(r.true, r.true.median), *_told(r.measured, *_three(r.measured)))
        for r in yields.two_truths()
    )
    return html.table(head, rows, words=4)


def _three(summary: Summary) -> tuple[float | None, float | None, float | None]:
    return summary.median, summary.p5, summary.p95


def _told(summary: Summary, *values: float | None) -> tuple[str, ...]:
    return *map(_shown, values), _unit(summary.unit)


def _spread(values: Array | None, draws: int) -> np.ndarray[Any, Any]:
    array = np.full(1, math.nan) if values is None else np.asarray(values)
    return np.broadcast_to(array, (*array.shape[:-1], draws))


def _summaries(results: Yields | FacilityResults, found: list[Any]) -> Frame:
    names = [field.name for field in fields(found[0])]
    return of_rows("row", names, ([getattr(row, name) for name in names] for row in found), about=_about(results))


def _replications(results: FacilityResults) -> Frame:
    """Return every indicator of every replication, NaN where it has no value."""
    columns: dict[str, np.ndarray[Any, Any]] = {}
    known: dict[str, str] = {}
    for name, unit in without_doses(results.scenario, reported(results.accounts)).items():
        columns[name] = np.array([account.headlines.get(name, math.nan) for account in results.accounts])
        known[name] = unit
    for name, unit in without_doses(results.scenario, RESOURCE_UNITS).items():
        found = [account.by_resource.get(name, {}) for account in results.accounts]
        for resource in dict.fromkeys(key for row in found for key in row):
            values = [row.get(resource, math.nan) for row in found]
            columns[column_name(name, resource)] = np.array(values)
            known[column_name(name, resource)] = unit
    return Frame("replication", columns, known, first=1, about=_about(results))


def _events(results: FacilityResults) -> Iterator[tuple[Any, ...]]:
    """Yield the log of the first replication, with batches numbered from 1 as in all tables."""
    return (event._replace(batch=event.batch + 1) for event in results.first.run.log)


def _steps(yields: Yields) -> str:
    figures = [name for name in _STEP_FIGURES if any(yields.has(name, step) for step in yields.steps)]
    unit = {s.name: s.unit for step in yields.steps for s in _reported(yields, step, figures)}
    head = ("step", *(f"{name} [{unit[name]}]" if unit[name] != "1" else name for name in figures))
    return html.table(head, ([step, *_medians(yields, step, figures)] for step in yields.steps))


def _reported(yields: Yields, step: str, figures: list[str]) -> Iterator[Summary]:
    return (yields.summary(name, step) for name in figures if yields.has(name, step))


def _medians(yields: Yields, step: str, figures: list[str]) -> list[str]:
    return [_shown(yields.summary(n, step).median) if yields.has(n, step) else "" for n in figures]


def _shown(value: float | None) -> str:
    return "" if value is None else units.show(value, "1", _DIGITS)


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit
