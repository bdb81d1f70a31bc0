"""Cost of a dose against demand, technology by technology: the S-curve, with what wins and what ends where."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    figure_of,
    headline,
    light_grid,
    new_axes,
    plain,
)
from exosim.scaling.scaling import Scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.scaling.screen import Screened

_COLORS = (VERMILION, BLUE, ORANGE, GREEN, PURPLE, SKY, GRAY)
_ASIDE, _TOP = 1.035, 10.0
"""Factor between the whiskers of two technologies, and over a cost above which a whisker is cut."""
_NEAR, _FREE = 1.5, 2.2
"""Factor between the costs of two ends below which their words would meet, and over the cheapest for room below."""
_KINDS = {
    "lots": "too many lots", "units": "too many units", "people": "too many people", "area": "too much floor",
    "room": "room full", "hold": "waits too long", "size": "unit too small", "time": "takes too long",
    "specification": "out of specification",
}  # fmt: skip


def scale_curve(found: Scaling) -> Axes:
    """Draw the cost of a dose over demand, both on logarithmic scales.

    A line for each technology with whiskers from 5 to 95 % of the worlds, a band for the cheapest; rings mark it for
    each demand, a cross where a technology ends with what binds. A square is what the facility says: the line times
    the cost in the facility over that of the estimate in the same worlds.

    Parameters
    ----------
    found : of :func:`exosim.scale`
    """
    axes = new_axes(10.0, 6.2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ends: list[tuple[float, float, str, str]] = []
    for place, (name, points) in enumerate(found.points.items()):
        color = _COLORS[place % len(_COLORS)]
        can = [point for point in points if point.feasible and math.isfinite(point.expected)]
        if can:
            _line(axes, can, found.titles[name], color, place - (len(found.points) - 1) / 2.0)
        if 0.0 < found.reach[name] < found.demands[-1] and can:
            first = next(point for point in points if not point.feasible)
            end = found.reach[name], _at(can, found.reach[name])
            axes.plot([can[-1].demand, end[0]], [can[-1].expected, end[1]], ":", color=color, linewidth=1.6, zorder=3)
            word = _KINDS[first.binding] + (f" ({first.held})" if first.held else "")
            ends.append((*end, color, word.replace("_", " ")))
    won = [one for one in found.winners if one is not None]
    _crosses(axes, ends, won)
    axes.fill_between(
        [one.demand for one in won], [one.quantile(0.05) for one in won],
        [min(one.quantile(0.95), _TOP * one.expected) for one in won], color=GRAY, alpha=0.12, linewidth=0, zorder=0,
    )  # fmt: skip
    axes.plot(
        [one.demand for one in won], [one.expected for one in won], "o", markersize=11, markerfacecolor="none",
        markeredgecolor="black", markeredgewidth=1.1, zorder=5, label="the cheapest",
    )  # fmt: skip
    _squares(axes, found)
    for demand, winner in zip(found.demands, found.winners, strict=True):
        if winner is None:
            axes.axvline(demand, color=GRAY, linewidth=0.8, linestyle=":")
            axes.annotate("nobody", (demand, 0.98), xycoords=("data", "axes fraction"), fontsize=8, color=GRAY,
                          rotation=90, ha="right", va="top")  # fmt: skip
    _dress(axes, found)
    return axes


def _line(axes: Axes, can: list[Screened], title: str, color: str, place: float) -> None:
    demand = [point.demand for point in can]
    cost = [point.expected for point in can]
    aside = np.array(demand) * _ASIDE**place
    low = [point.quantile(0.05) for point in can]
    high = [min(point.quantile(0.95), _TOP * point.expected) for point in can]
    axes.vlines(aside, low, high, color=color, linewidth=1.1, alpha=0.55, zorder=2)
    axes.plot(demand, cost, color=color, linewidth=2.0, marker=".", label=plain(title), zorder=3)


def _squares(axes: Axes, found: Scaling) -> None:
    """Draw what the facility says, at the line times its cost over that of the estimate in the same worlds."""
    known = [one for one in found.checks if math.isfinite(one.facility) and math.isfinite(one.estimate)]
    for one in known:
        point = found.points[one.technology][found.demands.index(one.demand)]
        axes.plot(
            [one.demand], [point.expected * one.facility / one.estimate], "s", markersize=5.5, zorder=7,
            color=_COLORS[list(found.points).index(one.technology) % len(_COLORS)], markeredgecolor="black",
            markeredgewidth=0.9, label="in the facility" if one is known[0] else None,
        )  # fmt: skip


def _at(can: list[Screened], demand: float) -> float:
    """Return the cost of a dose where a technology ends, on the line through its last two points."""
    x, y = (
        [math.log(value) for value in values] for values in zip(*((p.demand, p.expected) for p in can), strict=True)
    )
    slope = (y[-1] - y[-2]) / (x[-1] - x[-2]) if len(x) > 1 else 0.0
    return math.exp(y[-1] + slope * (math.log(demand) - x[-1]))


def _crosses(axes: Axes, ends: list[tuple[float, float, str, str]], won: list[Screened]) -> None:
    """Mark where technologies end; a word that would meet another goes below it, or higher where the cheapest is."""
    before = math.inf
    for demand, cost, color, word in sorted(ends):
        axes.plot([demand], [cost], "x", color=color, markersize=9, markeredgewidth=2.4, zorder=8)
        near = max(cost / before, before / cost) < _NEAR
        below = min(
            (one.expected for one in won if one.demand >= demand / 3.0), default=0.0, key=lambda c: abs(c - cost)
        )
        free = cost > _FREE * below
        shift, side = ((2, -9), "top") if near and free else ((7, 20 if near else 5), "bottom")
        before = cost
        axes.annotate(
            word, (demand, cost), shift, textcoords="offset points", fontsize=8.5, color=color, va=side, zorder=8
        )


def _dress(axes: Axes, found: Scaling) -> None:
    light_grid(axes, "x")
    light_grid(axes, "y")
    axes.set_xlabel("demand [doses a year]")
    axes.set_ylabel(plain(f"cost of a dose [{found.money}]"))
    headline(axes, f"{found.scenario.name.replace('_', ' ')}: what a dose costs at which demand")
    axes.legend(fontsize=8.5, frameon=False, loc="upper right")
    told = (
        f"Lines: {found.worlds:,} worlds together, whiskers and band 5 to 95 %, estimated without a clock. Squares: "
        "the same, times the cost in the facility over that of the estimate in the same worlds. Crosses: the largest "
        "demand that a technology can meet, and what binds."
    )
    figure_of(axes).supxlabel(textwrap.fill(told, 130), x=0.01, ha="left", fontsize=8)
