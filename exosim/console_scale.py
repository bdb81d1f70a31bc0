"""Cost per dose against demand, as tables on the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, print_whole, table_lines
from exosim.scaling.words import rounded, sentences

if TYPE_CHECKING:
    from exosim.scaling.scaling import Scaling
    from exosim.scaling.screen import Screened


def print_scaling(found: Scaling, paths: Sequence[Path]) -> None:
    """Print the answer, the cheapest plants, what each technology costs, the facility's word, and the paths."""
    console = new_console()
    for sentence in sentences(found):
        console.print(Text(sentence))
    named = found.scenario.name
    head = f"{named}: {len(found.titles)} technologies, {found.worlds:,} worlds, seed {found.seed}"
    console.print(Text(f"\n{head}", style="bold"))
    print_whole(_plants(found), console)
    print_whole(_costs(found), console)
    if found.checks:
        print_whole(_facility(found), console)
    for warning in found.scenario.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _table(title: str, columns: Sequence[str], left: int = 0) -> Table:
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == left else "right")
    return table


def _plants(found: Scaling) -> Table:
    title = f"the cheapest plant for each demand: all worlds together, 5 to 95 % of them [{found.money} per dose]"
    columns = (
        "doses a year",
        "technology",
        "a dose",
        "5 %",
        "95 %",
        "cheapest in",
        "met in",
        "lots",
        "doses a lot",
        "units",
        "people",
        "area",
    )
    table = _table(title, columns, left=1)
    for place, (demand, winner) in enumerate(zip(found.demands, found.winners, strict=True)):
        if winner is None:
            table.add_row(rounded(demand), "no technology", *["-"] * 10)
            continue
        share, met = found.cheapest(place)[winner.technology], winner.met
        table.add_row(
            rounded(demand), winner.technology, *_cost(winner), f"{share:.0%}", f"{met:.0%}", f"{winner.lots}",
            rounded(winner.doses), f"{sum(winner.units.values())}", f"{sum(winner.people.values())}",
            f"{winner.area:,.0f} m2",
        )  # fmt: skip
    return table


def _cost(point: Screened) -> tuple[str, str, str]:
    values = (point.expected, point.quantile(0.05), point.quantile(0.95))
    low, middle, high = (
        rounded(value) if math.isfinite(value) else "no end" for value in (values[1], values[0], values[2])
    )
    return middle, low, high


def _costs(found: Scaling) -> Table:
    title = f"cost of a dose [{found.money}]; x: what no such plant can make"
    table = _table(title, ("technology", *(rounded(demand) for demand in found.demands), "ends at"))
    for name, points in found.points.items():
        reach = found.reach[name]
        cells = [
            (rounded(p.expected) if math.isfinite(p.expected) else "no end") if p.feasible else "x" for p in points
        ]
        table.add_row(name, *cells, rounded(reach) if math.isfinite(reach) else "-")
    return table


def _facility(found: Scaling) -> Table:
    title = f"finalists in the facility: cost of a dose over {len(found.checks[0].simulated)} worlds [{found.money}]"
    table = _table(title, ("technology", "doses a year", "estimate", "facility", "difference", "why"))
    table.columns[-1].justify = "left"
    for one in found.checks:
        known = math.isfinite(one.facility) and math.isfinite(one.estimate)
        off = f"{one.facility / one.estimate - 1.0:+.1%}" if known else "-"
        costs = (rounded(value) if math.isfinite(value) else "no end" for value in (one.estimate, one.facility))
        table.add_row(one.technology, rounded(one.demand), *costs, off, one.why)
    return table
