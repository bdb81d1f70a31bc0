"""Scenarios side by side, as small multiples: each headline, and its paired difference to the first scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exosim.comparison import IN_SPECIFICATION, Comparison, Contrast
from exosim.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    VERMILION,
    figure_of,
    light_grid,
    new_grid,
    plain,
    scientific,
    short_names,
    subtracted,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = (
    "doses",
    "positive_predictive_value",
    "detected_change",
    "ev_yield",
    "cell_yield",
    "evs_per_protein",
    "particles_per_protein",
    IN_SPECIFICATION,
    "interference",
    "batch_duration",
    "purity_relative_to_ceiling",
    "fold_expansion",
)
_MOST = 5
_TIES = 0.05
_WIDE = 100.0  # between the 5 % and the 95 % quantile: an axis of ratios
_TITLES = {
    "doses": "doses per batch",
    "ev_yield": "EV yield",
    "cell_yield": "cell yield",
    "evs_per_protein": "purity, true",
    "particles_per_protein": "purity, as counted",
    "purity_relative_to_ceiling": "purity over its ceiling",
    "fold_expansion": "fold expansion",
    "potent_doses": "doses at full potency",
    "relative_potency": "relative potency",
    "cargo_per_dose": "cargo per dose, true",
    "apparent_cargo_per_dose": "cargo per dose, apparent",
    "cargo_per_vesicle": "molecules per vesicle, true",
    "apparent_cargo_per_vesicle": "molecules per vesicle, apparent",
    "truly_loaded": "share truly loaded",
    "lost_in_loading": "vesicles lost in loading (less is better)",
    "batch_duration": "process time (less is better)",
    "positive_predictive_value": "positive predictive value",
    "detected_change": "rise that one visit detects (less is better)",
    "interference": "signal that is no vesicle (less is better)",
    IN_SPECIFICATION: "draws within specification",
}


def contrasts(comparison: Comparison, quantities: tuple[str, ...] | None = None) -> tuple[Axes, ...]:
    """Draw headlines of all scenarios, and beside each the paired differences to the first scenario.

    Parameters
    ----------
    comparison : of :func:`exosim.compare`
    quantities : headlines; default: up to five in which the scenarios differ

    Returns
    -------
    the axes, two for each headline: on the left median, 25 to 75 % and 5 to 95 % of the draws; on the right the same of
    the difference within each draw, as percentages of the median of the first, with the probability to be better

    Raises
    ------
    ValueError
        when the scenarios do not differ in any headline.
    """
    names = quantities or shown_contrasts(comparison)
    if not names:
        raise ValueError("the scenarios differ in no headline")
    count = len(comparison.scenarios)
    panels = new_grid(len(names), 2, 10.4, 1.0 + len(names) * (0.75 + 0.27 * count))
    for row, name in enumerate(names):
        left, right = panels[2 * row : 2 * row + 2]
        _values(left, comparison, name)
        _differences(right, comparison, name)
    figure = figure_of(panels[0])
    text = (
        f"{count} scenarios on the same {comparison.draws:,} draws; lines are 5 to 95 % of the draws, bars 25 to 75 %"
    )
    figure.suptitle(plain(text), x=0.01, ha="left", weight="bold", fontsize=11)
    return tuple(panels)


def shown_contrasts(comparison: Comparison) -> tuple[str, ...]:
    """Return up to five headlines in which the scenarios differ and which all of them report."""
    differing = comparison.differing()
    found = (n for n in _SHOWN if n in differing and all(contrast.n for contrast in comparison.of(n)))
    return tuple(found)[:_MOST]


def _heading(comparison: Comparison, name: str) -> str:
    unit = comparison.of(name)[0].unit
    return _TITLES.get(name, name) + ("" if unit == "1" else f" [{unit}]")


def _lay_out(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(len(names) - 0.45, -0.55)
    light_grid(axes, "x")
    axes.tick_params(axis="x", labelsize=8.5)


def _values(axes: Axes, comparison: Comparison, name: str) -> None:
    for place, contrast in enumerate(comparison.of(name)):
        if name == IN_SPECIFICATION:
            axes.barh(place, 100.0 * (contrast.mean or 0.0), color=GRAY if place == 0 else BLUE, height=0.5)
        else:
            _whisker(axes, place, comparison.values(name, contrast.scenario), GRAY if place == 0 else BLUE)
    _lay_out(axes, short_names(comparison.scenarios))
    spread = [(contrast.p5 or 0.0, contrast.p95 or 0.0) for contrast in comparison.of(name)]
    if name == IN_SPECIFICATION:
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("%", fontsize=8.5, labelpad=0)
    elif min(low for low, _ in spread) > 0.0 and max(high / low for low, high in spread) > _WIDE**0.5:
        _logarithmic(axes)
    axes.set_title(plain(_heading(comparison, name)), loc="left", fontsize=10, weight="bold")


def _logarithmic(axes: Axes) -> None:
    """Make the axis one of ratios, with plain numbers at 1, 2 and 5 of each decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.0f}" if 1.0 <= value < 1e5 else scientific(value, 1))
    )


def _whisker(axes: Axes, place: int, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], color: str) -> None:
    low, first, middle, last, high = map(float, np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)))
    axes.plot([low, high], [place, place], color=color, linewidth=1.6, solid_capstyle="butt")
    axes.plot([first, last], [place, place], color=color, linewidth=7, alpha=0.55, solid_capstyle="butt")
    axes.plot([middle], [place], marker="|", markersize=11, markeredgewidth=2.2, color="black")


def _differences(axes: Axes, comparison: Comparison, name: str) -> None:
    first, *others = comparison.of(name)
    base = abs(first.typical or 0.0) or 1.0
    scale = 100.0 if name == IN_SPECIFICATION else 100.0 / base
    reference = comparison.values(name, first.scenario)
    for place, contrast in enumerate(others, start=1):
        color = _color(contrast)
        if name == IN_SPECIFICATION:
            axes.barh(place, scale * (contrast.difference or 0.0), color=color, height=0.5, alpha=0.55)
            axes.plot([scale * (contrast.low or 0.0), scale * (contrast.high or 0.0)], [place] * 2, color="black")
        else:
            _whisker(axes, place, scale * (comparison.values(name, contrast.scenario) - reference), color)
        axes.text(1.01, place, _told(contrast), transform=axes.get_yaxis_transform(), va="center", fontsize=8.5)
    axes.axvline(0.0, color="black", linewidth=0.8)
    _lay_out(axes, [""] * (len(others) + 1))
    axes.tick_params(axis="y", length=0)
    unit = "percentage points" if name == IN_SPECIFICATION else f"% of {scientific(base, 2)}"
    axes.set_title(f"{subtracted(comparison.scenarios)}, draw by draw [{unit}]", loc="left", fontsize=9.5)


def _color(contrast: Contrast) -> str:
    """Return green for better on average, vermilion for worse, gray where neither is better."""
    difference = contrast.difference or 0.0
    if contrast.direction == "neither" or difference == 0.0:
        return GRAY
    return GREEN if (difference > 0.0) == (contrast.direction == "more") else VERMILION


def _told(contrast: Contrast) -> str:
    if contrast.better is None or contrast.equal is None:
        return ""
    if contrast.equal > 0.999:
        return "the same"
    if contrast.better in (0.0, 1.0):
        return "better in no draw" if contrast.better == 0.0 else "better in all draws"
    equal = f",\nthe same in {_percent(contrast.equal)} %" if contrast.equal > _TIES else ""
    return f"better in {_percent(contrast.better)} %{equal}"


def _percent(share: float) -> str:
    """Return a share in percent; what is not quite none or all does not look like it."""
    percent = f"{100.0 * share:.1f}".removesuffix(".0")
    return {"0": "under 0.1", "100": "over 99.9"}.get(percent, percent)
