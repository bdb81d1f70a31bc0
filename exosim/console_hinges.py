"""What the order of compared scenarios hangs on, as a table on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim import units
from exosim.comparison import Comparison
from exosim.console_base import number, print_whole, table_lines
from exosim.hinges import BOTH, Hinge, Rivalry
from exosim.titles import TITLES

_SHOWN = (
    "doses", "positive_predictive_value", "ev_yield", "cell_yield", "evs_per_protein", "particles_per_protein",
    "batch_duration",
)  # fmt: skip
_MOST = 3
_COLUMNS = ("input", "of", "grade", "share %", "95 %", "5 to 95 % of it", "order flips at", "ahead % below", "above")


def print_hinges(comparison: Comparison, console: Console) -> None:
    """Print for the usual headlines what the order of the leader and the runner-up hangs on; all is in hinges.csv."""
    told = [r for r in comparison.rivalries() if r.runner_up and r.quantity in _SHOWN]
    if not told:
        return
    title = "what each ranking hangs on: inputs by their share in the difference of the best and its runner-up"
    console.print(Text(title, style="bold"))
    for rivalry in told:
        console.print(Text(_heading(rivalry)), soft_wrap=True)
        if rivalry.hinges:
            print_whole(_table(rivalry), console)
    console.print(Text("ahead: probability that the best is ahead of the runner-up; every pair and input: hinges.csv"))


def _table(rivalry: Rivalry) -> Table:
    table = Table(box=table_lines(), pad_edge=False)
    for heading in _COLUMNS:
        table.add_column(heading, justify="left" if heading in _COLUMNS[:3] else "right")
    for hinge in rivalry.hinges[:_MOST]:
        for cells in _rows(hinge):
            table.add_row(*map(Text, cells))
    return table


def _heading(rivalry: Rivalry) -> str:
    title = TITLES.get(rivalry.quantity, rivalry.quantity)
    order = f"{title}: {rivalry.leader} ahead of {rivalry.rival} in {100.0 * rivalry.ahead:.1f} % of the draws"
    if rivalry.hinges:
        return order
    return f"{order}; it hangs on no input: {rivalry.reason or 'none can be told from noise'}"


def _rows(hinge: Hinge) -> Iterator[tuple[str, ...]]:
    """Yield a row for each value at which the order flips, or one that says that there is none."""
    about = (hinge.input, "" if hinge.of == BOTH else hinge.of, hinge.grade)
    share = (f"{100.0 * hinge.share:.1f}", f"{100.0 * hinge.low:.1f} to {100.0 * hinge.high:.1f}")
    spread = f"{number(hinge.value_p5)} to {units.show(hinge.value_p95, hinge.unit, 3)}"
    if not hinge.flips:
        yield *about, *share, spread, "never in its range", "-", "-"
    for place, flip in enumerate(hinge.flips):
        first = (*about, *share, spread) if place == 0 else ("",) * 6
        yield *first, units.show(flip.value, hinge.unit, 3), f"{100.0 * flip.below:.1f}", f"{100.0 * flip.above:.1f}"
