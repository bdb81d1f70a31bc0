"""Runs in time side by side, as small multiples: each indicator, and its difference to the first run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    VERMILION,
    figure_of,
    light_grid,
    new_grid,
    plain,
    short_names,
    subtracted,
)
from exosim.run_comparison.comparison import RunComparison
from exosim.run_comparison.contrasts import RunContrast, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIRST = (
    "doses_per_year",
    "patients_on_time",
    "on_time_in_full",
    "doses_expired",
    "lead_time",
    "release_time",
    "released_fraction",
    "right_first_time",
    "doses_per_started_batch",
    "batches_per_year",
    "batches_rejected",
    "lead_time_p90",
    "cycle_time",
)
"""What is shown first, where runs differ in it; then whatever else has a better."""
_PLANNED = ("minimum_cycle_time", "batches_per_year_bound")
"""What follows from the plan and not from the runs is not drawn."""
_MOST = 6


def run_contrasts(comparison: RunComparison, quantities: tuple[str, ...] | None = None) -> tuple[Axes, ...]:
    """Draw indicators of all runs, and beside each the differences to the first run.

    Parameters
    ----------
    comparison : of :func:`exosim.compare`
    quantities : indicators of the whole; default: up to six in which the runs differ and of which more or less is
        better

    Returns
    -------
    the axes, two for each indicator. On the left the mean of each run with its 95 % interval, before the 5 to 95 % of
    its replications. On the right the same of the differences within each replication; where runs are independent, the
    interval alone

    Raises
    ------
    ValueError
        when the runs do not differ in any such indicator.
    """
    names = quantities or shown_run_contrasts(comparison)
    if not names:
        raise ValueError("the runs differ in no indicator of the whole of which more or less is better")
    count = len(comparison.runs)
    panels = new_grid(len(names), 2, 10.4, 1.0 + len(names) * (0.75 + 0.27 * count))
    for row, name in enumerate(names):
        left, right = panels[2 * row : 2 * row + 2]
        _values(left, comparison, name)
        _differences(right, comparison, name)
    how = f"{comparison.replications:,} common replications" if comparison.paired else "runs with seeds of their own"
    text = f"{count} plants in time, {how}; dots are means, bars their 95 % intervals, lines 5 to 95 % of replications"
    figure = figure_of(panels[0])
    figure.suptitle(plain(text), x=0.01, ha="left", weight="bold", fontsize=11)
    figure.supxlabel(
        "green: better on average, orange: worse; gray: the interval holds zero", x=0.99, ha="right", fontsize=9
    )
    return tuple(panels)


def shown_run_contrasts(comparison: RunComparison) -> tuple[str, ...]:
    """Return up to six indicators in which runs differ, which all report, and of which more or less is better."""
    differing = [name for name, _ in comparison.differing()]
    ordered = [name for name in (*_FIRST, *differing) if name in differing and name not in _PLANNED]
    judged = (n for n in dict.fromkeys(ordered) if comparison.of(n)[0].direction != "neither")
    return tuple(n for n in judged if all(contrast.n for contrast in comparison.of(n)))[:_MOST]


def _lay_out(axes: Axes, names: list[str], title: str, weight: str = "bold") -> None:
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(len(names) - 0.45, -0.55)
    light_grid(axes, "x")
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_title(plain(title), loc="left", fontsize=10, weight=weight)
    axes.locator_params(axis="x", nbins=7)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")


def _values(axes: Axes, comparison: RunComparison, name: str) -> None:
    found = comparison.of(name)
    for place, c in enumerate(found):
        _mark(axes, place, c.mean, (c.mean_low, c.mean_high), (c.p5, c.p95), GRAY if place == 0 else BLUE)
    unit = "" if found[0].unit == "1" else f" [{found[0].unit}]"
    less = " (less is better)" if found[0].direction == "less" else ""
    _lay_out(axes, short_names(comparison.runs), f"{name.replace('_', ' ')}{unit}{less}")


def _mark(
    axes: Axes, place: int, mean: float | None, interval: tuple[float | None, float | None],
    spread: tuple[float | None, float | None], color: str,
) -> None:  # fmt: skip
    """Draw a mean with its interval, before the spread of the replications."""
    for ends, width, shade in ((spread, 1.2, 0.9), (interval, 7.0, 0.5)):
        low, high = (np.nan if end is None else end for end in ends)
        axes.plot([low, high], [place, place], color=color, linewidth=width, alpha=shade, solid_capstyle="butt")
    if mean is not None:
        axes.plot([mean], [place], marker="o", markersize=5, color=color, markeredgecolor="black")


def _differences(axes: Axes, comparison: RunComparison, name: str) -> None:
    _, *others = comparison.of(name)
    for place, c in enumerate(others, start=1):
        spread = (c.difference_p5, c.difference_p95) if c.paired else (None, None)
        _mark(axes, place, c.difference, (c.low, c.high), spread, _color(c))
        axes.text(1.01, place, _told(c), transform=axes.get_yaxis_transform(), va="center", fontsize=8.5)
    axes.axvline(0.0, color="black", linewidth=0.8)
    within = "within each replication" if comparison.paired else "of the means"
    _lay_out(axes, [""] * (len(others) + 1), f"{subtracted(comparison.runs)}, {within}", "normal")
    axes.tick_params(axis="y", length=0)


def _color(contrast: RunContrast) -> str:
    """Return green for surely better on average, vermilion for surely worse, gray where the interval holds zero."""
    if contrast.difference is None or not contrast.sure:
        return GRAY
    return GREEN if (contrast.difference > 0.0) == (contrast.direction == "more") else VERMILION


def _told(contrast: RunContrast) -> str:
    if contrast.better is None or contrast.equal is None:
        return contrast.reason or ""
    if contrast.equal == 1.0:
        return "the same"
    sure = f"({percent(contrast.better_low)} to {percent(contrast.better_high)} %)"
    share = f"better in {percent(contrast.better)} %\n{sure}"
    return share if contrast.equal < 0.05 else f"{share}, same in {100.0 * contrast.equal:.0f} %"
