"""The tables of a run in time: indicators of the whole, and those by equipment, people, procedure, job and product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exosim.indicators import BY_RESOURCE
from exosim.release_indicators import OF_JOBS
from exosim.saved_run import SavedRun
from exosim.summaries import Estimate
from exosim.telling.bounds import interval_of_mean
from exosim.telling.cells import Cell, Table, called, number, span, table
from exosim.titles import INDICATORS, ORDERS, PATIENTS
from exosim.waits import WAITS

_HEAD = ("mean", "95 % interval of the mean", "median", "5 to 95 %", "unit", "n")
_TITLES = {**INDICATORS, **PATIENTS, **ORDERS}
_PEOPLE = "labor"
_PRODUCT = "_by_product"
_OF_PRODUCTS = ("on_time",)


def whole(run: SavedRun) -> Table:
    """Return the indicators of the facility as a whole."""
    rows = [row for row in run.indicators if row.step is None]
    return table(
        "Indicators of the facility", ("indicator", *_HEAD), ((_title(row.name), *_cells(row)) for row in rows)
    )


def _title(name: str) -> str:
    """Return what an indicator is called; those that are bounds as planned stand below another in the console."""
    title = _TITLES.get(name, name.replace("_", " "))
    return f"{name.replace('_', ' ')}: {title.strip()}" if title.startswith(" ") else title


def _cells(row: Estimate) -> tuple[Cell, ...]:
    if row.mean is None:
        return (number(None), "", "", "", f"none: {row.reason}", number(float(row.n)))
    middle = (number(row.mean), span(*interval_of_mean(row)), number(row.median), span(row.p5, row.p95))
    return (*middle, called(row.unit), number(float(row.n)))


def parts(run: SavedRun) -> Iterator[Table]:
    """Yield the indicators by resource, one table for each kind of resource."""
    rows = [row for row in run.indicators if row.step is not None]
    groups = {title: [row for row in rows if _kind(row.name) == title] for title in dict.fromkeys(_kinds(rows))}
    for title, found in groups.items():
        cells = ((row.step or "", row.name.removesuffix(_PRODUCT).replace("_", " "), *_cells(row)) for row in found)
        yield table(title, ("of", "indicator", *_HEAD), cells)


def _kinds(rows: Sequence[Estimate]) -> list[str]:
    return [_kind(row.name) for row in rows]


def _kind(name: str) -> str:
    if name in WAITS:
        return "Waits by procedure"
    if name in OF_JOBS:
        return "Laboratory and quality"
    if name.endswith(_PRODUCT) or name in _OF_PRODUCTS:
        return "Products"
    if name.startswith(_PEOPLE):
        return "People"
    return "Equipment" if name in BY_RESOURCE else "Other parts of the facility"
