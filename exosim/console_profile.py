"""The regulatory view on the terminal: target profile, attributes, critical parameters, release, reporting."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, print_whole, table_lines
from exosim.quality_by_design import Reason
from exosim.regulatory import RegulatoryView

_WIDTH = 100


def print_profile(view: RegulatoryView) -> None:
    """Print the view as tables, and what lies outside its range."""
    console = new_console()
    console.print(Text(f"{view.product}: {view.headline()}", style="bold"))
    for table in _tables(view):
        print_whole(table, console)
    if view.candidates:
        _print_wrapped("more that may be critical, without a range", ", ".join(view.candidates), console)
    console.print(Text("reporting after MISEV2023", style="italic"))
    section = ""
    for one in view.reporting:
        if one.section != section:
            section = one.section
            console.print(Text(section, style="bold"))
        _print_wrapped(f"  {one.item}", one.answer, console)
    for key, citation in view.sources.items():
        console.print(Text(f"[{key}] {citation}"), soft_wrap=True)


def _tables(view: RegulatoryView) -> Iterable[Table]:
    """Yield the tables that have something to tell."""
    profile = [(one.name, one.target, _why(one.reason)) for one in view.profile]
    yield from _table("quality target product profile", ("element", "target", "why"), profile)
    attributes = [
        (one.id + ("" if one.critical else " (not critical)"), one.limits, one.assay or "none", _why(one.reason))
        for one in view.attributes
    ]
    yield from _table("quality attributes", ("attribute", "limits", "assay", "why these limits"), attributes)
    parameters = [
        (one.address, one.set_point_text + ("" if one.inside else " (outside)"),
         (one.drawn_text or "fixed") + (" (in part outside)" if one.inside and not one.drawn_inside else ""),
         one.range_text, ", ".join(one.affects))
        for one in view.parameters
    ]  # fmt: skip
    columns = ("parameter", "set point", "drawn, 5 to 95 %", "proven acceptable range", "affects")
    yield from _table("critical process parameters", columns, parameters)
    release = [(f"{one.kind}: {one.id}", one.role, one.duration, one.rule) for one in view.release]
    yield from _table("tests and reviews before release", ("step", "by", "takes", "rule"), release)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[Table]:
    if not rows:
        return
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    yield table


def _print_wrapped(name: str, text: str, console: Console) -> None:
    console.print(Text(textwrap.fill(f"{name}: {text}", _WIDTH, subsequent_indent="    ")), soft_wrap=True)


def _why(reason: Reason) -> str:
    return " ".join(part for part in (reason.text, f"[{reason.source}]" if reason.source else "") if part)
