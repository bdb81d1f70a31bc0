"""Doses of a product and of its companion per batch, the pairs that they make, and which of the two limits them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exosim.plots.style import BLUE, GRAY, GREEN, VERMILION, light_grid, new_axes, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.results import Yields

_LEAST = 0.5
"""Where no dose is drawn on an axis of logarithms [dose]."""
_HEIGHT, _APART = 0.95, 0.24


def pairs(yields: Mapping[str, Yields]) -> Axes:
    """Draw the doses of a batch and its pairs as median and 5 to 95 % interval, for each of some scenarios.

    Parameters
    ----------
    yields : of scenarios with a companion, by the name that stands beside them; the first is drawn at the top

    Returns
    -------
    the axes; no dose at all stands at their left edge
    """
    axes = new_axes(9.0, 1.5 + _HEIGHT * len(yields))
    for row, found in enumerate(yields.values()):
        product, companion = found.scenario.declarations.dose, found.scenario.declarations.companion
        whose = companion.name if companion is not None else "companion"
        kinds = {"doses": f"doses in {product.kind}", "companion_doses": f"doses of {whose}", "dose_pairs": "pairs"}
        for place, (name, color) in enumerate(zip(kinds, (BLUE, GREEN, VERMILION), strict=True)):
            _interval(axes, found, name, row + (place - 1) * _APART, color, kinds[name] if row == 0 else "")
        share = found.summary("companion_limits").mean or 0.0
        limits = f"fewer doses of {whose}:\n{percent(100.0 * share, 0)} % of the batches"
        axes.annotate(limits, (1.0, row), (-4, 0), ("axes fraction", "data"), textcoords="offset points",
                      ha="right", va="center", fontsize=9, color=GRAY)  # fmt: skip
    axes.set(xscale="log", xlabel="whole doses or pairs of one batch, median and 5 to 95 % interval")
    axes.set_yticks(range(len(yields)), list(yields))
    axes.set_xlim(_LEAST, axes.get_xlim()[1] * 40.0)  # room for what limits
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
    light_grid(axes, "x")
    axes.set_title("Doses of either product, and the pairs that they make", loc="left", weight="bold")
    axes.set_ylim(len(yields) - 0.5, -0.6)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, frameon=False, fontsize=9)
    return axes


def _interval(axes: Axes, found: Yields, name: str, height: float, color: str, label: str) -> None:
    summary = found.summary(name)
    low, middle, high = (max(value or 0.0, _LEAST) for value in (summary.p5, summary.median, summary.p95))
    axes.plot([low, high], [height, height], color=color, linewidth=3.5, alpha=0.45, solid_capstyle="butt")
    axes.plot([middle], [height], "o", color=color, markersize=6, label=label or None)
    axes.annotate(f"{summary.median:,.0f}", (middle, height), (0, 5), textcoords="offset points",
                  ha="center", va="bottom", fontsize=8, color=color)  # fmt: skip
