"""The Gantt chart: which batch is on which unit when, with waits hatched."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from exosim.plots.style import BLUE, DAY, GRAY, GREEN, ORANGE, SKY, VERMILION, headline, light_grid, new_axes, plain
from exosim.results import FacilityResults
from exosim.window import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = (BLUE, ORANGE, GREEN, SKY, VERMILION)
_ROWS = 120  # more units than these are not all shown
_DIGIT = 0.009  # of the horizon: what a digit of a batch number takes in a bar


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
    count = sum(e.count for e in window.plant.equipment)
    rows = _shown(window)
    axes = new_axes(10.0, 1.6 + 0.3 * len(rows)) if ax is None else ax
    place = {name: row for row, name in enumerate(rows)}
    arrivals = (event for event in window.run.log if event.event in ("start", "parallel", "begin") and event.unit)
    batch_of = {(event.unit, event.time): event.batch for event in arrivals}
    stays: dict[int, list[tuple[float, float]]] = defaultdict(list)
    cleaning: dict[int, list[tuple[float, float]]] = defaultdict(list)
    colors: dict[int, list[str]] = defaultdict(list)
    color_of, others = _batch_colors(window), _others(window)
    for _, unit, begin, end, turnaround in window.stays:
        if unit not in place:
            continue
        row, batch = place[unit], batch_of.get((unit, begin))
        stays[row].append((begin / DAY, (end - begin) / DAY))
        colors[row].append(GRAY if batch is None else color_of[batch])
        if turnaround:
            cleaning[row].append((end / DAY, turnaround / DAY))
        label = "" if batch is None else f"{batch + 1}{others.get((unit, begin), '')}"  # a preparation has no batch
        if end - begin > _DIGIT * len(label) * window.run.hours:
            axes.text((begin + end) / 2 / DAY, row, label, ha="center", va="center", color="white", fontsize=8)
    for row, spans in cleaning.items():
        axes.broken_barh(spans, (row - 0.35, 0.7), facecolors="#BBBBBB")
    for row, spans in stays.items():  # an edge in its own color keeps a stay of hours visible in a year
        axes.broken_barh(spans, (row - 0.35, 0.7), facecolors=colors[row], edgecolors=colors[row], linewidth=0.8)
    _draw_waits(axes, window, place)
    out = _draw_outages(axes, window, place)
    axes.set_yticks(range(len(rows)), [plain(name.replace("_", " ")) for name in rows], fontsize=8.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0.0, window.run.hours / DAY)
    left_out = f"; {len(rows)} of {count} units" if len(rows) < count else ""
    out_of_use = ", crossed: repair or service" if out else ""
    prepared = ", dark gray: preparation" if any(event.event == "prepare" for event in window.run.log) else ""
    shared = ", +: others in the same run" if others else ""
    waited = "the room or the unit" if any(e.room is not None for e in window.plant.equipment) else "the unit"
    waited += " or for others" if shared else ""
    shown = f"numbers: batches{shared}, gray: turnaround{prepared}, hatched: waiting for {waited}{out_of_use}{left_out}"
    axes.set_xlabel(f"time [d]; {shown}")
    products = dict.fromkeys(batch.campaign for batch in window.run.batches if batch.campaign)
    for product, color in zip(products, _COLORS * len(products), strict=False):
        axes.plot([], [], color=color, linewidth=6, label=plain(product))
    if products:
        axes.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=8.5)
    title = results.scenario.title or results.scenario.name
    headline(axes, f"{title}: first replication")
    light_grid(axes, "x")
    return axes


def _shown(window: Window) -> list[str]:
    """Return the units that are shown: all of them, or of very many the first of each class."""
    classes = window.plant.equipment
    many = sum(e.count for e in classes) > _ROWS
    most = max(_ROWS // len(classes), 1) if many else _ROWS
    return [f"{e.id} {unit + 1}" for e in classes for unit in range(min(e.count, most))]


def _batch_colors(window: Window) -> dict[int, str]:
    """Return the color of each batch: that of its product where there are several, otherwise in turn."""
    products = list(dict.fromkeys(batch.campaign for batch in window.run.batches))
    several = len(products) > 1
    return {
        b.number: _COLORS[(products.index(b.campaign) if several else b.number) % len(_COLORS)]
        for b in window.run.batches
    }


def _others(window: Window) -> dict[tuple[str, float], str]:
    """Return how many batches share a run with the one that leads it, by the unit and when that was taken."""
    led: dict[str, tuple[str, float]] = {}
    count: dict[tuple[str, float], int] = defaultdict(int)
    for event in window.by_event["run"]:
        if event.note == str(event.batch + 1):
            led[event.note] = event.unit, event.time
        else:
            count[led[event.note]] += 1
    return {run: f"+{number}" for run, number in count.items()}


def _draw_outages(axes: Axes, window: Window, place: dict[str, int]) -> bool:
    """Draw when units are repaired or serviced; returns whether any is."""
    outages: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for event in window.run.log:
        if event.event in ("down", "maintenance") and event.unit in place:
            outages[place[event.unit]].append((event.time / DAY, event.amount / DAY))
    for row, spans in outages.items():
        axes.broken_barh(spans, (row - 0.35, 0.7), facecolor="none", edgecolor="black", hatch="xxxx", linewidth=0.0)
    return bool(outages)


def _draw_waits(axes: Axes, window: Window, place: dict[str, int]) -> None:
    waits: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for event in window.run.log:
        if event.event == "start" and event.unit in place and event.amount > 0.0:
            waits[place[event.unit]].append(((event.time - event.amount) / DAY, event.amount / DAY))
    for row, spans in waits.items():
        axes.broken_barh(spans, (row - 0.35, 0.7), facecolor="none", edgecolor=GRAY, hatch="////", linewidth=0.0)
