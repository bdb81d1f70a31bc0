"""The table of the two truths on the terminal: true and measured values side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.console_base import number, print_whole, table_lines

if TYPE_CHECKING:
    from exosim.summaries import Summary
    from exosim.truth_table import Compared

_CALLED = {
    "particles": "vesicles; counted",
    "marker": "vesicles; by marker",
    "protein": "protein",
    "particles_per_protein": "per protein",
    "dna": "DNA",
    "recovery": "recovery",
    "yield_so_far": "yield",
    "endotoxin": "endotoxin",
    "potency": "relative potency",
}
_LITTLE = 1e-3
_MANY_TIMES = 1e4
_TITLE = "the two truths: what is there, and what the assays report; medians, with the 5 to 95 % interval"


def print_truths(rows: Sequence[Compared], console: Console) -> None:
    """Print true and measured values sample by sample, and in which share of draws a recovery is above 100 %."""
    if not rows:
        return
    table = Table(box=table_lines(), pad_edge=False, title=_TITLE, title_justify="left")
    table.add_column("sample after", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for heading in ("true", "5 to 95 %", "", "measured", "5 to 95 %", "", "by"):
        table.add_column(heading, justify="left" if heading in ("", "by") else "right", no_wrap=heading != "by")
    ratios = any(row.above_one is not None for row in rows)
    if ratios:
        table.add_column("above 100 %\n% of draws", justify="right", no_wrap=True)
    last = ""
    for row in rows:
        step, last = ("" if row.step == last else row.step), row.step
        what = _CALLED[row.quantity] + (f" since {row.since}" if row.since else "")
        above = [] if not ratios else ["" if row.above_one is None else f"{100 * row.above_one:.1f}"]
        table.add_row(Text(step), Text(what), *_cells(row.true), *_cells(row.measured), Text(row.by), *above)
    print_whole(table, console)


def _cells(summary: Summary) -> tuple[str, str, str]:
    if summary.median is None or summary.p5 is None or summary.p95 is None:
        return "-", "-", ""
    if summary.unit == "1":
        low, middle, high = (_percent(value) for value in (summary.p5, summary.median, summary.p95))
    else:
        low, middle, high = number(summary.p5, 2), number(summary.median), number(summary.p95, 2)
    unit = "%" if summary.unit == "1" else summary.unit
    return middle, f"{low} to {high}" if summary.p5 != summary.p95 else "", unit


def _percent(share: float) -> str:
    """Return a share in percent; next to nothing and many times as much in two digits: not 0.0, and not forty."""
    return f"{100.0 * share:,.1f}" if share == 0.0 or _LITTLE <= share < _MANY_TIMES else number(100.0 * share, 2)
