"""What a run costs, on the terminal: the answer first, then what it is made of and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, print_whole, table_lines
from exosim.cost_words import money, share, span
from exosim.economics.footprint import ASSUMED
from exosim.titles import COSTS

if TYPE_CHECKING:
    from exosim.cost_drivers import Spread
    from exosim.costs import Costs
    from exosim.summaries import Estimate

_MOST = 24
_SHARED = {"product": "what belongs to no lot is shared by the hours of lots on the most occupied equipment"}
"""What is told below a view."""
_LEAST = 5e-4
"""Parts below this share of all money are printed as one, so that a table fits a page."""


def print_costs(costs: Costs, views: Sequence[str], prices: bool, paths: Sequence[Path]) -> None:
    """Print what a run costs.

    Parameters
    ----------
    views : by what the money is split
    prices : whether each price is told
    paths : of what was written
    """
    console = new_console()
    answer, *rest = costs.sentences
    console.print(Text(answer, style="bold"))
    for sentence in rest:
        style = "bold red" if sentence.startswith("LOWER BOUND") else ""
        console.print(Text(sentence, style=style))
    scenario, n = costs.scenario, costs.replications
    several = "" if n == 1 else "s"
    console.print(Text(f"\n{scenario.title or scenario.name}: {n:,} replication{several}, seed {costs.seed}"))
    print_whole(_figures(costs.figures, "over replications"), console)
    for view in views:
        print_whole(_view(costs, view), console)
        if view in _SHARED:
            console.print(Text(_SHARED[view]))
    _print_labor(costs, console)
    _print_spread(costs.spread, console)
    print_whole(_figures(costs.finance.figures, _investment(costs)), console)
    if costs.footprint:
        print_whole(_figures(costs.footprint, "what a released dose takes besides money"), console)
        console.print(Text(f"assumed: {'; '.join(ASSUMED)}"))
    if prices:
        print_whole(_prices(costs), console)
    else:
        console.print(Text(f"{len(costs.prices)} prices: --prices tells each with its source and year"))
    for warning in scenario.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    for path in paths:
        console.print(Text(str(path)), soft_wrap=True)


def _figures(figures: Sequence[Estimate], title: str) -> Table:
    table = Table(box=table_lines(), pad_edge=False, title=title, title_justify="left")
    table.add_column("")
    for heading in ("median", "5 to 95 %", "mean", "95 % interval"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    table.add_column("n", justify="right")
    for one in figures:
        cells = (money(one.median), span(one.p5, one.p95), money(one.mean), span(one.low, one.high))
        unit = "" if one.unit == "1" else one.unit
        table.add_row(*map(Text, (COSTS.get(one.name, one.name), *cells, unit, f"{one.n:,}")))
    return table


def _view(costs: Costs, view: str) -> Table:
    """Return the parts of a view; small ones are one row, and the last is the total, which all views share."""
    parts = costs.by(view)
    table = Table(
        box=table_lines(),
        pad_edge=False,
        title=f"by {view}: means over replications",
        title_justify="left",
    )
    table.add_column(view)
    for heading in (f"{costs.currency}/year", f"{costs.currency}/dose", "share"):
        table.add_column(heading, justify="right")
    shown = [part for part in parts[:_MOST] if abs(part.share) >= _LEAST]
    for part in shown:
        table.add_row(*map(Text, (part.title, money(part.per_year), money(part.per_dose), share(part.share))))
    others = parts[len(shown) :]
    if others:
        doses = [part.per_dose for part in others if part.per_dose is not None]
        year, dose = sum(part.per_year for part in others), sum(doses) if doses else None
        cells = (f"{len(others)} smaller", money(year), money(dose), share(sum(part.share for part in others)))
        table.add_row(*map(Text, cells))
    total = money(costs.figure("cost_per_year").mean), money(costs.figure("cost_per_dose").mean)
    table.add_row(*(Text(cell, style="bold") for cell in ("total", *total, share(1.0))))
    return table


def _print_labor(costs: Costs, console: Console) -> None:
    labor, basis = costs.labor, costs.worlds[0].labor_basis
    if not labor.staffing and not labor.activity:
        return
    at_work = "" if labor.share_at_work is None else f" (people are at work {share(labor.share_at_work)} of that time)"
    told = {"staffing": "the hours on duty are paid", "activity": "only the hours at work are paid"}[basis]
    text = (
        f"labor: {money(labor.activity)} {costs.currency}/year for the hours at work, {money(labor.staffing)} for "
        f"those on duty{at_work}, a gap of {money(labor.gap)}; here {told} ([economics] labor_basis)"
    )
    console.print(Text(text))


def _print_spread(spread: Spread, console: Console) -> None:
    if spread.reason is not None:
        console.print(Text(f"what drives the spread of the cost of a dose: {spread.reason}"))
        return
    shares = ", ".join(f"{name} {share(value)}" for name, value in spread.shares.items())
    console.print(Text(f"the spread of the cost of a dose over {spread.n:,} replications comes from: {shares}"))
    names = [f"{one.input} ({one.correlation:+.2f})" for one in spread.drivers]
    behind = ", ".join(names) if names else "none can be told from chance with so few replications"
    floor = "" if spread.floor is None else f"; chance alone reaches {spread.floor:.2f} among {spread.inputs:,} inputs"
    console.print(Text(f"inputs behind it, by rank correlation: {behind}{floor}"))


def _investment(costs: Costs) -> str:
    """Return what is told of the plant as an investment, and on which terms."""
    terms = costs.finance.each[0].terms
    on = f"{terms.years} years at {share(terms.discount_rate)} real, {share(terms.tax)} tax"
    worth = costs.finance.worthwhile
    sold = "no price_per_dose: what it must sell for" if worth is None else f"pays in {share(worth)} of replications"
    return f"the plant as an investment ({on}; {sold})"


def _prices(costs: Costs) -> Table:
    table = Table(box=table_lines(), pad_edge=False, title="prices of what was used", title_justify="left")
    for heading in ("price", "value", "currency, year", "source", "grade", "from"):
        table.add_column(heading)
    table.add_column(f"{costs.currency}/year", justify="right")
    for price in costs.prices:
        dated = f"{price.currency} {price.year if price.year is not None else 'no year'}"
        origin = price.listed if price.listed else price.origin
        cells = (price.address, price.value, dated, price.source, price.grade, origin, money(price.per_year))
        table.add_row(*map(Text, cells), style="yellow" if price.assumed else "")
    return table
