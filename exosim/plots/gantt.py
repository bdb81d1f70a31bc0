"""The Gantt chart: which batch is on which unit when, with waits hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim.indicators import Window
from exosim.plots.style import BLUE, GRAY, GREEN, ORANGE, SKY, VERMILION, new_axes, plain
from exosim.results import FacilityResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DAY = 24.0
_COLORS = (BLUE, ORANGE, GREEN, SKY, VERMILION)
_LABELED = 6.0  # d: shorter stays carry no number


def gantt(results: FacilityResults, ax: Axes | None = None) -> Axes:
    """Draw the stays of batches on units in the first replication.

    Parameters
    ----------
    results : of a run in time
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: a row for each unit, a bar for each stay with the number of the batch, gray for turnaround; hatched is the
    time that a batch waited before it
    """
    window = results.first
    rows = [f"{e.id} {unit + 1}" for e in window.plant.equipment for unit in range(e.count)]
    axes = new_axes(10.0, 1.6 + 0.3 * len(rows)) if ax is None else ax
    place = {name: row for row, name in enumerate(rows)}
    batch_of = {(event.unit, event.time): event.batch for event in window.run.log if event.event == "start"}
    for _, unit, begin, end, turnaround in window.stays:
        row, batch = place[unit], batch_of.get((unit, begin), 0)
        color = _COLORS[batch % len(_COLORS)]
        axes.barh(
            row, (end - begin) / _DAY, left=begin / _DAY, height=0.7, color=color, edgecolor="white", linewidth=0.4
        )
        if turnaround:
            axes.barh(row, turnaround / _DAY, left=end / _DAY, height=0.7, color="#BBBBBB")
        if end - begin > _LABELED * _DAY:
            axes.text(
                (begin + end) / 2 / _DAY, row, str(batch + 1), ha="center", va="center", color="white", fontsize=8
            )
    _draw_waits(axes, window, place)
    axes.set_yticks(range(len(rows)), [plain(name.replace("_", " ")) for name in rows], fontsize=8.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0.0, window.run.hours / _DAY)
    axes.set_xlabel("time [d]; numbers: batches, gray: turnaround, hatched: waiting for the unit")
    title = results.scenario.title or results.scenario.name
    axes.set_title(plain(f"{title}: first replication"), loc="left", weight="bold")
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    return axes


def _draw_waits(axes: Axes, window: Window, place: dict[str, int]) -> None:
    for event in window.run.log:
        if event.event == "start" and event.unit and event.amount > 0.0:
            begin = (event.time - event.amount) / _DAY
            axes.barh(
                place[event.unit], event.amount / _DAY, left=begin, height=0.7, facecolor="none", edgecolor=GRAY,
                hatch="////", linewidth=0.0,
            )  # fmt: skip
