"""Steps over the volume of the batch: the hours that one unit works, and how often it is loaded or how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from exosim.plots.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, VERMILION, light_grid, new_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = (VERMILION, ORANGE, BLUE, GREEN, PURPLE)
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VolumeCourse:
    """What one step takes at each volume; arrays of shape (volumes,), bands of shape (2, volumes).

    Attributes
    ----------
    hours : that one unit works
    size : how often it is loaded, or how large it must be
    hours_band, size_band : the least and the most, where that is a range
    """

    hours: _Floats
    size: _Floats
    hours_band: _Floats | None = None
    size_band: _Floats | None = None

    def reach(self, volumes: _Floats, hours: float) -> float:
        """Return the largest of the `volumes` that is done in some `hours`; 0 where none is."""
        done = volumes[self.hours <= hours]
        return float(done.max(initial=0.0))


def over_volume(
    volumes: _Floats,
    steps: Mapping[str, VolumeCourse],
    hours: Mapping[str, float],
    sizes: Mapping[str, float],
    size_label: str,
) -> tuple[Axes, Axes]:
    """Draw hours and size of steps over the volume of the batch, with the limits that are crossed.

    Parameters
    ----------
    volumes : of the batch, ascending [L]
    steps : by name
    hours, sizes : limits by what they are, drawn across each panel; a dot where a step crosses one of its hours
    size_label : of the axis of the size

    Returns
    -------
    the axes of the hours and of the size
    """
    left, right = new_grid(1, 2, 11.0, 5.0, sharex=True)
    for (name, found), color in zip(steps.items(), _COLORS, strict=False):
        for axes, values, band in ((left, found.hours, found.hours_band), (right, found.size, found.size_band)):
            if band is not None:
                axes.fill_between(volumes, band[0], band[1], color=color, alpha=0.12, linewidth=0)
            axes.plot(volumes, values, color=color, linewidth=1.8, label=name)
    for axes in (left, right):
        axes.set(xscale="log", yscale="log", xlabel="volume of the batch [L]", xlim=(volumes[0], volumes[-1]))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:,.12g}")
        light_grid(axes, "y")
    for about, limit in hours.items():
        left.axhline(limit, color=GRAY, linestyle=":", linewidth=1.1)
        _written(left, about, (volumes[-1], limit), (-4, 3), GRAY, ha="right", va="bottom")
    for about, limit in sizes.items():
        right.axhline(limit, color=GRAY, linestyle=":", linewidth=1.1)
        _written(right, about, (volumes[0], limit), (6, -4), GRAY, ha="left", va="top")
    left.set_title("Hours of one unit, day and night", loc="left", weight="bold")
    right.set_title("How often it is loaded, or its size", loc="left", weight="bold")
    left.set_ylabel("hours")
    right.set_ylabel(size_label)
    _crossings(left, volumes, steps, hours)
    left.legend(loc="upper left", frameon=False, fontsize=9)
    return left, right


def _crossings(axes: Axes, volumes: _Floats, steps: Mapping[str, VolumeCourse], hours: Mapping[str, float]) -> None:
    """Mark up to which volume a step is done within each limit; the slowest is told above its line."""
    slowest = max(steps.values(), key=lambda found: float(found.hours[-1]))
    for found, color in zip(steps.values(), _COLORS, strict=False):
        for limit in hours.values():
            reach = found.reach(volumes, limit)
            if not volumes[0] < reach < volumes[-1]:
                continue
            axes.plot(reach, limit, "o", color=color, markersize=5)
            if found is slowest:
                _written(axes, f"{reach:.2g} L", (reach, limit), (-5, 4), color, ha="right", va="bottom")
            else:
                _written(axes, f"{reach:.2g} L", (reach, limit), (9, 0), color, ha="left", va="center")


def _written(
    axes: Axes,
    text: str,
    place: tuple[float, float],
    offset: tuple[float, float],
    color: str,
    *,
    ha: Literal["left", "right"],
    va: Literal["top", "center", "bottom"],
) -> None:
    axes.annotate(
        text,
        place,
        color=color,
        fontsize=8.5,
        ha=ha,
        va=va,
        xytext=offset,
        textcoords="offset points",
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.8},
    )
