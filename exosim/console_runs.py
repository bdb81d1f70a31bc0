"""Tables of runs in time side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, number, print_whole, table_lines
from exosim.run_comparison import RunComparison
from exosim.run_contrasts import RunContrast
from exosim.timed_runs import Key

_MOST_PARAMETERS = 12
_BETTER = {"more": "", "less": ": less is better", "neither": ""}


def print_run_comparison(comparison: RunComparison, paths: Sequence[Path], resources: bool) -> None:
    """Print what was changed, the indicators in which runs differ, remarks, and the paths of what was written.

    Parameters
    ----------
    resources : whether the indicators of equipment, roles, procedures and products are printed too
    """
    console = new_console()
    console.print(Text(_title(comparison), style="bold"))
    _print_changed(comparison, console)
    alike = comparison.alike()
    whole, inner = _shown(comparison, alike, of_resources=False), _shown(comparison, alike, of_resources=True)
    if whole:
        print_whole(_table(comparison, whole, "over the window"), console)
    if resources and inner:
        print_whole(_table(comparison, inner, "by equipment, role, procedure"), console)
    same = [name.replace("_", " ") for name, step in alike if step is None]
    if same:
        console.print(Text(f"the same in all: {', '.join(same)}"))
    if inner and not resources:
        many = f"{len(inner)} indicators differ" if len(inner) > 1 else "1 indicator differs"
        console.print(Text(f"by equipment, role or procedure {many} as well: --resources, or compare.csv"))
    for warning in comparison.remarks():
        console.print(Text(f"warning: {warning}", style="yellow"))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _title(comparison: RunComparison) -> str:
    base = next(iter(comparison.runs.values()))
    if comparison.paired:
        return f"{len(comparison.runs)} runs, paired over {comparison.replications:,} replications, seed {base.seed}"
    return f"{len(comparison.runs)} runs, not all with one seed: those with another are independent (Welch's interval)"


def _shown(comparison: RunComparison, alike: Sequence[Key], *, of_resources: bool) -> list[Key]:
    """Return the indicators that are not the same in all runs, those that cannot be compared included."""
    found = dict.fromkeys(
        (c.name, c.step) for c in comparison.contrasts if c.n and (c.step is not None) == of_resources
    )
    return [key for key in found if key not in alike]


def _print_changed(comparison: RunComparison, console: Console) -> None:
    """Print the parameters that are not the same in all runs."""
    changed = comparison.changed()
    if not changed:
        return
    table = Table(box=table_lines(), pad_edge=False)
    table.add_column("what differs", overflow="fold")
    for label in comparison.runs:
        table.add_column(Text(label), overflow="fold")
    for address, values in list(changed.items())[:_MOST_PARAMETERS]:
        table.add_row(Text(address), *(Text(value or "-") for value in values.values()))
    print_whole(table, console)
    more = len(changed) - _MOST_PARAMETERS
    if more > 0:
        console.print(Text(f"{more} more parameters differ: ledgers.csv"))


def _table(comparison: RunComparison, keys: Sequence[Key], what: str) -> Table:
    first, *others = comparison.runs
    table = Table(box=table_lines(), pad_edge=False)
    table.add_column(what, overflow="fold")
    headings = ["mean", f"mean difference\nto {first}", "95 % interval\nof that", "pairing\ngains", "better %\n(95 %)"]
    for heading in (*headings, "same\n%", *(("best\n%",) if len(others) > 1 else ())):
        table.add_column(Text(heading), justify="right", no_wrap=True)
    for name, step in keys:
        rows = comparison.of(name, step)
        unit = "" if rows[0].unit == "1" else f" [{rows[0].unit}]"
        title = name.replace("_", " ") if step is None else f"{name.replace('_', ' ')} of {step}"
        table.add_row(Text(f"{title}{unit}{_BETTER[rows[0].direction]}", style="bold"))
        for row in rows:
            best = (_percent(row.best),) if len(others) > 1 else ()
            table.add_row(Text(f"  {row.run}"), *_cells(row), *best)
    return table


def _cells(row: RunContrast) -> tuple[str, ...]:
    gap = "-" if row.low is None or row.high is None else f"{number(row.low)} to {number(row.high)}"
    better = _percent(row.better)
    if row.better_low is not None:
        better = f"{better} ({_percent(row.better_low)} to {_percent(row.better_high)})"
    return number(row.mean), number(row.difference), gap, _times(row.variance_reduction), better, _percent(row.equal)


def _times(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio:,.0f}x" if ratio >= 10.0 else f"{ratio:.1f}x"


def _percent(share: float | None) -> str:
    """Return a share in percent; what is not quite none or all does not look like it."""
    if share is None:
        return "-"
    percent = f"{100.0 * share:.0f}"
    return {"0": "<1", "100": ">99"}.get(percent, percent) if 0.0 < share < 1.0 else percent
