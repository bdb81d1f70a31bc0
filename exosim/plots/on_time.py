"""Patients who each have a lot of their own, run by run: who was served in time, late, or never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from exosim.plots.style import GREEN, ORANGE, VERMILION, figure_of, headline, light_grid, new_axes, plain, short_names
from exosim.run_comparison.comparison import RunComparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PARTS: Mapping[str, tuple[str, str]] = {
    "patients_on_time": ("a whole course by the due date", GREEN),
    "patients_late": ("later, or still waiting", ORANGE),
    "patients_never_served": ("lot lost, or less than a course", VERMILION),
}
"""The shares that sum to 1: what each is called, and its color."""


def patients_on_time(comparison: RunComparison, names: Sequence[str] | None = None) -> Axes:
    """Draw the shares of the patients who were due, a bar for each run.

    Parameters
    ----------
    comparison : of :func:`exosim.compare` with runs in time
    names : what the runs are called below their bars; default: their own names, of variants that of the variant

    Returns
    -------
    the axes: mean shares of all replications, stacked; at the top of those served on time its 95 % interval

    Raises
    ------
    ValueError
        when no patients are due in the runs.
    """
    if ("patients_on_time", None) not in next(iter(comparison.runs.values())).indicators:
        raise ValueError("no patients are due in these runs: a promise and a course make them")
    shown = [plain(name) for name in names or short_names(comparison.runs)]
    ax = new_axes(1.6 + 1.05 * len(shown), 4.8)
    floor = [0.0] * len(shown)
    for part, (label, color) in _PARTS.items():
        shares = [100.0 * (one.mean or 0.0) for one in comparison.of(part)]
        ax.bar(range(len(shown)), shares, 0.72, bottom=floor, color=color, alpha=0.85, label=label)
        floor = [low + share for low, share in zip(floor, shares, strict=True)]
    for place, one in enumerate(comparison.of("patients_on_time")):
        _whisker(ax, place, one.mean or 0.0, one.mean_low, one.mean_high)
    ax.set_xticks(range(len(shown)), shown)
    ax.set_ylabel("patients due [%]")
    ax.set_ylim(0.0, 100.0)
    light_grid(ax, "y")
    headline(ax, "Patients who were due, with the 95 % interval of those on time")
    figure_of(ax).legend(loc="outside lower center", ncols=3, frameon=False)
    return ax


def _whisker(ax: Axes, place: int, mean: float, low: float | None, high: float | None) -> None:
    """Draw the interval of a share that was served on time, and write the share above it."""
    low, high = max(mean if low is None else low, 0.0), min(mean if high is None else high, 1.0)
    ends = [[100.0 * (mean - low)], [100.0 * (high - mean)]]
    ax.errorbar([place], [100.0 * mean], yerr=ends, color="black", capsize=4, linewidth=1.4)
    ax.text(place, 100.0 * high + 1.5, f"{100.0 * mean:.0f} %", ha="center", va="bottom", fontsize=9.5, weight="bold")
