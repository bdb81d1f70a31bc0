"""The front of a search: what one objective costs in another, beside the scenario as it stands."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from exosim.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    SKY,
    VERMILION,
    figure_of,
    headline,
    light_grid,
    new_axes,
    new_grid,
    plain,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.factor import Floats
    from exosim.study.front import Front

_ROOM = 0.08
"""Of the span of what is shown, on each side."""
_MOST_SETTINGS = 6
_MOST_LINKS = 60
_MANY = 150
"""More points than this are drawn smaller."""
_ORDER = ("front", "front on other draws", "knee", "scenario as it stands", "scenario on other draws", "dominated")


def pareto_front(found: Front) -> tuple[Axes, ...]:
    """Draw the front: two objectives against each other, or every two of several in a panel of its own.

    Filled dots are the front in the search, rings the same settings on other draws, a diamond the scenario as it
    stands, a star the knee with its settings. What is dominated is faint, and what breaks a limit a faint cross. Over
    the green area both objectives are better than in the scenario as it stands.

    Parameters
    ----------
    found : of :func:`exosim.front`

    Returns
    -------
    the axes: one for two objectives, else one for each pair

    Raises
    ------
    ValueError
        when no point meets all limits.
    """
    if not len(found.front):
        raise ValueError("no point meets all limits: there is no front to draw")
    pairs = list(itertools.combinations(range(len(found.objectives)), 2))
    if len(pairs) == 1:
        panels = [new_axes(9.2, 5.8)]
    else:
        panels = new_grid(-(-len(pairs) // 3), 3, 14.0, 1.0 + 4.4 * -(-len(pairs) // 3))
    for axes, pair in zip(panels, pairs, strict=True):
        _panel(axes, found, *pair)
    _words(panels, found)
    return tuple(panels)


def _panel(axes: Axes, found: Front, x: int, y: int) -> None:
    asked = [_values(found, found.values, at) for at in (x, y)]
    front = [values[found.front] for values in asked]
    base = [float(_values(found, found.base.values[:, None], at)[0]) for at in (x, y)]
    again = [None if found.fresh is None else _values(found, found.fresh.values, at) for at in (x, y)]
    _frame(axes, [front[0], base[0], again[0]], [front[1], base[1], again[1]])
    _better_than_base(axes, found, base, (x, y))
    faint = [values[found.allowed] for values in asked]
    axes.plot(*faint, ".", color=GRAY, alpha=0.25, markersize=4, zorder=2, label="dominated")
    if not found.allowed.all():
        refused = [values[~found.allowed] for values in asked]
        axes.plot(*refused, "x", color=GRAY, alpha=0.3, markersize=4, zorder=1, label="not allowed")
    _links(axes, front, again)
    if len(found.objectives) == 2:
        axes.plot(*front, drawstyle="steps-post", color=BLUE, linewidth=1.0, alpha=0.6, zorder=3)
        axes.plot(*front, "o", color=BLUE, markersize=5 if len(front[0]) < _MANY else 3.5, zorder=4, label="front")
    else:
        _colored(axes, found, front, ({0, 1, 2} - {x, y}).pop() if len(found.objectives) == 3 else None)
    axes.plot(*base, "D", color="black", markersize=8, zorder=6, label="scenario as it stands")
    _knee(axes, found, front)
    _limits(axes, found, x, y)
    for at, name in ((x, axes.set_xlabel), (y, axes.set_ylabel)):
        one = found.objectives[at]
        unit = found.unit(one.asked)
        name(plain(f"{one.asked.label}{'' if unit == '1' else f' [{unit}]'}, {one.sense} is better"))
    light_grid(axes, "x")
    light_grid(axes, "y")


def _values(found: Front, values: Floats, at: int) -> Floats:
    return np.asarray(values[found.questions.index(found.objectives[at].asked)])


def _frame(axes: Axes, xs: list[Any], ys: list[Any]) -> None:
    """Show the front, the base and what they are on other draws; dominated points may lie far outside."""
    for shown, limit in ((xs, axes.set_xlim), (ys, axes.set_ylim)):
        known = np.concatenate([np.ravel(one) for one in shown if one is not None])
        known = known[np.isfinite(known)]
        low, high = float(known.min()), float(known.max())
        room = _ROOM * ((high - low) or abs(high) or 1.0)
        limit(low - room, high + room)


def _better_than_base(axes: Axes, found: Front, base: list[float], places: tuple[int, int]) -> None:
    """Shade where both objectives are better than in the scenario as it stands."""
    if not np.isfinite(base).all():
        return
    ends = []
    for value, at, limits in zip(base, places, (axes.get_xlim(), axes.get_ylim()), strict=True):
        end = limits[0] if found.objectives[at].sense == "less" else limits[1]
        ends.append((min(value, end), max(value, end)))
    axes.fill_between(ends[0], [ends[1][0]] * 2, [ends[1][1]] * 2, color=GREEN, alpha=0.10, linewidth=0, zorder=0)


def _links(axes: Axes, front: list[Floats], again: list[Floats | None]) -> None:
    """Draw where the front stands on other draws, tied to where it stood in the search."""
    x, y = again
    if x is None or y is None:
        return
    if len(front[0]) <= _MOST_LINKS:
        ends = np.stack([np.stack([front[0], x[:-1]]), np.stack([front[1], y[:-1]])])
        axes.plot(*ends, color=SKY, linewidth=0.6, alpha=0.7, zorder=2)
    axes.plot(
        x[:-1], y[:-1], "o", markerfacecolor="none", markeredgecolor=SKY, markersize=5 if len(x) < _MANY else 3.5,
        alpha=1.0 if len(x) < _MANY else 0.5, zorder=3, label="front on other draws",
    )  # fmt: skip
    axes.plot(
        x[-1:], y[-1:], "D", markerfacecolor="none", markeredgecolor="black", markersize=8, zorder=5,
        label="scenario on other draws",
    )  # fmt: skip


def _colored(axes: Axes, found: Front, front: list[Floats], third: int | None) -> None:
    """Draw the front colored by the objective that the panel does not show, where there is one."""
    if third is None:
        axes.plot(*front, "o", color=BLUE, markersize=5, zorder=4, label="front")
        return
    one = found.objectives[third]
    values = _values(found, found.values, third)[found.front]
    dots = axes.scatter(
        front[0], front[1], 26 if len(values) < _MANY else 12, values, cmap="viridis", zorder=4, label="front"
    )
    unit = found.unit(one.asked)
    bar = figure_of(axes).colorbar(dots, ax=axes, location="top", shrink=0.9, pad=0.02)
    bar.set_label(plain(f"{one.asked.label}{'' if unit == '1' else f' [{unit}]'}"), fontsize=8.5)


def _knee(axes: Axes, found: Front, front: list[Floats]) -> None:
    if found.knee is None:
        return
    row = found.knee[0]
    at = float(front[0][row]), float(front[1][row])
    axes.plot(*at, "*", color=VERMILION, markersize=15, zorder=7, label="knee")
    if len(found.objectives) > 2:
        return
    point = zip(found.factors, found.points[found.front[row]], strict=True)
    told = [f"{factor.path} = {factor.told(float(value))}" for factor, value in point]
    words = "\n".join([*told[:_MOST_SETTINGS], *(["…"] if len(told) > _MOST_SETTINGS else [])])
    inward = axes.transAxes.inverted().transform(axes.transData.transform(at)) < 0.5
    shift = [26.0 if toward else -26.0 for toward in inward.tolist()]
    axes.annotate(
        plain(words), at, (shift[0], shift[1]), textcoords="offset points", fontsize=8.5, color=VERMILION,
        ha="left" if inward[0] else "right", va="bottom" if inward[1] else "top", zorder=8,
        arrowprops={"arrowstyle": "-", "color": VERMILION, "linewidth": 0.8},
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def _limits(axes: Axes, found: Front, x: int, y: int) -> None:
    """Draw the limits of what is on an axis."""
    for one in found.limits:
        for at, line in ((x, axes.axvline), (y, axes.axhline)):
            if one.asked == found.objectives[at].asked:
                line(one.limit, color=GRAY, linestyle="--", linewidth=1.0, zorder=1, label=plain(f"limit: {one}"))


def _words(panels: list[Axes], found: Front) -> None:
    """Set the title, the legend and what was asked below."""
    better = int(found.beats_base.sum())
    beats = f"{better:,} of them {'dominates' if better == 1 else 'dominate'}" if better else "none of them dominates"
    count = f"{len(found.front):,} best trade-offs"
    head = f"{found.name.replace('_', ' ')}: {count}, {beats} the scenario as it stands"
    figure = figure_of(panels[0])
    if len(panels) == 1:
        headline(panels[0], head)
        panels[0].legend(*_legend(panels[0]), fontsize=8.5, frameon=False, loc="best")
    else:
        figure.suptitle(plain(textwrap.fill(head, 115)), x=0.01, ha="left", weight="bold", fontsize=11.5)
        figure.legend(*_legend(panels[0]), fontsize=8.5, frameon=False, loc="outside right upper")
    outside = int((~_within(panels, found)).sum())
    draws = f"{found.draws:,} draw{'s' if found.draws > 1 else ''} of each"
    told = (
        f"{len(found.points):,} points asked, {int(found.allowed.sum()):,} allowed; {draws}, the "
        f"same worlds at every point. {f'{outside:,} points lie outside of the picture. ' if outside else ''}"
        f"Green: better than the scenario as it stands in both objectives.{_settings(found) if len(panels) > 1 else ''}"
    )
    width = 130 if len(panels) == 1 else 210
    figure.supxlabel(plain(textwrap.fill(told, width)), x=0.01, ha="left", fontsize=8)


def _settings(found: Front) -> str:
    """Return the settings of the knee as a sentence; nothing where there is none."""
    if found.knee is None:
        return ""
    point = zip(found.factors, found.points[found.front[found.knee[0]]], strict=True)
    return f" Knee: {', '.join(f'{factor.path} = {factor.told(float(value))}' for factor, value in point)}."


def _legend(axes: Axes) -> tuple[list[Any], list[str]]:
    """Return the entries of the legend, the front first and what was refused last."""
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda at: _ORDER.index(labels[at]) if labels[at] in _ORDER else len(_ORDER))
    return [handles[at] for at in order], [labels[at] for at in order]


def _within(panels: list[Axes], found: Front) -> Any:
    """Return which allowed points some panel does not cut off."""
    pairs = list(itertools.combinations(range(len(found.objectives)), 2))
    inside = np.ones(int(found.allowed.sum()), dtype=bool)
    for axes, (x, y) in zip(panels, pairs, strict=True):
        for at, (low, high) in ((x, axes.get_xlim()), (y, axes.get_ylim())):
            values = _values(found, found.values, at)[found.allowed]
            inside &= (values >= low) & (values <= high)
    return inside
