"""A front as tables on the terminal: what it offers beside the base, and what it says on other draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from exosim import units
from exosim.console_base import new_console, number, print_end, print_whole, table_lines
from exosim.study.front_rows import shown_rows

if TYPE_CHECKING:
    from exosim.study.factor import Floats
    from exosim.study.front import Front


def show(found: Front, paths: Sequence[Path]) -> None:
    """Print the front beside the base, what a reader must know, and the paths."""
    console = new_console()
    console.print(Text(found.answer))
    head = f"{found.name}: {len(found.points):,} points, {found.draws:,} draws at each, seed {found.seed}"
    console.print(Text(f"\n{head}", style="bold"))
    console.print(Text(f"objectives: {', '.join(one.label for one in found.objectives)}"))
    if found.limits:
        console.print(Text(f"limits: {', '.join(map(str, found.limits))}"))
    print_whole(_table(found), console)
    shown = len(shown_rows(found))
    if len(found.front) > shown:
        console.print(Text(f"{shown} rows of {len(found.front):,}, evenly along the front; all are in front.csv"))
    print_end(console, found.remarks(), paths)


def _table(found: Front) -> Table:
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("row", *(factor.label for factor in found.factors)):
        table.add_column(title, justify="right")
    for one in found.objectives:
        table.add_column(f"{one.label}\n{_unit(found.unit(one.asked))}in search", justify="right")
        if found.fresh is not None:
            table.add_column("\nfresh draws", justify="right")
    for title in ("beats base", "stands") if found.fresh is not None else ("beats base",):
        table.add_column(title)
    for row in shown_rows(found):
        place = int(found.front[row])
        at_knee = " knee" if found.knee is not None and found.knee[0] == row else ""
        marks = ["yes" if found.beats_base[row] else ""]
        marks += [] if found.stands is None else ["yes" if found.stands[row] else "no"]
        table.add_row(f"{row + 1}{at_knee}", *_cells(found, found.points[place], place, row), *marks)
    table.add_section()
    table.add_row("base", *_cells(found, found.base.point, None, -1))
    return table


def _unit(unit: str) -> str:
    return "" if unit == "1" else f"[{unit}] "


def _cells(found: Front, point: Floats, place: int | None, row: int) -> list[str]:
    """Return the settings of a point and its answers, in the search and on other draws."""
    cells = [
        factor.told(float(value)) if factor.choices else units.show(float(value), "1")
        for factor, value in zip(found.factors, point, strict=True)
    ]
    own = found.base.values if place is None else found.values[:, place]
    for one in found.objectives:
        at = found.questions.index(one.asked)
        cells.append(_number(float(own[at])))
        if found.fresh is not None:
            cells.append(_number(float(found.fresh.values[at, row])))
    return cells


def _number(value: float) -> str:
    return number(value if math.isfinite(value) else None, 4)
