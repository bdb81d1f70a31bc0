"""Tables and progress on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from exosim.cargo_readings import CARGO_HEADLINES
from exosim.console_base import new_console, number, print_whole, table_lines
from exosim.console_cargo import print_cargo
from exosim.console_diagnostic import print_diagnostic
from exosim.console_orders import BY_PRODUCT
from exosim.console_spread import print_spread
from exosim.console_truths import print_truths
from exosim.console_variants import combination_table, variant_table
from exosim.cost_words import money, span
from exosim.diagnostic import DIAGNOSTIC_HEADLINES
from exosim.economics.headlines import COST_UNITS
from exosim.limiting import in_words as bounds_in_words
from exosim.parameter import GRADES, PLAN
from exosim.readings import ALL_ATTRIBUTES
from exosim.titles import INDICATORS, ORDERS, PATIENTS, headline_title

if TYPE_CHECKING:
    from exosim.results import FacilityResults, Yields
    from exosim.scenario import Scenario
    from exosim.summaries import Summary

_COLUMNS = (
    ("volume", "volume", "mL", 1.0),
    ("vesicles", "vesicles", "EV", 1.0),
    ("titer", "titer", "EV/mL", 1.0),
    ("protein", "protein", "mg", 1e-3),
    ("evs_per_protein", "purity", "EV/ug", 1.0),
    ("purity_relative_to_ceiling", "of ceiling", "%", 100.0),
    ("recovery", "recovery", "%", 100.0),
    ("cumulative_yield", "so far", "%", 100.0),
    ("duration", "time", "h", 1.0),
)
"""Name, title and unit of each column of the step table, and the factor from the unit of the quantity."""
_CELL_COLUMNS = (
    ("volume", "volume", "mL", 1.0),
    ("viable_cells", "viable cells", "cell", 1.0),
    ("cell_density", "density", "cell/mL", 1.0),
    ("recovery", "recovery", "%", 100.0),
    ("cumulative_yield", "so far", "%", 100.0),
    ("duration", "time", "h", 1.0),
)
"""The same where the product is cells."""


def new_progress() -> Progress:
    """Return a progress bar on standard error that disappears when it is done; only a terminal shows it.

    Elsewhere it would leave an empty line, at which a command ends whose output nobody reads any more.
    """
    console = new_console(error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def print_yields(yields: Yields, paths: Sequence[Path]) -> None:
    """Print the headline figures, the step table, limits, specification, ledger and the paths of what was written."""
    console = new_console()
    scenario = yields.scenario
    console.print(Text(f"{scenario.title or scenario.name}: {yields.draws:,} draws, seed {yields.seed}", style="bold"))
    if yields.screening is not None:
        console.print(Text(str(yields.screening), style="yellow"))
    print_diagnostic(yields, console)
    print_whole(_headline_table(yields), console)
    print_whole(_step_table(yields), console)
    for line in _ceiling(yields):
        console.print(Text(line))
    print_cargo(yields, console)
    print_truths(yields.two_truths(), console)
    print_spread(yields, console)
    for line in bounds_in_words(yields.bounds()):
        console.print(Text(line))
    for limit in yields.limits():
        console.print(Text(f"limit reached in {100 * limit.share:.3g} % of draws: {limit.step}: {limit.limit}"))
    for name, share in yields.in_specification().items():
        label = "all attributes" if name == ALL_ATTRIBUTES else name
        console.print(Text(f"within specification in {100 * share:.3g} % of draws: {label}"))
    for remark in yields.remarks():
        console.print(Text(remark))
    for warning in scenario.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    console.print(Text(scenario.ledger().headline()))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _headline_table(yields: Yields) -> Table:
    table = Table(box=table_lines(), pad_edge=False)
    for title, justify in (("per started batch", "left"), ("median", "right"), ("5 %", "right"), ("95 %", "right")):
        table.add_column(title, justify="right" if justify == "right" else "left")
    table.add_column("unit")
    for summary in yields.headlines():
        if summary.n and summary.name not in (*CARGO_HEADLINES, *DIAGNOSTIC_HEADLINES):  # they have tables of their own
            cells = (number(summary.median), number(summary.p5), number(summary.p95))
            table.add_row(headline_title(summary.name, yields), *cells, "" if summary.unit == "1" else summary.unit)
    return table


def _step_table(yields: Yields) -> Table:
    cells = yields.scenario.declarations.dose.kind == "cell"
    counted, columns = ("viable_cells", _CELL_COLUMNS) if cells else ("vesicles", _COLUMNS)
    title = f"after each step: medians, with the 5 to 95 % interval of the {'cells' if cells else 'vesicles'}"
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    table.add_column("step", no_wrap=True)
    if any(yields.has("relative_potency", step) for step in yields.steps):
        columns = (*columns, ("relative_potency", "potency", "%", 100.0))
    for name, heading, unit, _ in columns:
        table.add_column(f"{heading}\n{unit}", justify="right", no_wrap=True)
        if name == counted:
            table.add_column(f"5 to 95 %\n{unit}", justify="right", no_wrap=True)
    for step in yields.steps:
        row = []
        for name, _, unit, scale in columns:
            summary = yields.summary(name, step) if yields.has(name, step) else None
            row.append(_scaled(summary, scale, unit))
            if name == counted:
                row.append(_interval(summary))
        table.add_row(step, *row)
    return table


def _ceiling(yields: Yields) -> list[str]:
    """Return the purity that vesicles alone would show, with the protein fraction on which it rests."""
    read = [step for step in yields.steps if yields.has("protein_ceiling", step)]
    stated = [line.value for line in yields.scenario.ledger() if line.path == "product.protein_fraction"]
    if not read or not stated:
        return []
    summary = yields.summary("protein_ceiling", read[-1])
    spread = "" if summary.p5 == summary.p95 else f" ({_interval(summary)})"
    found = f"{number(summary.median)} EV/ug{spread}"
    return [f"purity ceiling after {read[-1]}: {found}, with phi_p (protein_fraction) {stated[0]}"]


def _scaled(summary: Summary | None, scale: float, unit: str) -> str:
    if summary is None or summary.median is None:
        return "-"
    value = summary.median * scale
    return f"{value:.1f}" if unit in ("%", "h") else number(value)


def _interval(summary: Summary | None) -> str:
    return f"{number(summary.p5, 2)} to {number(summary.p95, 2)}" if summary else "-"


def print_check(scenario: Scenario, variants: Sequence[Scenario] = (), combined: Sequence[Scenario] = ()) -> None:
    """Print that a scenario is valid, its ledger, what its variants change and how they combine."""
    console = new_console()
    ledger = scenario.ledger()
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("parameter", "value", "unit", "origin", "grade", "source"):
        table.add_column(title, overflow="fold")
    for line in ledger:
        outside = " (outside range)" if line.outside_range else ""
        table.add_row(*map(Text, (line.path, line.value + outside, line.unit, line.origin, line.grade, line.source)))
    print_whole(table, console)
    for warning in scenario.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    if variants:
        print_whole(variant_table(scenario, variants), console)
    if combined:
        print_whole(combination_table(combined), console)
    console.print(Text(f"{scenario.name}: valid", style="bold"))
    console.print(Text(ledger.headline()))
    meanings = {**GRADES, **({PLAN: "a decision"} if ledger.counts()[PLAN] else {})}
    console.print(Text("grades: " + ", ".join(f"{grade} {meaning}" for grade, meaning in meanings.items())))


_OCCASIONAL = ("batches_turned_away",)
"""Indicators that are shown where there is something to show."""
_PRODUCTS = {
    "doses_by_product": ("doses", "1/year", 1.0),
    "batches_by_product": ("batches", "1/year", 1.0),
    "lead_time_by_product": ("lead time", "h", 1.0),
    "on_time": ("on time", "%", 100.0),
}
_SHARES = {
    "utilization": ("utilization", "%", 100.0),
    "occupancy": ("occupancy", "%", 100.0),
    "unavailability": ("down", "%", 100.0),
}
_PEOPLE = {
    "labor": ("at work", "%", 100.0),
    "labor_touch_hours": ("at work", "h/year", 1.0),
    "labor_paid_hours": ("on duty", "h/year", 1.0),
}
"""Heading and unit of each column of the tables of equipment and people, and the factor from the indicator."""
_RUNS = {
    "runs": ("runs", "1/year", 1.0),
    "run_filling": ("places filled", "%", 100.0),
}
_JOBS = {
    "job_time": ("ready to done", "h", 1.0),
    "job_waiting": ("of it waiting", "h", 1.0),
}
_RESULTS = {"out_of_specification": ("out of specification", "%", 100.0)}
_WAITS = {
    "waiting": "unit",
    "waiting_for_run": "run",
    "waiting_for_room": "room",
    "waiting_for_material": "material",
    "waiting_for_utility": "utility",
    "waiting_for_people": "people",
    "waiting_for_shift": "shift",
    "lost_to_failures": "failure",
}
_SELDOM = ("waiting_for_run", "waiting_for_room", "waiting_for_material", "waiting_for_utility")
"""Causes that are shown where they occur."""


def print_run(results: FacilityResults, paths: Sequence[Path]) -> None:
    """Print the indicators of a run in time, its bottleneck, remarks, ledger and the paths of what was written."""
    console = new_console()
    scenario = results.scenario
    plant = scenario.declarations.plant
    title = f"{scenario.title or scenario.name}: {plant.horizon / 24:.0f} d, {results.replications_in_words}"
    console.print(Text(f"{title}, seed {results.seed}", style="bold"))
    known = {row.name for row in results.quantities()}
    print_whole(_indicator_table(results, "over the horizon", INDICATORS), console)
    if not known.isdisjoint(PATIENTS):
        print_whole(_indicator_table(results, "one patient, one lot", PATIENTS), console)
    if not known.isdisjoint(ORDERS):
        print_whole(_indicator_table(results, "orders and stock", ORDERS), console)
    if not known.isdisjoint(BY_PRODUCT):
        print_whole(_means_table(results, "orders and stock: means", "product", BY_PRODUCT), console)
    if not known.isdisjoint(_PRODUCTS):
        print_whole(_means_table(results, "products: means", "product", _PRODUCTS), console)
    print_whole(_means_table(results, "share of the time: mean", "equipment class", _SHARES), console)
    if plant.roles:
        print_whole(_means_table(results, "people: means", "role", _PEOPLE), console)
    names = {row.name for row in results.quantities()}
    if names & set(_RUNS):
        print_whole(_means_table(results, "shared runs: means", "procedure", _RUNS), console)
    print_whole(_wait_table(results), console)
    if names & set(_JOBS):
        print_whole(_means_table(results, "laboratory and quality: means", "job", _JOBS), console)
    if names & set(_RESULTS):
        print_whole(_means_table(results, "first results: means", "attribute", _RESULTS), console)
    for line in (*_pace(results), *(str(reached) for reached in results.half_widths if reached.met)):
        console.print(Text(line))
    for warning in (*scenario.warnings, *results.remarks()):
        console.print(Text(f"warning: {warning}", style="yellow"))
    console.print(Text(scenario.ledger().headline()))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _indicator_table(results: FacilityResults, title: str, shown: Mapping[str, str]) -> Table:
    """Return a table of indicators of the whole: those that are shown, by name, with what they are called."""
    table = Table(box=table_lines(), pad_edge=False)
    table.add_column(title)
    for heading in ("mean", "95 % interval", "median", "5 to 95 %"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    for row in results.quantities():
        if row.step is None and row.name in shown and (row.mean or row.name not in _OCCASIONAL):
            one, two = (money, span) if row.name in COST_UNITS else (number, _span)
            cells = (one(row.mean), two(row.low, row.high), one(row.median), two(row.p5, row.p95))
            table.add_row(shown[row.name], *cells, "" if row.unit == "1" else row.unit)
    return table


def _span(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{number(low)} to {number(high)}"


def _pace(results: FacilityResults) -> list[str]:
    """Return what holds the plant back, and its pace as planned beside the simulated one, in words."""
    name, share, shortest = results.bottleneck()
    if not name:
        return []
    lines = [f"most occupied: {name}, {100 * share:.1f} %"]
    if shortest > 0.0:
        found = {row.name: row.mean for row in results.quantities() if row.step is None}
        planned = (
            f"{number(shortest)} h ({results.limiting_class()}), {number(found['batches_per_year_bound'])} batches"
        )
        cycle, year = number(found["cycle_time"]), number(found["batches_per_year"])
        lines.append(f"minimum cycle time as planned: {planned} a year; simulated: {cycle} h, {year} batches a year")
    return lines


def _means_table(
    results: FacilityResults, title: str, rows_are: str, columns: Mapping[str, tuple[str, str, float]]
) -> Table:
    """Return a table of the means of some indicators by equipment class or role."""
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    table.add_column(rows_are)
    for heading, unit, _ in columns.values():
        table.add_column(f"{heading}\n{unit}", justify="right")
    rows = [row for row in results.quantities() if row.name in columns]
    found = {(row.step, row.name): row.mean for row in rows}
    for resource in dict.fromkeys(row.step for row in rows):
        means = [(found.get((resource, name)), unit, scale) for name, (_, unit, scale) in columns.items()]
        table.add_row(resource, *(_mean(mean, unit, scale) for mean, unit, scale in means))
    return table


def _mean(mean: float | None, unit: str, scale: float) -> str:
    if mean is None:
        return "-"
    return f"{scale * mean:.1f}" if unit == "%" else number(mean)


def _wait_table(results: FacilityResults) -> Table:
    table = Table(box=table_lines(), pad_edge=False, title="mean wait of a batch", title_justify="left")
    table.add_column("procedure")
    found = {(row.step, row.name): row.mean for row in results.quantities() if row.name in _WAITS}
    shown = {
        n: t for n, t in _WAITS.items() if n not in _SELDOM or any(v for (_, name), v in found.items() if name == n)
    }
    for heading in shown.values():
        table.add_column(f"{heading}\nh", justify="right")
    for procedure in dict.fromkeys(step for step, _ in found):
        hours = [found.get((procedure, name)) for name in shown]
        table.add_row(procedure, *("-" if wait is None else f"{wait:.1f}" for wait in hours))
    return table
