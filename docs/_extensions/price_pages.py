"""The page of all shipped prices, with what each stands for, exchange rates and the cost index: from the price list."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources

from markdown_parts import plain, table

from exosim.price_catalog import GRADES, KINDS, ListPrice, addresses_of, prices

_TITLES = {
    "material": "Media, supplements and reagents",
    "consumable": "Consumables",
    "equipment": "Equipment",
    "labor": "Labor",
    "quality": "Quality",
    "facility": "Rooms and utilities",
    "factor": "Factors: no money",
}
_HEAD = ["price", "typical, low to high", "grade, source, and what was read"]


def pages() -> dict[str, str]:
    """Return the page by file."""
    return {"prices.md": "\n\n".join(_parts()) + "\n"}


def _parts() -> Iterator[str]:
    yield "# All prices"
    yield "Written from the [price list](../reference/prices.md), as `exosim describe prices` lists it."
    yield table(["grade", "entries", "meaning"], ([g, str(_count(g)), meaning] for g, meaning in GRADES.items()))
    for kind in KINDS:
        yield f"## {_TITLES[kind]}"
        yield table(_HEAD, (_row(entry) for entry in prices().values() if entry.kind == kind))
    series = tomllib.loads(resources.files("exosim").joinpath("prices.toml").read_text(encoding="utf-8"))
    yield "## Exchange rates"
    exchange, index = series["exchange"], series["index"]
    yield f"Units for one US dollar, averages of a year: {plain(exchange['basis'])} (`{exchange['source']}`)."
    yield _by_year({key: rates for key, rates in exchange.items() if isinstance(rates, dict)})
    yield "## Index of plant cost"
    yield f"CEPCI: {plain(index['basis'])} (`{index['source']}`)."
    yield _by_year({"CEPCI": index["cepci"]})


def _count(grade: str) -> int:
    return sum(entry.grade == grade for entry in prices().values())


def _row(entry: ListPrice) -> list[str]:
    size = "" if entry.size is None else f"; for {entry.size:g} {entry.size_unit}"
    power = "" if entry.exponent is None else f", grows with its power {entry.exponent:g}"
    standing = ", ".join(f"`{address}`" for address in addresses_of(entry.key))
    name = plain(entry.name + size + power) + (f"; stands for {standing}" if standing else "")
    typical, low, high = (f"{value:,.6g}" for value in (entry.typical, entry.low, entry.high))
    unit = ("" if entry.unit == "1" else f" {entry.unit}") + (f" of {entry.year}" if entry.year else "")
    amount = typical if entry.low == entry.high else f"{typical} ({low} to {high})"
    return [f"`{entry.key}` {name}", amount + unit, f"{entry.grade} `{entry.source}`: {plain(entry.basis)}"]


def _by_year(series: Mapping[str, Mapping[str, float]]) -> str:
    years = sorted({year for values in series.values() for year in values})
    return table(
        ["year", *series], ([year, *(str(values.get(year, "")) for values in series.values())] for year in years)
    )
