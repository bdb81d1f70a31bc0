"""The lots of a run: how long each was on the line, in tests and in review, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exosim.plots.style import BLUE, DAY, GRAY, GREEN, ORANGE, SKY, VERMILION, headline, light_grid, new_axes, plain
from exosim.records import BatchRecord
from exosim.release import REVIEW
from exosim.results import FacilityResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 60
_PARTS = (
    ("on the line", BLUE),
    ("tests, closures of deviations, early reviews", ORANGE),
    ("review and disposition", SKY),
)
_ENDS = {
    "finished": ("finished", "o", GREEN),
    "released": ("released", "o", GREEN),
    "released_with_deviation": ("released with deviation", "D", ORANGE),
    "rejected": ("lost or rejected", "X", VERMILION),
}


class _Course(NamedTuple):
    """When the parts of the course of a lot end [h]: the recipe, what runs beside it, the reviews."""

    made: float
    ready: float
    ended: float


def lots(results: FacilityResults, ax: Axes | None = None) -> Axes:
    """Draw the lots of the first replication from their start to their disposition.

    Parameters
    ----------
    results : of a run in time
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: a row for each lot; its parts by color, its disposition as a mark at its end, a bar in the color of a
    release where doses could leave before
    """
    window = results.first
    shown = [b for b in window.run.batches if b.disposition != "turned_away"][:_MOST]
    axes = new_axes(9.0, 1.7 + 0.2 * len(shown)) if ax is None else ax
    ready = _ready(results)
    for row, batch in enumerate(shown):
        _draw(axes, row, batch, _course(batch, ready, window.run.hours))
    for label, color in _PARTS:
        axes.plot([], [], color=color, linewidth=6, label=label)
    for disposition, (label, marker, color) in _ENDS.items():
        if any(batch.disposition == disposition for batch in shown):
            axes.plot([], [], marker, color=color, markeredgecolor="black", label=label)
    if any(_early(batch) for batch in shown):
        axes.plot([], [], "|", color=GREEN, markersize=9, markeredgewidth=2.5, label="conditional release")
    axes.set_yticks(range(len(shown)), [plain(f"{b.campaign} {b.number + 1}".strip()) for b in shown], fontsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0.0, window.run.hours / DAY)
    left_out = f"; the first {len(shown)} of {len(window.run.batches)}" if len(shown) < len(window.run.batches) else ""
    axes.set_xlabel(f"time [d]{left_out}")
    axes.set_ylabel("lot")
    axes.legend(frameon=False, fontsize=8.5, loc="upper right")
    title = results.scenario.title or results.scenario.name
    headline(axes, f"{title}: lots of the first replication")
    light_grid(axes, "x")
    return axes


def _ready(results: FacilityResults) -> dict[int, float]:
    """Return when the last reviews of each lot could begin, by its number: when all that runs beside them was done."""
    release = results.scenario.declarations.plant.release
    reviews = {} if release is None else release.reviews
    late = {f"{REVIEW}{name}" for name, (_, table) in reviews.items() if table.after == "results"}
    found: dict[int, float] = {}
    for event in results.first.run.log:
        if event.event == "ask" and event.procedure in late:
            found.setdefault(event.batch, event.time)
    return found


def _course(batch: BatchRecord, ready: dict[int, float], end: float) -> _Course:
    ended = end if batch.ended is None else batch.ended
    made = ended if batch.manufactured is None else batch.manufactured
    return _Course(made, max(made, min(ready.get(batch.number, ended), ended)), ended)


def _draw(axes: Axes, row: int, batch: BatchRecord, course: _Course) -> None:
    begin = batch.started
    for (_, color), end in zip(_PARTS, course, strict=True):
        if end > begin:
            axes.barh(row, (end - begin) / DAY, left=begin / DAY, height=0.62, color=color)
        begin = end
    if batch.available is not None and _early(batch):
        axes.plot([batch.available / DAY] * 2, [row - 0.42, row + 0.42], color=GREEN, linewidth=2.5)
    if batch.ended is not None:
        _, marker, color = _ENDS[batch.disposition]
        axes.plot(batch.ended / DAY, row, marker, color=color, markeredgecolor="black", markersize=6)
    else:
        axes.text(course.ended / DAY, row, " …", va="center", color=GRAY)


def _early(batch: BatchRecord) -> bool:
    """Return whether doses could leave before the lot had its disposition."""
    return batch.available is not None and (batch.ended is None or batch.available < batch.ended)
