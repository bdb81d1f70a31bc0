"""The warehouse over the first replication: doses in stock, what left it and why, and the orders that were due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from exosim.plots.style import (
    BLUE,
    DAY,
    GRAY,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    figure_of,
    headline,
    new_grid,
    plain,
)
from exosim.results import FacilityResults
from exosim.service.orders import Fate, OrderRecord
from exosim.service.warehouse import Kind, Movement, StockCourse, fit_to_ship

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_LEAVES: Mapping[Kind, tuple[str, str, str]] = {
    "shipped": ("shipped", "v", BLUE),
    "expired": ("expired", "x", VERMILION),
    "recalled": ("recalled", "P", PURPLE),
}
"""How doses leave: what it is called, marker and color."""
_FATES: Mapping[Fate, tuple[str, str, str]] = {
    "on_time": ("order filled on time", "o", GREEN),
    "late": ("late", "^", ORANGE),
    "lost": ("lost", "X", VERMILION),
    "open": ("open at the end", "s", GRAY),
}
_STRIP = 0.07
"""Height of a strip of orders below the stock, as a share of its highest level; each fate has a strip of its own."""


def stock(results: FacilityResults) -> tuple[Axes, ...]:
    """Draw the doses in stock in the first replication, a panel for each product that is kept in stock.

    Returns
    -------
    the axes: stock as steps, darker what still has the minimum remaining life, with a mark where doses were shipped,
    expired or were recalled; below zero a mark for each order at its due date by what became of it, with a line to the
    moment at which a late one was filled or lost

    Raises
    ------
    ValueError
        when the scenario has neither orders of doses nor a warehouse.
    """
    kept = results.first.plant.demand.warehouses
    if not kept:
        raise ValueError("the scenario has neither orders of doses nor a warehouse")
    panels = new_grid(len(kept), 1, 10.0, 1.2 + 3.2 * len(kept), sharex=True)
    found = results.first.dispatch
    for axes, warehouse in zip(panels, kept, strict=True):
        steps = tuple(step for step in found.movements if step.product == warehouse.product)
        lots = tuple(lot for lot in found.lots if lot.product == warehouse.product)
        orders = [order for order in found.orders if order.product == warehouse.product]
        highest = max([1, *(step.stock for step in steps)])
        _draw_stock(axes, steps, results.first.run.hours)
        if warehouse.minimum_remaining_life:
            _draw_fit(axes, fit_to_ship(warehouse, StockCourse(steps, lots, ())), results.first.run.hours)
        strips = _draw_orders(axes, orders, _STRIP * highest)
        axes.set_ylim(-(strips + 0.5) * _STRIP * highest, 1.08 * highest)
        axes.set_yticks([tick for tick in axes.get_yticks() if 0.0 <= tick <= 1.08 * highest])
        axes.set_xlim(0.0, results.first.run.hours / DAY)
        axes.set_ylabel(f"doses in stock\n{plain(warehouse.product)}".strip())
        if results.first.start:
            axes.axvspan(0.0, results.first.start / DAY, color="#EEEEEE", zorder=0, label="warm-up")
        axes.axhline(0.0, color="black", linewidth=0.6)
    _finish(panels, results)
    return tuple(panels)


def _draw_stock(axes: Axes, steps: Sequence[Movement], end: float) -> None:
    times = [0.0, *(step.time / DAY for step in steps), end / DAY]
    levels = [0, *(step.stock for step in steps), steps[-1].stock if steps else 0]
    axes.fill_between(times, levels, step="post", color=SKY, alpha=0.3, linewidth=0, label="in stock")
    axes.step(times, levels, where="post", color=BLUE, linewidth=1.0)
    for kind, (label, marker, color) in _LEAVES.items():
        after = {step.time / DAY: step.stock for step in steps if step.kind == kind}  # once for all lots of a moment
        if after:
            axes.plot(list(after), list(after.values()), marker, color=color, markersize=5, label=label, clip_on=False)


def _draw_fit(axes: Axes, fit: Sequence[tuple[float, int]], end: float) -> None:
    """Draw how much of the stock may still be shipped."""
    within = [(time / DAY, level) for time, level in fit if time <= end]
    times = [0.0, *(time for time, _ in within), end / DAY]
    levels = [0, *(level for _, level in within), within[-1][1] if within else 0]
    axes.fill_between(times, levels, step="post", color=SKY, alpha=0.7, linewidth=0, label="fresh enough to ship")


def _draw_orders(axes: Axes, orders: Sequence[OrderRecord], height: float) -> int:
    """Draw the orders in strips by their fate, as many as occur; returns how many."""
    strips = [fate for fate in _FATES if any(order.fate == fate for order in orders)]
    for row, fate in enumerate(strips, start=1):
        label, marker, color = _FATES[fate]
        own = [order for order in orders if order.fate == fate]
        at = [order.due / DAY for order in own]
        axes.plot(at, [-row * height] * len(at), marker, color=color, markersize=5, label=label, clip_on=False)
        for order in own:
            until = order.filled if order.filled is not None else order.lost
            if until is not None and until > order.due:
                axes.plot([order.due / DAY, until / DAY], [-row * height] * 2, color=color, linewidth=1.2, alpha=0.6)
    return len(strips)


def _finish(panels: Sequence[Axes], results: FacilityResults) -> None:
    """Write the title, the axis and one legend of all that occurs in any panel."""
    title = results.scenario.title or results.scenario.name
    headline(panels[0], f"{title}: warehouse, first replication")
    panels[-1].set_xlabel(
        "time [d]; below zero: orders at their due dates, with a line to when they were filled or lost"
    )
    shown: dict[str, Artist] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        shown |= {label: handle for handle, label in zip(handles, labels, strict=True) if label not in shown}
    figure_of(panels[0]).legend(
        list(shown.values()),
        list(shown),
        frameon=False,
        ncols=min(max(len(shown), 1), 5),
        loc="outside lower left",
        fontsize=8.5,
    )
