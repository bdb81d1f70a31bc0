"""Why a lot took so long, on the terminal: the answer in a sentence, the causes of its time, where vesicles went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.attribution.causes import CAUSES
from exosim.attribution.why import NOT_COSTED, UNITS, CauseOfTime, Why
from exosim.attribution.words import days
from exosim.console_base import new_console, number, print_whole, table_lines

_MOST_DETAILS = 3
_LEAST_SHARE = 0.0005
"""Of what was made: a smaller loss has no row."""


def print_why(why: Why, paths: Sequence[Path]) -> None:
    """Print the answer, a table of causes, a table of losses, and the paths of what was written."""
    console = new_console()
    console.print(Text(why.sentence(), style="bold"))
    console.print(Text(f"{why.name}: {', '.join(why.fates)}"))
    print_whole(_times(why), console)
    _print_losses(why, console)
    console.print(Text(f"money: {NOT_COSTED}"))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _times(why: Why) -> Table:
    table = Table(box=table_lines(), pad_edge=False, title="lead time by cause", title_justify="left")
    table.add_column("cause", overflow="fold")
    for name in ("time", "planned", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("on what, or who had it", overflow="fold")
    for row in why.causes():
        table.add_row(row.title, days(row.hours), days(row.planned), _percent(row.share), _details(row))
    table.add_section()
    table.add_row("lead time", days(why.lead_time), days(why.planned), _percent(1.0), _between(why))
    if not any(row.cause == "unexplained" for row in why.causes()):
        table.add_row("unexplained", days(0.0), "", _percent(why.unexplained), "")
    return table


def _details(row: CauseOfTime) -> str:
    """Return the longest details of a cause in a cell."""
    named = [f"{words} {days(hours)}" for words, hours in row.details[:_MOST_DETAILS] if words]
    left = len(row.details) - _MOST_DETAILS
    return "; ".join([*named, f"{left} more"] if left > 0 else named)


def _between(why: Why) -> str:
    begin, end = why.path.begin / 24.0, why.path.end / 24.0
    return f"day {begin:.1f} to {end:.1f}" + ("" if why.lot.ended is not None else ", the end of the run")


def _print_losses(why: Why, console: Console) -> None:
    """Print where what was made went, by step and channel."""
    if why.made <= 0.0:
        console.print(Text("losses: no vesicles were made of the lot, as far as it came"))
        return
    unit = UNITS[why.species]
    title = f"where the {number(why.made)} {unit} of the lot went"
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    table.add_column("step", overflow="fold")
    table.add_column("how", overflow="fold")
    table.add_column(unit, justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    small = [loss for loss in why.losses if abs(loss.amount) < _LEAST_SHARE * why.made]
    for loss in (loss for loss in why.losses if loss not in small):
        cause = f": {CAUSES[loss.cause].title}" if loss.cause else ""
        style = "bold" if loss.kept else ""
        cells = loss.place, f"{loss.channel}{cause}", number(loss.amount), _percent(loss.amount / why.made)
        table.add_row(*cells, style=style)
    if small:
        amount = sum(loss.amount for loss in small)
        table.add_row("", f"{len(small)} smaller", number(amount), _percent(amount / why.made))
    table.add_section()
    table.add_row("all", "", number(why.made), _percent(1.0))
    print_whole(table, console)


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
