"""A screening: how much each factor moves an answer, against how much that hangs on all others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from exosim.plots.factor_rows import frame, leading
from exosim.plots.style import BLUE, GRAY, light_grid, new_axes, plain
from exosim.study.morris import ElementaryEffects

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.sensitivity import Sensitivity

MOST_LABELS = 14
_WIDE, _HIGH = 9.0, 6.0
_LETTER, _LINE = 0.062, 0.17  # inch, at the size of the labels
_MARKER = 0.05  # inch
_Box: TypeAlias = tuple[float, float, float, float]
"""Left, right, bottom and top [inch]."""


def elementary_effects(found: Sensitivity, question: int = 0) -> Axes:
    """Draw the mean size of the effects of each factor, with its 95 % interval, against their spread.

    Far right: a factor that matters. High up: its effect is not the same everywhere, because it bends or because it
    hangs on others. Factors of which the interval reaches 0 are gray.

    Parameters
    ----------
    found : of the method ``morris``
    question : its number, from 0

    Raises
    ------
    TypeError
        when it was found by another method.
    """
    effects = found.found[question]
    if not isinstance(effects, ElementaryEffects):
        raise TypeError(f"elementary effects are drawn of the method morris, not of {found.method}")
    axes = new_axes(_WIDE, _HIGH)
    shown = [place for place in effects.order if not math.isnan(effects.mu_star[place])]
    for place in shown:
        color = GRAY if effects.noise[place] else BLUE
        low, middle, high = (float(v[place]) for v in (effects.mu_star_low, effects.mu_star, effects.mu_star_high))
        y = float(effects.sigma[place])
        axes.plot([low, high], [y, y], color=color, linewidth=1.1, alpha=0.7, zorder=2)
        axes.plot([middle], [y], "o", color=color, markersize=6, zorder=3)
    right = 1.25 * float(np.nanmax(np.append(effects.mu_star_high[shown], 0.0))) or 1.0
    top = 1.12 * float(np.nanmax(np.append(effects.sigma[shown], 0.0))) or 1.0
    axes.set_xlim(-0.03 * right, right)
    axes.set_ylim(-0.05 * top, top)
    _draw_line(axes, right, top)
    sure = [place for place in shown if not effects.noise[place]]
    named = _name_points(axes, found, effects, sure[:MOST_LABELS])
    _write_around(axes, found, question, effects, len(sure) - named)
    return axes


def _draw_line(axes: Axes, right: float, top: float) -> None:
    """Draw where the spread is as large as the mean size."""
    end = min(right, top)
    axes.plot([0.0, end], [0.0, end], ":", color=GRAY, linewidth=1.0, zorder=1)
    axes.annotate("as much spread as effect", (0.97 * end, 0.97 * end), (-9, 0), textcoords="offset points", fontsize=8,
                  color=GRAY, ha="right", va="top")  # fmt: skip


def _name_points(axes: Axes, found: Sensitivity, effects: ElementaryEffects, places: list[int]) -> int:
    """Write the names beside the points, each where nothing stands yet; return how many found a place."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    per_inch = np.array([(right - left) / (_WIDE - 1.2), (top - bottom) / (_HIGH - 1.6)])
    room = (left / per_inch[0], right / per_inch[0], bottom / per_inch[1], top / per_inch[1])
    points = {place: np.array([effects.mu_star[place], effects.sigma[place]]) / per_inch for place in places}
    taken: list[_Box] = [_around(x, y) for x, y in points.values()]
    named = 0
    for place, at in points.items():
        name = found.factors[place].path
        wide = _LETTER * len(name)
        for x, y, side in _places_beside():
            start = at[0] + x - (wide if side == "right" else 0.0)
            box = (start, start + wide, at[1] + y - _LINE / 2.0, at[1] + y + _LINE / 2.0)
            if _is_within(box, room) and not any(_meet(box, other) for other in taken):
                break
        else:
            continue
        taken.append(box)
        named += 1
        axes.annotate(
            plain(name), (effects.mu_star[place], effects.sigma[place]), (72.0 * x, 72.0 * y),
            textcoords="offset points", fontsize=8, ha="left" if side == "left" else "right", va="center", zorder=4,
        )  # fmt: skip
    return named


def _places_beside() -> list[tuple[float, float, str]]:
    """Return offsets [inch] of a name from its point, the nearest first, and on which side it begins."""
    rises = (0.11, -0.13, 0.19, -0.21)
    return [(0.09, rise, "left") for rise in rises] + [(-0.09, rise, "right") for rise in rises]


def _around(x: float, y: float) -> _Box:
    return x - _MARKER, x + _MARKER, y - _MARKER, y + _MARKER


def _is_within(box: _Box, room: _Box) -> bool:
    return room[0] < box[0] and box[1] < room[1] and room[2] < box[2] and box[3] < room[3]


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _write_around(axes: Axes, found: Sensitivity, question: int, effects: ElementaryEffects, left: int) -> None:
    asked, unit = found.asked[question].label, found.units[question]
    shown = "" if unit == "1" else f" [{unit}]"
    axes.set_xlabel(plain(f"mean size of the effect on the {asked}{shown}, per whole range of the factor"))
    axes.set_ylabel(plain(f"spread of the effect{shown}"))
    light_grid(axes, "x")
    light_grid(axes, "y")
    sure = [found.factors[place].path for place in effects.order if not effects.noise[place]]
    first = leading(found, effects)
    end = f"is moved most by {first}" if first else "is moved by no factor, as far as can be told"
    gray = " Gray: noise, the interval reaches 0." if len(sure) < len(effects.order) else ""
    more = f" Without a name here, for lack of room: {left}." if left else ""
    told = (
        f"Elementary effects (Morris) on {found.samples} trajectories with {found.levels} levels "
        f"({len(found.answers.points):,} points). Whiskers: 95 % intervals.{gray}{more}"
    )
    everything = [place for place in effects.order if effects.mu_star[place] > 0.0]
    frame(axes, found, effects, everything, f"the {asked} {end}", told)
