"""The table of the cargo on the terminal: what a dose and a vesicle carry, and what an assay says that they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.cargo_readings import CARGO_HEADLINES
from exosim.console_base import number, print_whole, table_lines

if TYPE_CHECKING:
    from exosim.results import Yields
    from exosim.summaries import Summary

_ROWS = {"per dose": "cargo_per_dose", "per vesicle, molecules": "cargo_per_vesicle"}
_APPARENT = "apparent_"
_TITLE = "cargo: what is loaded, and what an assay of all cargo finds; medians, with the 5 to 95 % interval"


def print_cargo(yields: Yields, console: Console) -> None:
    """Print true beside apparent loading of the product, and what loading costs, where the recipe loads any."""
    if not all(yields.has(name) for name in CARGO_HEADLINES):
        return
    table = Table(box=table_lines(), pad_edge=False, title=_TITLE, title_justify="left")
    for heading in ("cargo", "true", "5 to 95 %", "apparent", "5 to 95 %", "unit"):
        table.add_column(heading, justify="left" if heading in ("cargo", "unit") else "right", no_wrap=True)
    for title, name in _ROWS.items():
        true, apparent = yields.summary(name), yields.summary(f"{_APPARENT}{name}")
        table.add_row(title, *_cells(true), *_cells(apparent), true.unit)
    print_whole(table, console)
    truly, lost = (_in_percent(yields.summary(name)) for name in ("truly_loaded", "lost_in_loading"))
    console.print(
        Text(f"truly loaded: {truly} of what an assay of all cargo finds; loading costs {lost} of the vesicles")
    )


def _cells(summary: Summary) -> tuple[str, str]:
    spread = "" if summary.p5 == summary.p95 else f"{number(summary.p5, 2)} to {number(summary.p95, 2)}"
    return number(summary.median), spread


def _in_percent(summary: Summary) -> str:
    low, middle, high = (100.0 * (value or 0.0) for value in (summary.p5, summary.median, summary.p95))
    return f"{number(middle)} %" + ("" if low == high else f" ({number(low, 2)} to {number(high, 2)})")
