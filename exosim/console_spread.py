"""Tables of where spread comes from and of scenarios side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.comparison import IN_SPECIFICATION, Comparison, Contrast
from exosim.console_base import new_console, number, print_whole, table_lines
from exosim.console_hinges import print_hinges
from exosim.limiting import in_words
from exosim.parameter import GRADES
from exosim.ranking import asked_first
from exosim.sampling import LEVELS
from exosim.titles import TITLES, headline_title

if TYPE_CHECKING:
    from exosim.results import Yields
    from exosim.variance import Part

_MOST_RANKS = 8
_IN_SPECIFICATION = "draws within specification"


def print_spread(yields: Yields, console: Console) -> None:
    """Print the shares of the levels in the spread of the headlines, and what to measure first."""
    shown = [row for row in yields.shares() if row.parts()]
    if not shown:
        return
    title = "share in the spread, with its 95 % interval: of what nobody knows (study), of donors, of batches"
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    table.add_column("per started batch")
    for level in LEVELS:
        table.add_column(f"{level}\n%", justify="right")
    for row in shown:
        table.add_row(headline_title(row.name, yields), *(_part(row.parts()[level]) for level in LEVELS))
    print_whole(table, console)
    _print_ranking(yields, console)


def _part(part: Part) -> str:
    if part.low == part.high:
        return f"{100 * part.share:.0f}"
    return f"{100 * part.share:.1f} ({100 * part.low:.1f} to {100 * part.high:.1f})"


def _print_ranking(yields: Yields, console: Console) -> None:
    """Print the inputs of the headline that is asked for first; all of them stand in ranking.csv."""
    asked = asked_first(rank.quantity for rank in yields.ranking())
    ranks = [rank for rank in yields.ranking() if rank.quantity == asked]
    if not ranks:
        return
    above = [rank for rank in ranks if not rank.noise]
    name = headline_title(ranks[0].quantity, yields)
    title = f"what to measure first: inputs by their share in the spread of {name}, with its 95 % interval"
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    for heading in ("input", "varies by", "share %", "95 %", "grade", "source"):
        table.add_column(heading, justify="right" if heading.endswith("%") else "left")
    for r in above[:_MOST_RANKS]:
        cells = (f"{100 * r.share:.1f}", f"{100 * r.low:.1f} to {100 * r.high:.1f}", f"{r.grade} {GRADES[r.grade]}")
        table.add_row(Text(r.input), r.level, *cells, Text("" if r.grade == "D" else r.source))
    print_whole(table, console)
    told = [
        f"{len(above) - _MOST_RANKS} more above it" if len(above) > _MOST_RANKS else "",
        f"{len(ranks) - len(above)} of {len(ranks)} inputs cannot be told from noise",
    ]
    console.print(
        Text(f"noise floor {100 * ranks[0].floor:.2g} %; {'; '.join(filter(None, told))}; all in ranking.csv")
    )


def print_comparison(comparison: Comparison, paths: Sequence[Path]) -> None:
    """Print the headlines in which scenarios differ, with paired differences, and the paths of what was written."""
    console = new_console()
    first, *others = comparison.scenarios
    title = f"{len(others) + 1} scenarios on the same {comparison.draws:,} draws, seed {comparison.seed}"
    console.print(Text(title, style="bold"))
    differing = comparison.differing()
    if differing:
        print_whole(_contrast_table(comparison, differing), console)
        print_hinges(comparison, console)
    alike = [c.name for c in comparison.contrasts if c.scenario == first and c.n and c.name not in differing]
    if alike:
        console.print(Text(f"the same in all: {', '.join(TITLES.get(name, name) for name in alike)}"))
    for label, held in comparison.bounds.items():
        for line in in_words(held):
            console.print(Text(f"{label}: {line}"))
    for label, scenario in comparison.scenarios.items():
        console.print(Text(f"{label}: {scenario.ledger().headline()}"))
    for warning in comparison.remarks():
        console.print(Text(f"warning: {warning}", style="yellow"))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _contrast_table(comparison: Comparison, names: Sequence[str]) -> Table:
    first, *_ = comparison.scenarios
    table = Table(box=table_lines(), pad_edge=False)
    table.add_column("per started batch", overflow="fold")
    for heading in (
        "median",
        "5 to 95 %",
        f"mean difference\nto {first}",
        "95 % interval\nof that",
        "better\n%",
        "best\n%",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = (contrast for contrast in comparison.contrasts if contrast.name in names)
    for name, group in groupby(shown, key=lambda contrast: contrast.name):
        rows = list(group)
        unit = "" if rows[0].unit == "1" else f" [{rows[0].unit}]"
        heading = _IN_SPECIFICATION if name == IN_SPECIFICATION else TITLES.get(name, name)
        table.add_row(Text(f"{heading}{unit}{_BETTER[rows[0].direction]}", style="bold"))
        for row in rows:
            table.add_row(Text(f"  {row.scenario}"), *_cells(row))
    return table


_BETTER = {"more": "", "less": ": less is better", "neither": ": neither more nor less is better"}


def _cells(row: Contrast) -> tuple[str, ...]:
    if row.typical is None:
        return "-", "-", "-", "-", "-", "-"
    spread = "-" if row.name == IN_SPECIFICATION else f"{number(row.p5)} to {number(row.p95)}"
    interval = "-" if row.low is None else f"{number(row.low)} to {number(row.high)}"
    return number(row.typical), spread, number(row.difference), interval, _percent(row.better), _percent(row.best)


def _percent(share: float | None) -> str:
    """Return a share in percent; what is not quite none or all does not look like it."""
    if share is None:
        return "-"
    return (
        f"{100 * share:.1f}"
        if share in (0.0, 1.0) or 0.0005 <= share < 0.9995
        else ("<0.1" if share < 0.5 else ">99.9")
    )
