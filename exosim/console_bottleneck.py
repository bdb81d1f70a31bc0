"""What additions bring, as a table on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from exosim.bottlenecks.gains import Gain
from exosim.bottlenecks.words import titled
from exosim.console_base import new_console, number, print_whole, table_lines

if TYPE_CHECKING:
    from exosim.bottlenecks.candidates import Candidate
    from exosim.bottlenecks.search import Bottleneck

_MOST = 40


def print_bottleneck(found: Bottleneck, paths: Sequence[Path]) -> None:
    """Print the answer, what each candidate brings, and the paths of what was written."""
    console = new_console()
    scenario, n = found.scenario, found.replications
    several = "" if n == 1 else "s"
    head = f"{scenario.title or scenario.name}: {len(found.candidates)} candidates, {n:,} replication{several} each"
    for sentence in found.sentences:
        console.print(Text(sentence))
    console.print(Text(f"\n{head} on the same random values, seed {found.seed}", style="bold"))
    if found.candidates:
        print_whole(_table(found), console)
    whole = n * (len(found.candidates) + 1 + (found.together is not None) + (found.pace is not None))
    left = f"; {whole - found.runs:,} others are certain to change nothing" if whole > found.runs else ""
    console.print(Text(f"{found.runs:,} runs{left}"))
    for warning in scenario.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _table(found: Bottleneck) -> Table:
    title = "mean of the paired differences (95 % interval); verdict: at 5 % for all that change anything (Holm)"
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    table.add_column("one more of")
    table.add_column("from", justify="right")
    table.add_column("to", justify="right")
    for position, (name, unit) in enumerate(found.indicators.items()):
        shown = "" if unit == "1" or unit.endswith("/year") else f" [{unit}]"
        heading = f"{titled(name).removeprefix('the ')}{shown}\n{_base(found, name)}"
        table.add_column(heading, justify="right")
        if not position:
            table.add_column("verdict")
    for row in _rows(found):
        table.add_row(*map(Text, row))
    return table


def _base(found: Bottleneck, name: str) -> str:
    means = [gain.without for gain in found.of(name) if gain.without is not None]
    return f"now {number(means[0])}" if means else "now -"


def _rows(found: Bottleneck) -> Iterator[tuple[str, ...]]:
    gains = {(gain.candidate, name): gain for name in found.indicators for gain in found.of(name)}
    known = {candidate.name: candidate for candidate in found.candidates}
    shown = [gain.candidate for gain in found.ranking][:_MOST]
    for name in shown:
        own = [gains[name, indicator] for indicator in found.indicators]
        yield name, *_values(known[name]), *_cells(own)
    if len(found.ranking) > _MOST:
        yield f"{len(found.ranking) - _MOST} more in bottleneck.csv", "", "", *[""] * (len(found.indicators) + 1)
    if found.together is not None:
        yield found.together.name, "", "", *_cells(list(found.at_once.values()))
    if found.pace is not None:
        pace = found.pace
        every = f"{number(pace.before)} h", f"{number(pace.after)} h"
        yield f"for information: {pace.path}", *every, *_cells(list(pace.gains.values()))


def _values(candidate: Candidate) -> tuple[str, str]:
    if len(candidate.additions) > 1:
        return "", ""
    (addition,) = candidate.additions
    return addition.value("before"), addition.value("after")


def _cells(gains: Sequence[Gain]) -> Iterator[str]:
    for position, gain in enumerate(gains):
        yield _difference(gain)
        if not position:
            yield gain.verdict


def _difference(gain: Gain) -> str:
    """Return a difference with its interval; 0 alone where nothing changes in any replication."""
    if gain.difference is None:
        return "-"
    return "0" if gain.equal == 1.0 else gain.in_words
