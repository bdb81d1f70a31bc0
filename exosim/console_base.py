"""What all tables on the terminal share: the terminal, table lines and numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim import units

_WIDE = 132
_UNBOUNDED = 100_000


def new_console(error: bool = False) -> Console:
    """Return the terminal: its own width, or a fixed one where the output goes to a file or a pipe."""
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def print_whole(table: Table, console: Console) -> None:
    """Print a table; in a file or a pipe it is as wide as its longest cells, so that a row is one line."""
    if console.file.isatty():
        console.print(table)
        return
    usual = console.width
    unbounded = console.options.update(max_width=_UNBOUNDED)
    console.width = max(usual, console.measure(table, options=unbounded).maximum)
    console.print(table)
    console.width = usual


def table_lines() -> box.Box:
    """Return table lines that the encoding of standard output can show."""
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
    return box.SIMPLE_HEAD if encoding.startswith("utf") else box.ASCII2


def titled_table(title: str, columns: Sequence[str]) -> Table:
    """Return a table without rows: what each row is of stands at the left, all else at the right."""
    table = Table(box=table_lines(), pad_edge=False, title=Text(title), title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    return table


def print_end(console: Console, remarks: Iterable[str], paths: Iterable[Path]) -> None:
    """Print what a reader must know, and where everything is."""
    for remark in remarks:
        console.print(Text(remark))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number for a table cell."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else units.show(value, "1", digits)
