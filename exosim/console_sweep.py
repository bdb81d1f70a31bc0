"""A sweep as tables on the terminal: the benchmark of each response, and its best points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, number, print_end, print_whole, titled_table
from exosim.study.effects import STATISTICS

if TYPE_CHECKING:
    from exosim.study.answers import Response
    from exosim.study.effect import Effect
    from exosim.study.effects import Effects
    from exosim.study.intervals import Interval
    from exosim.study.sweep import Sweep

MOST_ROWS = 15
_FAILURES = 5
_COURSES = {"flat": "no effect", "noise": "noise", "unknown": "not known"}


def show(found: Sweep, paths: Sequence[Path]) -> None:
    """Print the benchmark table of each response, the best points, those that failed, remarks and the paths."""
    console = new_console()
    counted = f"{len(found.points):,} points ({found.method.replace('_', ' ')})"
    head = f"{found.name}: {counted}, {found.draws:,} draws at each, seed {found.seed}"
    console.print(Text(head, style="bold"))
    if found.effects is not None:
        for response in found.responses:
            print_whole(_benchmark(found.effects, response), console)
    if any(found.best(response.name) is not None for response in found.responses):
        print_whole(_best(found), console)
    if found.failed:
        print_whole(_failures(found), console)
    print_end(console, found.remarks(), paths)


def _benchmark(found: Effects, response: Response) -> Table:
    by, at_base = found.by[response.name], found.at_base[[r.name for r in found.responses].index(response.name)]
    typical = float(at_base[STATISTICS.index(by)])
    better = {"more": ", more is better", "less": ", less is better", "neither": ""}[response.better]
    base = "" if math.isnan(typical) else f"; at the base {number(typical)}"
    title = f"{response.label}: effect of each factor over its range ({by} of the difference{better}){base}"
    columns = ("factor", "from", "to", "effect", "95 % interval", "of base", "elasticity", "course", "best at")
    table = titled_table(title, columns)
    told = {factor.path: factor.told for factor in found.factors}
    rows = found.of(response.name)
    for row in rows[:MOST_ROWS]:
        ends = (told[row.factor](row.start), told[row.factor](row.stop))
        best = "-" if row.best is None else told[row.factor](row.best)
        table.add_row(
            row.factor, *ends, *_effect(row), _elastic(row.elasticity), _COURSES.get(row.course, row.course), best
        )
    if len(rows) > MOST_ROWS:
        table.add_row(f"and {len(rows) - MOST_ROWS} more in effects.csv")
    return table


def _effect(row: Effect) -> tuple[str, str, str]:
    difference = row.difference
    if difference.value is None:
        return "no value", "-", "-"
    share = "-" if row.relative is None else f"{100.0 * row.relative:+.3g} %"
    if difference.low is None or difference.high is None:
        return _signed(difference.value), "-", share
    return _signed(difference.value), f"{_signed(difference.low)} to {_signed(difference.high)}", share


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0.0 else number(value)


def _elastic(found: Interval) -> str:
    return "-" if found.value is None else f"{found.value:+.2f}"


def _best(found: Sweep) -> Table:
    """Return the best point of each response beside the base: factors first, then what the responses are there."""
    best = {r.name: point for r in found.responses if (point := found.best(r.name)) is not None}
    titles = [f"{name} (point {point + 1:,})" for name, point in best.items()]
    table = titled_table(
        f"the best of {len(found.points):,} points", ("", "base", *(f"best {title}" for title in titles))
    )
    for place, factor in enumerate(found.factors):
        cells = (factor.told(float(found.points[point, place])) for point in best.values())
        table.add_row(factor.path, factor.told(float(found.base[place])), *cells)
    table.add_section()
    for place, (response, statistic) in enumerate(zip(found.responses, found.asked, strict=True)):
        cells = (_number(float(found.of(response.name)[point])) for point in best.values())
        table.add_row(Text(f"{statistic} {response.label}"), _at_base(found, place), *cells)
    return table


def _at_base(found: Sweep, place: int) -> str:
    if found.effects is None or found.asked[place] not in STATISTICS:
        return "-"
    return _number(float(found.effects.at_base[place, STATISTICS.index(found.asked[place])]))


def _number(value: float) -> str:
    return number(value if math.isfinite(value) else None)


def _failures(found: Sweep) -> Table:
    table = titled_table(f"{len(found.failed):,} of {len(found.points):,} points are not possible", ("point", "why"))
    table.columns[-1].justify = "left"
    for point in sorted(found.failed)[:_FAILURES]:
        table.add_row(f"{point + 1:,}", Text(found.failed[point].partition("\n")[0]))
    if len(found.failed) > _FAILURES:
        table.add_row("…", f"and {len(found.failed) - _FAILURES:,} more in failures.csv")
    return table
