"""What one more of each resource brings: paired differences with their intervals, indicator by indicator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim.bottlenecks.gains import Gain, signed
from exosim.bottlenecks.search import Bottleneck
from exosim.bottlenecks.words import titled
from exosim.plots.style import BLUE, GRAY, GREEN, VERMILION, figure_of, light_grid, new_grid, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 24
_PANELS = 3
_GROUPED = 10_000.0
_LEGEND = (
    "Mean change with its 95 % interval. Green: better; vermilion: worse; blue: cannot be told from 0 among so many "
    "candidates; gray: no replication changes."
)
_COLORS = {"helps": GREEN, "hurts": VERMILION, "unclear": BLUE, "nothing": GRAY, "no value": GRAY}


def bottleneck(found: Bottleneck) -> tuple[Axes, ...]:
    """Draw what each candidate changes: dots with their 95 % intervals, the best first, beside the line of no change.

    Parameters
    ----------
    found : of :func:`exosim.bottleneck`

    Returns
    -------
    the axes: the indicator of the ranking, and up to two others in which a candidate changes anything

    Raises
    ------
    ValueError
        when there is no candidate.
    """
    if not found.candidates:
        raise ValueError("there is no candidate")
    names = [gain.candidate for gain in found.ranking][:_MOST]
    shown = [n for n in found.indicators if n == found.by or any((g.equal or 0.0) < 1.0 for g in found.of(n) if g.n)]
    rows = len(names) + (found.together is not None)
    panels = new_grid(1, len(shown[:_PANELS]), 4.6 + 3.4 * len(shown[:_PANELS]), 1.7 + 0.3 * rows, sharey=True)
    for axes, indicator in zip(panels, shown, strict=False):
        _panel(axes, found, indicator, names)
    labels = [*names, *([] if found.together is None else [found.together.name])]
    panels[0].set_yticks(range(rows), [plain(label.replace("_", " ")) for label in labels], fontsize=9)
    panels[0].set_ylim(rows - 0.4, -0.6)
    figure = figure_of(panels[0])
    title = f"{found.scenario.title or found.scenario.name}: what one more of each changes"
    figure.suptitle(plain(title), x=0.01, ha="left", weight="bold", fontsize=11)
    figure.supxlabel(f"{_LEGEND} {found.replications:,} paired replications.", x=0.01, ha="left", fontsize=8)
    return tuple(panels)


def _panel(axes: Axes, found: Bottleneck, indicator: str, names: list[str]) -> None:
    by_name = {gain.candidate: gain for gain in found.of(indicator)}
    gains = [by_name[name] for name in names]
    if found.together is not None:
        gains.append(found.at_once[indicator])
        axes.axhline(len(names) - 0.5, color="#BBBBBB", linewidth=0.8)
    for place, gain in enumerate(gains):
        _dot(axes, place, gain)
    axes.axvline(0.0, color="black", linewidth=0.9, zorder=1)
    light_grid(axes, "x")
    axes.margins(x=0.08)
    if all(gain.difference in (None, 0.0) for gain in gains):
        axes.set_xlim(-1.0, 1.0)
    axes.tick_params(axis="x", labelsize=8.5)
    if max(map(abs, axes.get_xlim())) >= _GROUPED:
        axes.xaxis.set_major_formatter("{x:,.0f}")
    gain = gains[0]
    unit = "" if gain.unit == "1" or gain.unit.endswith("/year") else f" [{gain.unit}]"
    now = "" if gain.without is None else f", now {signed(gain.without).lstrip('+')}"
    less = "; less is better" if gain.direction == "less" else ""
    axes.set_title(plain(f"{titled(indicator).removeprefix('the ')}{unit}{now}{less}"), loc="left", fontsize=10)


def _dot(axes: Axes, place: int, gain: Gain) -> None:
    if gain.difference is None:
        axes.text(0.0, place, "no value", fontsize=8, va="center", ha="center", color=GRAY)
        return
    color = _COLORS[gain.verdict]
    if gain.low is not None and gain.high is not None:
        axes.plot([gain.low, gain.high], [place, place], color=color, linewidth=2.0, solid_capstyle="butt", zorder=2)
    inside = "white" if gain.verdict == "nothing" else color
    size = 4 if gain.verdict == "nothing" else 6
    axes.plot([gain.difference], [place], "o", color=color, markerfacecolor=inside, markersize=size, zorder=3)
    if gain.verdict in ("helps", "hurts"):
        text, above = signed(gain.difference).replace("-", "\u2212"), (0, 4)
        axes.annotate(
            text, (gain.difference, place), above, textcoords="offset points", ha="center", va="bottom", fontsize=8
        )
