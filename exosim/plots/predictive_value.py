"""What a positive and a negative result are worth, over the share of those tested who have the condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim.physics.diagnosis import negative_predictive_value, positive_predictive_value
from exosim.plots.style import BLUE, GRAY, GREEN, headline, light_grid, new_axes, scientific
from exosim.results import Yields

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 121
_MOST_LANES = 2**14
_LEAST, _MOST = 1e-5, 0.5
_BAND = (0.05, 0.95)


def predictive_value(yields: Yields, ax: Axes | None = None) -> Axes:
    """Draw the predictive values of a test against prevalence, on a logarithmic axis.

    Parameters
    ----------
    yields : results of a scenario with a diagnostic test
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: medians and 5 to 95 % of the draws of sensitivity and specificity, and the prevalence of the scenario with
    what a positive result is worth there

    Raises
    ------
    KeyError
        when the scenario has no diagnostic test.
    """
    axes = new_axes() if ax is None else ax
    found = yields.values("sensitivity")[:_MOST_LANES], yields.values("specificity")[:_MOST_LANES]
    stated = _prevalence(yields)
    prevalence = np.geomspace(min(_LEAST, stated[0] / 3.0), max(_MOST, stated[2]), _POINTS)
    curves = ((positive_predictive_value, BLUE, "positive"), (negative_predictive_value, GREEN, "negative"))
    for share, color, name in curves:
        low, middle, high = np.array([_quantiles(np.asarray(share(*found, p))) for p in prevalence]).T
        axes.fill_between(100.0 * prevalence, 100.0 * low, 100.0 * high, color=color, alpha=0.2, linewidth=0)
        axes.plot(100.0 * prevalence, 100.0 * middle, color=color, label=f"{name} predictive value")
    _mark(axes, yields, stated)
    _dress(axes, yields, prevalence)
    return axes


def _quantiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 5 %, median and 95 % of the draws."""
    return np.asarray(np.quantile(values, (_BAND[0], 0.5, _BAND[1])))


def _prevalence(yields: Yields) -> tuple[float, float, float]:
    """Return 5 %, median and 95 % of the prevalence of the scenario."""
    path = "diagnostic.prevalence"
    given = yields.scenario.values(0, min(yields.kept, _MOST_LANES), yields.seed)[path]
    low, middle, high = _quantiles(np.atleast_1d(given))
    return float(low), float(middle), float(high)


def _mark(axes: Axes, yields: Yields, stated: tuple[float, float, float]) -> None:
    """Mark the prevalence of the scenario, and what a positive result is worth there."""
    low, middle, high = (100.0 * value for value in stated)
    worth = yields.summary("positive_predictive_value")
    if high > low:
        axes.axvspan(low, high, color=GRAY, alpha=0.12, linewidth=0)
    told = ""
    if worth.median is not None and worth.p5 is not None and worth.p95 is not None:
        axes.plot([middle], [100.0 * worth.median], "o", color=BLUE, markersize=6, zorder=3)
        told = f":\n{_percent(worth.median)} ({_percent(worth.p5)} to {_percent(worth.p95)})\nof the positive do"
    axes.axvline(middle, color=GRAY, linewidth=1.0, linestyle="--", label=f"here {middle:.3g} % have it{told}")


def _percent(share: float) -> str:
    return f"{scientific(100.0 * share)} %"


def _dress(axes: Axes, yields: Yields, prevalence: NDArray[np.float64]) -> None:
    from matplotlib.ticker import FuncFormatter

    axes.set_xscale("log")
    axes.set_xlim(100.0 * prevalence[0], 100.0 * prevalence[-1])
    axes.set_ylim(0.0, 103.0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("of those tested, have the condition [%]")
    axes.set_ylabel("predictive value [%]")
    light_grid(axes, "y")
    title = yields.scenario.title or yields.scenario.name
    headline(axes, f"{title}: what a result is worth, by prevalence")
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.95), framealpha=0.85, edgecolor="none")
