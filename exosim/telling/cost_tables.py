"""The tables of what a run costs: per dose, lot and year, by category and step, as an investment, at which prices."""

from __future__ import annotations

from collections.abc import Iterator

from exosim.cost_words import money, share, span
from exosim.costs import Costs
from exosim.summaries import Estimate
from exosim.telling.cells import Cell, Figure, Table, number, table
from exosim.titles import COSTS

_HEAD = ("median", "5 to 95 %", "mean", "95 % interval of the mean", "unit", "n")
_VIEWS = ("category", "step")


def figures(costs: Costs) -> Table:
    """Return what a dose, a lot and a year cost, and what is released and lost."""
    return _table("Costs over the replications", costs.figures)


def investment(costs: Costs) -> Table:
    """Return the plant as an investment."""
    return _table("The plant as an investment", costs.finance.figures)


def _table(title: str, found: list[Estimate]) -> Table:
    rows = ((COSTS.get(one.name, one.name).strip(), *_cells(one)) for one in found)
    return table(title, ("figure", *_HEAD), rows)


def _cells(one: Estimate) -> tuple[Cell, ...]:
    intervals = (span(one.p5, one.p95), span(one.low, one.high))
    return (amount(one.median), intervals[0], amount(one.mean), intervals[1], one.unit, number(float(one.n)))


def amount(value: float | None) -> Figure:
    """Return an amount of money as people write it."""
    return Figure(value, money(value))


def parts(costs: Costs) -> Iterator[Table]:
    """Yield the costs by category and by step, each with its total, which is the same."""
    year, dose = costs.figure("cost_per_year").mean, costs.figure("cost_per_dose").mean
    for view in _VIEWS:
        rows: list[tuple[Cell, ...]] = [
            (part.title, amount(part.per_year), amount(part.per_dose), Figure(part.share, share(part.share)))
            for part in costs.by(view)
        ]
        rows.append(("total", amount(year), amount(dose), Figure(1.0, share(1.0))))
        yield table(f"By {view}", (view, f"{costs.currency}/year", f"{costs.currency}/dose", "share"), rows)


def prices(costs: Costs) -> Table:
    """Return every price of what was used."""
    head = ("price", "value", "currency and year", "source", "grade", "from", f"{costs.currency}/year")
    rows = (
        (
            price.address, price.value, f"{price.currency} {price.year or '(no year)'}", price.source, price.grade,
            price.listed or price.origin, amount(price.per_year),
        )
        for price in costs.prices
    )  # fmt: skip
    return table("Prices", head, rows)
