"""The timeline of a lot: what was done on it and what it waited for, step by step, with the critical path."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from exosim.attribution.causes import CAUSES, Group, Span
from exosim.attribution.why import Why
from exosim.attribution.words import days, plain_place, who
from exosim.plots.style import BLUE, DAY, GRAY, GREEN, ORANGE, PURPLE, SKY, VERMILION, figure_of, new_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOOKS: Mapping[Group, tuple[str, str, str]] = {
    "work": ("work", BLUE, ""),
    "laboratory": ("tests and reviews", GREEN, ""),
    "again": ("done again, investigated, closed", VERMILION, ""),
    "unit": ("waits for a unit", ORANGE, "////"),
    "room": ("waits for a room", PURPLE, r"\\\\"),
    "people": ("waits for people", "#B59B00", "////"),
    "off": ("nobody at work", GRAY, "...."),
    "supply": ("waits for material or a utility", SKY, "////"),
    "sharing": ("waits for a run to fill", GREEN, "////"),
    "failure": ("failure or repair", VERMILION, "xxxx"),
    "open": ("unexplained", "black", "++++"),
}
"""How causes look, by what they belong to: what it is called, color, hatch."""
_HEIGHT = 0.62
_SPACE = 0.05
"""Of the width: a bar that is longer has its hours written in it."""
_ROOM = 0.22
"""Of the width: a wait that is longer says, too, who had what the lot waited for."""
_LONGEST = 130  # letters of what became of a lot


def lot_timeline(why: Why, ax: Axes | None = None) -> Axes:
    """Draw the timeline of a lot.

    Parameters
    ----------
    why : of :func:`exosim.why`
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: a row for the lot as planned, then for each procedure and each job of the laboratory; solid bars are work,
    hatched ones waits by their cause, gray columns weekends and closed days; the critical path is outlined and
    connected, and what ran beside it is pale
    """
    rows = _rows(why)
    axes = new_axes(11.0, 2.1 + 0.36 * (len(rows) + 1)) if ax is None else ax
    last = max([why.path.end, *(span.end for spans in rows.values() for span in spans)])
    _shade(axes, why, last)
    width = last - why.path.begin
    _draw_row(axes, 0, why.plan, why, width, pale=True)
    for row, (place, spans) in enumerate(rows.items(), start=1):
        beside = [span for span in spans if not _within(span, why.path.critical)]
        _draw_row(axes, row, beside, why, width, pale=True)
        _draw_row(axes, row, [s for s in why.path.critical if s.place == place], why, width, pale=False)
    _connect(axes, why, list(rows))
    _dress(axes, why, rows, last)
    return axes


def _rows(why: Why) -> dict[str, Sequence[Span]]:
    """Return the spans of each procedure and job, in the order in which they came up."""
    found: dict[str, list[Span]] = {}
    for span in why.path.line:
        found.setdefault(span.place, []).append(span)
    jobs = sorted(why.path.jobs, key=lambda job: (job.asked or 0.0, job.ended or 0.0))
    return {**found, **{job.address: why.path.beside[job.address] for job in jobs if why.path.beside[job.address]}}


def _within(span: Span, critical: Sequence[Span]) -> bool:
    """Return whether a span is on the critical path."""
    return any(s.place == span.place and s.begin < span.end and s.end > span.begin for s in critical)


def _shade(axes: Axes, why: Why, last: float) -> None:
    for begin, end in why.off.free_days(why.path.begin, last):
        axes.axvspan(_day(why, begin), _day(why, end), color="#EEEEEE", linewidth=0.0, zorder=0)


def _draw_row(axes: Axes, row: int, spans: Sequence[Span], why: Why, width: float, *, pale: bool) -> None:
    """Draw the spans of a row: solid where something is done, hatched where the lot waits."""
    for span in spans:
        _, color, hatch = _LOOKS[CAUSES[span.cause].group]
        face = "white" if hatch else color
        axes.broken_barh(
            [(_day(why, span.begin), span.hours / DAY)], (row - _HEIGHT / 2, _HEIGHT), facecolor=face,
            edgecolor=color, hatch=hatch, linewidth=0.5, alpha=0.35 if pale else 1.0, zorder=2,
        )  # fmt: skip
    for together in _stretches(spans):
        hours = together[-1].end - together[0].begin
        if hours > _SPACE * width:
            hatched = bool(_LOOKS[CAUSES[together[0].cause].group][2])
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if hatched else None
            color = "white" if not hatched and not pale else "black"
            named = f": {_most(together, why)}" if hatched and hours > _ROOM * width else ""
            middle = _day(why, together[0].begin + hours / 2)
            text = plain(f"{days(hours)}{named}")
            axes.text(middle, row, text, ha="center", va="center", fontsize=7.5, color=color, bbox=box, zorder=6)


def _most(spans: Sequence[Span], why: Why) -> str:
    """Return what took most of a wait, in words."""
    hours: dict[str, float] = {}
    for span in spans:
        words = who(span, why.products, why.lot.number)
        hours[words] = hours.get(words, 0.0) + span.hours
    most = max(hours, key=lambda words: hours[words])
    return f"above all {most}" if len(hours) > 1 else most


def _stretches(spans: Sequence[Span]) -> list[list[Span]]:
    """Return spans of one group that follow each other together."""
    found: list[list[Span]] = []
    for span in spans:
        last = found[-1][-1] if found else None
        if last is not None and last.end == span.begin and CAUSES[last.cause].group == CAUSES[span.cause].group:
            found[-1].append(span)
        else:
            found.append([span])
    return found


def _connect(axes: Axes, why: Why, places: Sequence[str]) -> None:
    """Draw the critical path: an outline around what is on it, and lines from row to row."""
    row_of = {place: row for row, place in enumerate(places, start=1)}
    for begin, end, place in _visits(why.path.critical):
        row = row_of.get(place, 0)
        left, right = _day(why, begin), _day(why, end)
        top, bottom = row - _HEIGHT / 2, row + _HEIGHT / 2
        corners = [left, right, right, left, left], [top, top, bottom, bottom, top]
        axes.plot(*corners, color="black", linewidth=1.3, zorder=5, solid_joinstyle="miter")
    for (_, end, first), (_, _, second) in pairwise(_visits(why.path.critical)):
        rows = row_of.get(first, 0), row_of.get(second, 0)
        axes.plot([_day(why, end)] * 2, rows, color="black", linewidth=1.3, zorder=4)


def _visits(critical: Sequence[Span]) -> list[tuple[float, float, str]]:
    """Return how long the critical path stays at each place: from, to, where."""
    found: list[tuple[float, float, str]] = []
    for span in critical:
        if found and found[-1][2] == span.place:
            found[-1] = found[-1][0], span.end, span.place
        else:
            found.append((span.begin, span.end, span.place))
    return found


def _dress(axes: Axes, why: Why, rows: Mapping[str, Sequence[Span]], last: float) -> None:
    """Label rows and axes, and tell what colors mean."""
    from matplotlib.patches import Patch

    names = ["as planned", *(plain_place(place).replace("_", " ").replace(".", " ") for place in rows)]
    axes.set_yticks(range(len(names)), [plain(name) for name in names], fontsize=8.5)
    axes.set_ylim(len(names) - 0.4, -0.7)
    axes.set_xlim(0.0, 1.005 * (last - why.path.begin) / DAY)
    axes.axvline(_day(why, why.path.end), color="black", linewidth=0.8, linestyle=":", zorder=1)
    axes.set_xlabel("days after the start of the lot; gray: weekends and closed days; outlined: the critical path")
    groups = {CAUSES[span.cause].group for spans in rows.values() for span in spans}
    looks = [look for group, look in _LOOKS.items() if group in groups]
    handles = [
        Patch(facecolor="white" if hatch else color, edgecolor=color, hatch=hatch, label=title)
        for title, color, hatch in looks
    ]
    figure_of(axes).legend(handles=handles, frameon=False, ncols=5, loc="outside lower center", fontsize=8.5)
    axes.set_title(plain(_title(why)), loc="left", weight="bold", pad=22)
    became = textwrap.shorten(", ".join(why.fates), _LONGEST, placeholder=" ...")
    axes.annotate(plain(became), (0, 1), (0, 6), "axes fraction", "offset points", fontsize=9, annotation_clip=False)


def _title(why: Why) -> str:
    more = why.lead_time - why.planned
    beyond = f", {days(abs(more))} {'more' if more > 0.0 else 'less'} than planned" if abs(more) >= 0.05 else ""
    return f"{why.name.capitalize()}: {days(why.lead_time)}{beyond}"


def _day(why: Why, hour: float) -> float:
    return (hour - why.path.begin) / DAY
