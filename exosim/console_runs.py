"""Tables of runs in time side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, number, print_whole, table_lines
from exosim.run_comparison.comparison import RunComparison
from exosim.run_comparison.contrasts import RunContrast, percent
from exosim.run_comparison.timed_runs import Key

_MOST_PARAMETERS = 12
_HEADINGS = {
    "mean": "mean",
    "difference": "mean difference\nto {first}",
    "interval": "95 % interval\nof that",
    "gains": "pairing\ngains",
    "better": "better %\n(95 %)",
    "same": "same\n%",
    "best": "best\n%",
}
_LEAST_FIRST = ("gains", "best", "same", "interval", "better")
"""What a narrow terminal is spared, first things first; the files have all."""
_NARROWEST = 20
_PADDING = 3
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
        print_whole(_table(comparison, whole, "over the window", console), console)
    if resources and inner:
        print_whole(_table(comparison, inner, "by equipment, role, procedure", console), console)
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


def _table(comparison: RunComparison, keys: Sequence[Key], what: str, console: Console) -> Table:
    """Return the table of some indicators; a narrow terminal has it without the columns that matter least."""
    headings = {name: text.format(first=next(iter(comparison.runs))) for name, text in _HEADINGS.items()}
    rows = [(comparison.of(*key), [_cells(row) for row in comparison.of(*key)]) for key in keys]
    everything = [headings, *(cells for _, found in rows for cells in found)]
    columns = _columns(everything, len(comparison.runs) > 2, console.width if console.file.isatty() else None)
    table = Table(box=table_lines(), pad_edge=False)
    table.add_column(what, min_width=_NARROWEST)
    for name in columns:
        table.add_column(Text(headings[name]), justify="right", no_wrap=True)
    for contrasts, found in rows:
        table.add_row(Text(_title_of(contrasts[0]), style="bold"))
        for contrast, cells in zip(contrasts, found, strict=True):
            table.add_row(Text(f"  {contrast.run}"), *(cells[name] for name in columns))
    return table


def _columns(rows: Sequence[Mapping[str, str]], many: bool, width: int | None) -> list[str]:
    """Return the columns that have room; `best` where there are more than two runs, all where no terminal is narrow."""
    columns = [name for name in _HEADINGS if many or name != "best"]
    wide = {name: max(cell_len(line) for row in rows for line in row[name].splitlines()) for name in columns}
    for spared in _LEAST_FIRST:
        if width is not None and _NARROWEST + sum(wide[name] + _PADDING for name in columns) > width:
            columns = [name for name in columns if name != spared]
    return columns


def _title_of(row: RunContrast) -> str:
    unit = "" if row.unit == "1" else f" [{row.unit}]"
    of_what = "" if row.step is None else f" of {row.step}"
    return f"{row.name.replace('_', ' ')}{of_what}{unit}{_BETTER[row.direction]}"


def _cells(row: RunContrast) -> dict[str, str]:
    better = percent(row.better)
    if row.better_low is not None:
        better = f"{better} ({percent(row.better_low)} to {percent(row.better_high)})"
    return {
        "mean": number(row.mean),
        "difference": number(row.difference),
        "interval": "-" if row.low is None or row.high is None else f"{number(row.low)} to {number(row.high)}",
        "gains": _times(row.variance_reduction),
        "better": better,
        "same": percent(row.equal),
        "best": percent(row.best),
    }


def _times(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio:,.0f}x" if ratio >= 10.0 else f"{ratio:.1f}x"
