"""The bars of a tornado: an answer at the low and the high end of each factor, about where the scenario stands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exosim.plots.factor_rows import FAINT, figure, frame, height_of, leading, name_rows, shown_factors
from exosim.plots.style import BLUE, GRAY, ORANGE, new_axes, plain
from exosim.study.tornado import Bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.factor import Factor
    from exosim.study.sensitivity import Sensitivity

_THICK, _ROW, _AROUND, _WIDE = 0.72, 0.42, 2.3, 11.0
_LETTER, _BESIDE = 0.066, 2.5
"""Width of a letter beside a bar, and of the swings beside the axes, inch."""


def tornado(found: Sensitivity, question: int = 0) -> Axes:
    """Draw what one question answers at the ends of each factor, what matters most on top.

    The values of the factor stand at the ends of its bars, the swing with its 95 % interval on the right. What is not
    told apart from chance is gray. Where both ends lie on one side of the base, the bars stand one above the other.

    Parameters
    ----------
    found : of the method ``one_at_a_time``
    question : its number, from 0

    Raises
    ------
    TypeError
        when it was found by another method.
    """
    bars = found.found[question]
    if not isinstance(bars, Bars):
        raise TypeError(f"a tornado is drawn of one factor at a time, not of {found.method}")
    shown = shown_factors(bars)
    axes = new_axes(_WIDE, _AROUND + _ROW * height_of(shown))
    for row, place in enumerate(shown):
        _draw_factor(axes, bars, found.factors[place], place, -row)
    if not math.isnan(bars.base):
        axes.axvline(bars.base, color="black", linewidth=1.1, zorder=4)
    name_rows(axes, found, shown)
    _make_room(axes, bars, [found.factors[place] for place in shown], shown)
    _write_around(axes, found, question, bars, shown)
    return axes


def _draw_factor(axes: Axes, bars: Bars, factor: Factor, place: int, row: int) -> None:
    low, high = float(bars.low[place]), float(bars.high[place])
    base = bars.base if not math.isnan(bars.base) else high if math.isnan(low) else low
    one_side = (low - base) * (high - base) > 0.0
    noise = bool(bars.noise[place])
    ends = ((low, float(bars.low_at[place]), BLUE, 1.0), (high, float(bars.high_at[place]), ORANGE, -1.0))
    for (answer, value, color, upper), left in zip(ends, _sides(low, high, base), strict=True):
        y = row + upper * _THICK / 4.0 if one_side else float(row)
        at = base if math.isnan(answer) else answer
        axes.barh(y, at - base, _THICK / 2.0 if one_side else _THICK, base, color=GRAY if noise else color, zorder=3,
                  alpha=FAINT if noise else 1.0)  # fmt: skip
        text = factor.told(value) + (": no answer" if math.isnan(answer) else "")
        axes.annotate(plain(text), (at, y), (-4.0 if left else 4.0, 0.0), textcoords="offset points", fontsize=8,
                      ha="right" if left else "left", va="center", color="#333333", zorder=5)  # fmt: skip
    axes.annotate(_swing(bars, place), (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8,
                  color=GRAY if noise else "black", annotation_clip=False)  # fmt: skip


def _sides(low: float, high: float, base: float) -> tuple[bool, bool]:
    """Return whether what is written of each end stands on its left; an end at the base leaves room for the other."""
    is_left = low < base or (not low > base and not high < base)
    return is_left, high < base or (not high > base and not is_left)


def _swing(bars: Bars, place: int) -> str:
    swing, low, high = (float(values[place]) for values in (bars.swing, bars.swing_low, bars.swing_high))
    if math.isnan(swing):
        return "not known"
    return figure(swing) if math.isnan(low) else f"{figure(swing)}  ({figure(low)} to {figure(high)})"


def _make_room(axes: Axes, bars: Bars, factors: list[Factor], shown: list[int]) -> None:
    """Widen the axis, so that what is written at the ends of the bars stands inside."""
    inside = _WIDE - _BESIDE - 0.075 * max((len(factor.path) for factor in factors), default=0) - 0.6
    points: list[tuple[float, float, float]] = [] if math.isnan(bars.base) else [(bars.base, 0.0, 0.0)]
    for factor, place in zip(factors, shown, strict=True):
        low, high = float(bars.low[place]), float(bars.high[place])
        base = bars.base if not math.isnan(bars.base) else high if math.isnan(low) else low
        ends = zip((low, high), (bars.low_at[place], bars.high_at[place]), _sides(low, high, base), strict=True)
        for answer, value, left in ends:
            wide = (_LETTER * len(factor.told(float(value))) + 0.12) / inside
            points.append((base if math.isnan(answer) else answer, wide if left else 0.0, 0.0 if left else wide))
    if not points:
        return
    start, stop = (edge(at for at, _, _ in points) for edge in (min, max))
    span = (stop - start) or abs(start) or 1.0
    for _ in range(20):
        low, high = min(at - left * span for at, left, _ in points), max(at + right * span for at, _, right in points)
        span = high - low
    axes.set_xlim(low - 0.02 * span, high + 0.02 * span)


def _write_around(axes: Axes, found: Sensitivity, question: int, bars: Bars, shown: list[int]) -> None:
    from matplotlib.patches import Patch

    asked, unit = found.asked[question].label, found.units[question]
    axes.set_xlabel(plain(asked if unit == "1" else f"{asked} [{unit}]"))
    axes.annotate("swing (95 % interval)", (1.01, 1.0), xycoords="axes fraction", va="bottom", fontsize=8,
                  weight="bold", annotation_clip=False)  # fmt: skip
    handles = [Patch(color=BLUE, label="factor at its low end"), Patch(color=ORANGE, label="at its high end")]
    if any(bars.noise[place] for place in shown):
        handles.append(Patch(color=GRAY, alpha=FAINT, label="noise: not told apart from no influence"))
    axes.legend(handles=handles, fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=3)
    first = leading(found, bars)
    end = f"hangs most on {first}" if first else "hangs on none of these factors, as far as can be told"
    told = (
        "One factor at a time, all others where the scenario stands "
        f"({'no answer there' if math.isnan(bars.base) else f'black line: {figure(bars.base)}'}). "
        f"All points share the same {found.draws:,} draws."
    )
    frame(axes, found, bars, shown, f"the {asked} {end}", told)
