"""The yield curve: vesicles harvested over the time of the culture, with their interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import BLUE, DAY, GRAY, ORANGE, headline, light_grid, new_axes, scientific
from exosim.results import Yields

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BANDS = ((0.05, 0.95, 0.16, "5 to 95 %"), (0.25, 0.75, 0.30, "25 to 75 %"))


def yield_curve(yields: Yields, ax: Axes | None = None) -> Axes:
    """Draw the vesicles harvested so far against the time of the culture.

    Parameters
    ----------
    yields : results of a recipe with a culture
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: bands and median of the cumulative harvest, a mark at each harvest, and what the cells secreted meanwhile

    Raises
    ------
    KeyError
        when the recipe has no culture.
    """
    axes = new_axes() if ax is None else ax
    days = yields.course("time")[:, 0] / DAY
    begin = days[0] - (days[1] - days[0] if len(days) > 1 else days[0])
    times = np.concatenate([[begin], days])
    harvested, secreted = _cumulative(yields, "harvested"), _cumulative(yields, "secreted")
    for low, high, alpha, label in _BANDS:
        lower, upper = np.quantile(harvested, (low, high), axis=1)
        axes.fill_between(times, lower, upper, color=BLUE, alpha=alpha, linewidth=0, label=f"harvested, {label}")
    median = np.median(harvested, axis=1)
    axes.plot(times, np.median(secreted, axis=1), color=ORANGE, linestyle="--", label="secreted, median")
    axes.plot(
        times, median, color=BLUE, marker="o", markersize=4.5, markevery=slice(1, None), label="harvested, median"
    )
    _mark_growth(axes, begin)
    highest = float(np.quantile(harvested[-1], 0.95))
    ends = ((BLUE, "harvested", median[-1], "top"), (ORANGE, "secreted", np.median(secreted[-1]), "bottom"))
    for color, name, value, side in ends:
        label = f"{name}\n{scientific(float(value))} EV"
        axes.text(
            1.01,
            min(float(value), highest),
            label,
            color=color,
            va=side,
            weight="bold",
            transform=axes.get_yaxis_transform(),
        )
    _scale(axes, highest, times)
    title = yields.scenario.title or yields.scenario.name
    headline(axes, f"{title}: vesicles from {len(days)} harvests")
    light_grid(axes, "y")
    axes.legend(loc="upper left", bbox_to_anchor=(max(begin, 0.0) / (times[-1] * 1.01), 1.0), frameon=False)
    return axes


def _cumulative(yields: Yields, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the running sum over the harvests, from 0, shape (harvests + 1, draws)."""
    series = yields.course(name)
    return np.concatenate([np.zeros((1, series.shape[1])), np.cumsum(series, axis=0)])


def _scale(axes: Axes, highest: float, times: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """Label the axes; the vesicles are counted in a power of ten that stands in the label."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    power = 10.0 ** np.floor(np.log10(max(highest, 1.0)))
    axes.set_xlim(0.0, times[-1] * 1.01)
    axes.set_ylim(0.0, highest * 1.05)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / power:g}"))
    axes.set_xlabel("time since inoculation [d]")
    axes.set_ylabel(f"vesicles so far [{scientific(power, 1)} EV]".replace("1×", ""))


def _mark_growth(axes: Axes, begin: float) -> None:
    if begin <= 0.0:
        return
    axes.axvspan(0.0, begin, color="#EEEEEE", linewidth=0)
    axes.text(begin / 2, 0.03, "growth", color=GRAY, ha="center", va="bottom", transform=axes.get_xaxis_transform())
