"""Pictures of a run in time: occupancy by week, lead times, waits, doses per year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import BLUE, DAY, GRAY, GREEN, ORANGE, PURPLE, SKY, VERMILION, YELLOW, headline, new_axes, plain
from exosim.results import FacilityResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BARS = 40
_SAME = 1e-9
_CAUSES = {
    "waiting": ("unit taken", ORANGE),
    "waiting_for_run": ("shared run not full, or not its time", GRAY),
    "waiting_for_room": ("room taken or being cleared", GREEN),
    "waiting_for_material": ("material not in stock", YELLOW),
    "waiting_for_utility": ("utility at its limit", PURPLE),
    "waiting_for_people": ("people busy, or too little of the shift left", SKY),
    "waiting_for_shift": ("nobody at work", BLUE),
    "lost_to_failures": ("failure", VERMILION),
}
"""Indicators of waiting by procedure, with what they are called and their colors."""
_SELDOM = ("waiting_for_run", "waiting_for_room", "waiting_for_material", "waiting_for_utility")
"""Causes that are shown where they occur."""


def _title(axes: Axes, results: FacilityResults, text: str) -> None:
    name = results.scenario.title or results.scenario.name
    headline(axes, f"{name}: {text}")


def occupancy_by_week(results: FacilityResults, ax: Axes | None = None) -> Axes:
    """Draw the share of each equipment class in use or in turnaround, week by week, as the mean of the replications."""
    classes = list(results.accounts[0].weekly)
    axes = new_axes(9.0, 1.6 + 0.34 * len(classes)) if ax is None else ax
    if not classes:
        axes.text(0.5, 0.5, "the scenario has no equipment", ha="center", transform=axes.transAxes)
        return axes
    share = 100.0 * np.mean([[account.weekly[name] for name in classes] for account in results.accounts], axis=0)
    weeks = share.shape[1]
    image = axes.imshow(
        share, aspect="auto", cmap="cividis", vmin=0, vmax=100, extent=(0, weeks, len(classes) - 0.5, -0.5)
    )
    axes.set_yticks(range(len(classes)), [plain(name.replace("_", " ")) for name in classes])
    axes.set_xlabel("week")
    axes.figure.colorbar(image, ax=axes, label="occupancy [%]")
    _title(axes, results, f"occupancy, mean of {results.replications_in_words}")
    return axes


def lead_time(results: FacilityResults, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the time from start to end of a batch, over all replications."""
    found = np.array([t for account in results.accounts for t in account.lead_times]) / DAY
    axes = new_axes(7.0, 4.0) if ax is None else ax
    _title(axes, results, "lead time of a batch")
    axes.set_xlabel("start to end [d]")
    axes.set_ylabel("batches")
    if not found.size:
        axes.text(0.5, 0.5, "no batch was finished", ha="center", transform=axes.transAxes)
        return axes
    low, high = float(found.min()), float(found.max())
    if high - low <= _SAME * high:  # times that agree to rounding have no bins between them
        low, high = low - 0.5, high + 0.5
    bins = min(30, max(5, int(np.sqrt(found.size))))
    axes.hist(found, bins=bins, range=(low, high), color=SKY, edgecolor="white")
    for q, style in ((0.5, "-"), (0.9, "--")):
        at = float(np.quantile(found, q))
        axes.axvline(at, color=BLUE, linestyle=style, label=f"P{100 * q:.0f} {at:.1f} d")
    axes.legend(frameon=False)
    return axes


def waits(results: FacilityResults, ax: Axes | None = None) -> Axes:
    """Draw the mean time for which each procedure waits, by cause."""
    quantities = list(results.quantities())
    rows = {name: {q.step: q.mean or 0.0 for q in quantities if q.name == name} for name in _CAUSES}
    total = {step: sum(found.get(step, 0.0) for found in rows.values()) for step in rows["waiting"]}
    longest = set(sorted(total, key=lambda step: -total[step])[:_MOST_BARS])
    procedures = [step for step in total if step in longest]
    axes = new_axes(7.5, 1.9 + 0.3 * len(procedures)) if ax is None else ax
    left = np.zeros(len(procedures))
    for name, (label, color) in _CAUSES.items():
        hours = np.array([rows[name].get(procedure, 0.0) for procedure in procedures])
        if name in _SELDOM and not hours.any():
            continue
        axes.barh(range(len(procedures)), hours, left=left, color=color, height=0.7, label=label)
        left += hours
    axes.set_yticks(range(len(procedures)), [plain((step or "").replace("_", " ")) for step in procedures])
    axes.set_ylim(len(procedures) - 0.4, -0.6)
    axes.set_xlim(0.0, max(1.05 * float(left.max(initial=0.0)), 1.0))
    left_out = f"; the {len(procedures)} longest of {len(total)}" if len(procedures) < len(total) else ""
    axes.set_xlabel(f"mean wait of a batch [h]{left_out}")
    axes.legend(frameon=False)
    _title(axes, results, "waits by cause")
    return axes


def doses_per_year(results: FacilityResults, ax: Axes | None = None) -> Axes:
    """Draw the doses per year of every replication, with the mean and its 95 % interval."""
    quantity = next(q for q in results.quantities() if q.name == "doses_per_year")
    values = np.sort([account.headlines["doses_per_year"] for account in results.accounts])
    axes = new_axes(7.0, 4.0) if ax is None else ax
    share = 100.0 * (np.arange(values.size) + 1) / values.size
    axes.step(values, share, where="post", color=BLUE, label="replications")
    if quantity.mean is not None:
        axes.axvline(quantity.mean, color=VERMILION, label=f"mean {quantity.mean:,.0f}")
        if quantity.low is not None and quantity.high is not None:
            axes.axvspan(
                max(quantity.low, 0.0),  # fewer than none are never made
                quantity.high,
                color=VERMILION,
                alpha=0.2,
                linewidth=0,
                label="95 % interval of the mean",
            )
    axes.set_xlabel("doses per year")
    axes.xaxis.set_major_formatter("{x:,.6g}")
    axes.set_ylabel("replications at or below [%]")
    axes.legend(frameon=False)
    _title(axes, results, "doses per year")
    return axes
