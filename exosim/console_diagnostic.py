"""What a diagnostic test tells of those tested, on the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.console_base import number, print_whole, table_lines
from exosim.diagnostic import DIAGNOSTIC_HEADLINES
from exosim.titles import TITLES

if TYPE_CHECKING:
    from exosim.diagnostic import Counts
    from exosim.results import Yields

_PEOPLE = ("true_positives_per_100000", "false_positives_per_100000")
_RATES = ("false_alarms_per_patient_year",)


def print_diagnostic(yields: Yields, console: Console) -> None:
    """Print what the test tells, and what was counted in its study; nothing where there is no test."""
    declared = yields.scenario.declarations.diagnostic
    if declared is None:
        return
    what = f" of {declared.condition}" if declared.condition else ""
    table = Table(box=table_lines(), pad_edge=False)
    table.add_column(f"what the test tells{what}")
    for heading in ("median", "5 %", "95 %"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    for name in DIAGNOSTIC_HEADLINES:
        if yields.has(name):
            summary = yields.summary(name)
            unit = "people" if name in _PEOPLE else "1/year" if name in _RATES else "%"
            values = (summary.median, summary.p5, summary.p95)
            table.add_row(TITLES[name], *(_percent(v) if unit == "%" else number(v) for v in values), unit)
    print_whole(table, console)
    for line in _counted(declared.counts):
        console.print(Text(line))
    for line in _in_words(yields):
        console.print(Text(line))


def _percent(share: float | None) -> str:
    """Return a share in percent; what is not quite all does not look like it."""
    if share is None or not 0.999 < share < 1.0:
        return number(None if share is None else 100.0 * share)
    return f"{100.0 * share:.{max(1, -math.floor(math.log10(100.0 * (1.0 - share))))}f}"


def _counted(counts: Mapping[str, Counts]) -> Iterator[str]:
    """Yield what a study counted, with its Wilson interval."""
    names = {"diseased": ("sensitivity", False), "healthy": ("specificity", True)}
    for group, found in counts.items():
        name, negative = names[group]
        share, low, high = (100.0 * value for value in found.share(negative=negative))
        right = found.of - found.positive if negative else found.positive
        told = f"{name} as published: {share:.1f} % ({right} of {found.of}; Wilson 95 % {low:.1f} to {high:.1f})"
        yield f"{told}, {found.source}"


def _in_words(yields: Yields) -> Iterator[str]:
    """Yield how many positive results stand for one true one."""
    found, false = (yields.summary(f"{kind}_positives_per_100000").median for kind in ("true", "false"))
    if found and false is not None:
        told = (
            f"of 100,000 tested, {number(found)} are found, and {number(false)} without the condition are positive, too"
        )
        yield f"{told}: one true in {number((found + false) / found)} positive"
