"""What a run costs: the parts of a dose by step and category, its distribution, and the plant as an investment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exosim.cost_figures import crossed
from exosim.cost_words import money, share, span
from exosim.costs import Costs
from exosim.economics.views import VIEWS
from exosim.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    headline,
    light_grid,
    new_axes,
    plain,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_STEPS = 16
_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("people", BLUE, ("labor",)),
    ("materials", GREEN, ("materials",)),
    ("consumables", YELLOW, ("consumables",)),
    ("quality", SKY, ("quality",)),
    ("equipment, building, start-up", VERMILION, ("equipment", "building", "validation")),
    ("upkeep, insurance, tax", ORANGE, ("maintenance", "insurance_tax")),
    ("rooms, utilities, waste", PURPLE, ("facility", "utilities", "waste")),
    ("fees, logistics, royalties, overhead", GRAY, ("logistics", "royalties", "fees", "overhead")),
)
"""Categories that share a color."""
_MILLION, _THOUSAND = 1e6, 1e3
_WIDE = 12.0
"""Ratio of the 95 % to the 5 % quantile from which the axis of a distribution is logarithmic."""


def cost_stack(costs: Costs, ax: Axes | None = None) -> tuple[Axes, ...]:
    """Draw what a dose costs, or a year where none is released: a bar for each step, its categories as colors.

    Parameters
    ----------
    costs : of :func:`exosim.cost`
    ax : where to draw; default: a new figure
    """
    table = crossed(costs.ledgers, VIEWS["step"], VIEWS["category"])
    rows = sorted(table, key=lambda step: -sum(table[step].values()))
    shown, rest = rows[:_MOST_STEPS], rows[_MOST_STEPS:]
    bars = {step: table[step] for step in shown}
    if rest:
        names = dict.fromkeys(name for step in rest for name in table[step])
        bars[f"{len(rest)} smaller steps"] = {n: sum(table[step].get(n, 0.0) for step in rest) for n in names}
    axes = new_axes(9.5, 2.2 + 0.3 * len(bars)) if ax is None else ax
    total = sum(sum(parts.values()) for parts in bars.values())
    for place, parts in enumerate(bars.values()):
        _bar(axes, place, parts, total)
    axes.set_yticks(range(len(bars)), [plain(step.replace("_", " ")) for step in bars], fontsize=9)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0.0, 1.28 * max(sum(parts.values()) for parts in bars.values()))
    axes.xaxis.set_major_formatter("{x:,.4g}" if total < _MILLION else "{x:,.0f}")
    light_grid(axes, "x")
    per = "dose" if costs.figure("cost_per_dose").mean is not None else "year"
    count = costs.figure(f"cost_per_{per}").n
    axes.set_xlabel(f"{costs.currency} of {costs.year} per {per}, mean of {count:,} replications")
    _legend(axes, bars)
    name = costs.scenario.title or costs.scenario.name
    headline(axes, f"{name}: a {per} costs {money(total)} {costs.currency} on average")
    return (axes,)


def _bar(axes: Axes, place: int, parts: dict[str, float], total: float) -> None:
    """Draw the bar of a step, its amount and its share beside it."""
    left = 0.0
    for _, color, categories in _GROUPS:
        width = sum(parts.get(category, 0.0) for category in categories)
        if width:
            axes.barh(place, width, left=left, color=color, height=0.72, edgecolor="white", linewidth=0.4)
            left += width
    axes.annotate(
        f"{money(left)}  ({share(left / total)})", (left, place), (4, 0), textcoords="offset points", va="center",
        fontsize=8.5,
    )  # fmt: skip


def _legend(axes: Axes, bars: dict[str, dict[str, float]]) -> None:
    from matplotlib.patches import Patch

    sums = {
        title: sum(parts.get(name, 0.0) for parts in bars.values() for name in names) for title, _, names in _GROUPS
    }
    handles = [
        Patch(facecolor=color, label=f"{title}: {money(sums[title])}") for title, color, _ in _GROUPS if sums[title]
    ]
    axes.legend(handles=handles, frameon=False, fontsize=9, loc="lower right", title="together", alignment="left")


def cost_per_dose(costs: Costs, ax: Axes | None = None) -> tuple[Axes, ...]:
    """Draw the distribution of the cost of a dose over replications, with its median and 5 to 95 % interval.

    Parameters
    ----------
    costs : of :func:`exosim.cost`, with doses released
    ax : where to draw; default: a new figure

    Raises
    ------
    ValueError
        when no replication released a dose.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator

    found = costs.figure("cost_per_dose")
    if found.median is None or found.p5 is None or found.p95 is None:
        raise ValueError("no dose was released")
    values = np.array([value for value in costs.replicated()["cost_per_dose"] if np.isfinite(value)])
    axes = new_axes(8.0, 4.2) if ax is None else ax
    wide = found.p95 > _WIDE * found.p5
    low, high = float(values.min()), float(values.max())
    count = int(np.clip(2.0 * np.sqrt(values.size), 6, 40))
    edges = np.geomspace(low, high, count) if wide else np.linspace(low, high, count)
    if high <= low:
        edges = np.array([0.95 * low, 1.05 * low])
    axes.hist(values, bins=list(edges), color=SKY, edgecolor="white", label=f"{found.n:,} replications")
    axes.axvspan(found.p5, found.p95, color=GRAY, alpha=0.15, label=f"5 to 95 %: {span(found.p5, found.p95)}", zorder=0)
    axes.axvline(found.median, color=BLUE, linewidth=2.0, label=f"median {money(found.median)}")
    axes.axvline(found.mean or 0.0, color=VERMILION, linestyle="--", label=f"mean {money(found.mean)}")
    if wide:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_formatter("")
    axes.xaxis.set_major_formatter(lambda value, _: money(value))
    axes.set_xlabel(f"cost of a released dose [{costs.currency} of {costs.year}]")
    axes.set_ylabel("replications")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=9)
    headline(axes, f"{costs.scenario.title or costs.scenario.name}: what a dose costs")
    return (axes,)


def cash_flow(costs: Costs, ax: Axes | None = None) -> tuple[Axes, ...]:
    """Draw the cash flow of the plant added up over the years: median, 5 to 95 % of the replications, and each one.

    Without a price of a dose it is that at the median of the minimum selling prices.

    Parameters
    ----------
    costs : of :func:`exosim.cost`
    ax : where to draw; default: a new figure
    """
    from matplotlib.ticker import MaxNLocator

    finance = costs.finance
    flows = finance.cumulated()
    scale, word = (_MILLION, "million") if np.max(np.abs(flows)) >= _MILLION else (_THOUSAND, "thousand")
    years, shown = np.arange(flows.shape[0]), flows / scale
    axes = new_axes(8.0, 4.6) if ax is None else ax
    low, middle, high = np.quantile(shown, (0.05, 0.5, 0.95), axis=1)
    if flows.shape[1] > 1:
        axes.fill_between(years, low, high, color=SKY, alpha=0.35, label="5 to 95 % of the replications")
    axes.plot(years, middle, "o-", color=BLUE, markersize=4, label="median")
    axes.axhline(0.0, color="black", linewidth=0.9)
    light_grid(axes, "y")
    axes.set_xlabel("year after the first spending")
    axes.set_ylabel(f"cash flow, cumulated [{word} {costs.currency} of {costs.year}]")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.4g}")
    price = money(finance.selling_price)
    of = "as the scenario says" if finance.price_given else "the median of the minimum selling prices"
    sold = plain(f"a dose sold at {price} {costs.currency}, {of}")
    axes.legend(frameon=False, fontsize=9, loc="upper left", title=sold, title_fontsize=9, alignment="left")
    headline(axes, f"{costs.scenario.title or costs.scenario.name}: the plant as an investment")
    return (axes,)
