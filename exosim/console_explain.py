"""A formula tree on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from exosim.console_base import new_console, number, print_whole, table_lines
from exosim.formula_tree import lines, shown

if TYPE_CHECKING:
    from exosim.explanation import Explanation
    from exosim.formula_tree import Node

_COLUMNS = 4
_UNBOUNDED = 100_000


def print_explanation(explained: Explanation, depth: int | None) -> None:
    """Print a number with what the run reports of it, what matters for it, and its formula tree."""
    console = new_console()
    first, *rest = explained.head()
    console.print(Text(first, style="bold"), soft_wrap=True)
    for line in rest:
        console.print(Text(line), soft_wrap=True)
    _print_influence(explained, console)
    _print_batches(explained, console)
    _print_tree(explained.root, depth, console)


def print_names(names: Sequence[str]) -> None:
    """Print what can be explained: names without a step first."""
    console = new_console()
    plain = [name for name in names if "." not in name]
    console.print(Text("of the whole: " + ", ".join(plain)))
    steps = dict.fromkeys(name.rpartition(".")[0] for name in names if "." in name)
    for step in steps:
        own = [name.rpartition(".")[2] for name in names if name.rpartition(".")[0] == step]
        console.print(Text(f"{step}. {', '.join(own)}"))


def _print_influence(explained: Explanation, console: Console) -> None:
    matter = explained.matter()
    if not matter:
        return
    title = "what matters: change in % per 1 % more of the parameter"
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    table.add_column("%/%", justify="right")
    for heading in ("parameter", "value", "plausible", "evidence"):
        table.add_column(heading)
    for one in matter:
        plausible = f"{number(one.low)} to {number(one.high)}"
        cells = (f"{one.influence:+.3g}", one.path, shown(one.value, one.unit), plausible, one.evidence())
        table.add_row(*map(Text, cells))
    print_whole(table, console)


def _print_batches(explained: Explanation, console: Console) -> None:
    if not explained.fates:
        return
    table = Table(box=table_lines(), pad_edge=False, title="batches of this replication", title_justify="left")
    table.add_column("disposition")
    for heading in ("batches", "doses"):
        table.add_column(heading, justify="right")
    for fate in explained.fates:
        table.add_row(Text(fate.disposition), number(fate.batches), number(fate.doses))
    print_whole(table, console)


def _print_tree(root: Node, depth: int | None, console: Console) -> None:
    """Print a tree; in a file or a pipe a node is one line, whatever its length."""
    first, *rest = lines(root, depth)
    tree = Tree(Text(first.text, style="bold"))
    branches = {0: tree}
    for line in rest:
        style = "dim" if line.detail else ""
        branches[line.depth] = branches[line.depth - 1].add(Text(line.text, style=style))
    if not console.file.isatty():
        console.width = max(
            console.width, console.measure(tree, options=console.options.update(max_width=_UNBOUNDED)).maximum
        )
    console.print(tree)
