"""A sensitivity as tables on the terminal: one for each question, what matters most first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from exosim import units
from exosim.console_base import new_console, number, print_end, print_whole, titled_table
from exosim.study.morris import ElementaryEffects
from exosim.study.sobol_indices import Indices
from exosim.study.tornado import Bars

if TYPE_CHECKING:
    from exosim.study.factor import Factor
    from exosim.study.ranked import Ranked
    from exosim.study.sensitivity import Sensitivity

MOST_ROWS = 15
_METHODS = {
    "one_at_a_time": "one factor at a time", "morris": "elementary effects (Morris)", "sobol": "Sobol' indices",
}  # fmt: skip
_COLUMNS = {
    "one_at_a_time": ("factor", "low", "high", "at low", "at high", "swing", "95 % interval", ""),
    "morris": ("factor", "mean size", "95 % interval", "mean", "spread", ""),
    "sobol": ("factor", "first order", "95 % interval", "total", "95 % interval", ""),
}
_TITLES = {
    "one_at_a_time": "at the ends of each factor",
    "morris": "effect per whole range",
    "sobol": "shares of variance",
}


def show(found: Sensitivity, paths: Sequence[Path]) -> None:
    """Print the table of each question that has an answer, remarks and the paths."""
    console = new_console()
    unit = "trajectories" if found.method == "morris" else "samples"
    samples = f", {found.samples:,} {unit}" if found.samples else ""
    head = f"{found.name}: {_METHODS[found.method]}{samples}, {len(found.answers.points):,} points"
    console.print(Text(f"{head}, {found.draws:,} draws at each, seed {found.seed}", style="bold"))
    for place, ranked in enumerate(found.found):
        if not ranked.reason:
            print_whole(_table(found, place, ranked), console)
    print_end(console, found.remarks(), paths)


def _table(found: Sensitivity, place: int, ranked: Ranked) -> Table:
    unit = "" if found.units[place] == "1" else f" [{found.units[place]}]"
    base = f"; at the base {units.show(ranked.base, found.units[place], 3)}" if isinstance(ranked, Bars) else ""
    title = f"{found.asked[place].label}{unit}: {_TITLES[found.method]}{base.replace('nan', 'no answer')}"
    table = titled_table(title, _COLUMNS[found.method])
    table.columns[-1].justify = "left"
    for one in ranked.order[:MOST_ROWS]:
        table.add_row(*_cells(ranked, found.factors[one], one), style="dim" if ranked.noise[one] else None)
    if len(ranked.order) > MOST_ROWS:
        table.add_row(f"and {len(ranked.order) - MOST_ROWS} more in factors.csv")
    return table


def _cells(ranked: Ranked, factor: Factor, one: int) -> tuple[str, ...]:
    values = {name: float(column[one]) for name, column in ranked.columns.items()}
    if isinstance(ranked, Bars):
        ends = [factor.told(values[name]) for name in ("low_at", "high_at")]
        rest = [_number(values[name]) for name in ("low", "high", "swing")]
        turns = "turns in between" if ranked.turns[one] else ""
        return (factor.path, *ends, *rest, _interval(values, "swing"), _noise(ranked, one) or turns)
    if isinstance(ranked, ElementaryEffects):
        rest = [_number(values[name]) for name in ("mu", "sigma")]
        return (factor.path, _number(values["mu_star"]), _interval(values, "mu_star"), *rest, _noise(ranked, one))
    pairs = [(_number(values[name]), _interval(values, name)) for name in ("first", "total")]
    return (factor.path, *pairs[0], *pairs[1], _noise(ranked, one))


def _noise(ranked: Ranked, one: int) -> str:
    if math.isnan(ranked.size[one]):
        return "not known"
    if ranked.size[one] == 0.0:
        return "no influence"
    if ranked.noise[one]:
        return "noise"
    return "alone noise" if isinstance(ranked, Indices) and ranked.first_noise[one] else ""


def _interval(values: dict[str, float], name: str) -> str:
    low, high = values[f"{name}_low"], values[f"{name}_high"]
    return "-" if math.isnan(low) else f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return number(value if math.isfinite(value) else None)
