"""The price list on the terminal: all prices as a table, or everything about one."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, number, print_whole, table_lines
from exosim.price_catalog import GRADES, ListPrice, addresses_of
from exosim.references import references


def print_prices(listed: Iterable[ListPrice]) -> None:
    """Print the prices as a table: low, typical, high, unit, year, grade, source and what it is."""
    table = Table(box=table_lines(), pad_edge=False)
    table.add_column("price", no_wrap=True)
    for title in ("low", "typical", "high"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("unit", "year", "grade", "source", "what it is"):
        table.add_column(title, no_wrap=title != "what it is")
    for price in listed:
        figures = (number(value, 5) for value in (price.low, price.typical, price.high))
        words = ("" if price.unit == "1" else price.unit, str(price.year or ""), price.grade, price.source, price.name)
        table.add_row(*map(Text, (price.key, *figures, *words)))
    console = new_console()
    print_whole(table, console)
    console.print(Text("exosim describe PRICE tells what was read and what is an own bracket"))


def print_price(price: ListPrice) -> None:
    """Print everything about one price."""
    console = new_console()
    console.print(Text(f"{price.key}: {price.name}", style="bold"))
    source = references().get(price.source)
    unit = "" if price.unit == "1" else f" {price.unit}"
    told = {
        "kind": price.kind,
        "price" if price.currency else "value": f"{number(price.typical, 6)}{unit}",
        "range": f"{number(price.low, 6)} to {number(price.high, 6)}{unit}, triangular",
        "money of": str(price.year or ""),
        "size": "" if price.size is None else f"{price.size:g} {price.size_unit}",
        "exponent": "" if price.exponent is None else f"{price.exponent:g} of size",
        "source": source.citation() if source is not None else price.source,
        "checked": source.checked if source is not None else "",
        "grade": f"{price.grade}: {GRADES[price.grade]}",
        "basis": price.basis,
        "stands for": ", ".join(addresses_of(price.key)),
    }
    for title, text in told.items():
        if text:
            console.print(Text(f"  {title:<10} {text}"), soft_wrap=True)
