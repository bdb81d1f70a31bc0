"""The figures of the page on scaling, all from what ``python benchmarks/scaling.py`` has measured: tables and picture.

``python docs/scaling_pictures.py`` writes them anew without measuring.
"""

from __future__ import annotations

import json
import math
import runpy
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exosim.plots.style import BLUE, GRAY, GREEN, VERMILION, headline, new_axes, save
from exosim.study.dispatch import MANY, TASK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOT = Path(__file__).resolve().parents[1]
PAGE, IMAGES, BENCHMARKS = ROOT / "docs" / "explanation" / "scaling.md", ROOT / "docs" / "images", ROOT / "benchmarks"
CROWDS = runpy.run_path(str(BENCHMARKS / "crowds.py"))
HOURS, MEBIBYTE, BLOCK = 3600.0, 2.0**20, 4096
MACHINE_CORES = 64
WORKERS = (2, MACHINE_CORES, 1024)
PIECE, ANSWERS = 32, 4
"""Points that the kernel is asked at together with 1,000 draws each, and what is asked of each point."""
COSTS = {
    "lane": "scaling_lane_us", "lane_over_evaluate": "scaling_lane_vs_evaluate",
    "lane_beside": "scaling_lane_overhead_us", "year": "scaling_facility_year_ms",
    "point_beside": "scaling_point_overhead_ms", "own": "scaling_task_own_ms", "pool": "scaling_task_pool_ms",
    "dask": "scaling_task_dask_ms", "keep": "scaling_keep_ms", "search": "scaling_search_us",
    "task_bytes": "scaling_task_bytes", "answer_bytes": "scaling_answer_bytes", "chunk_bytes": "scaling_chunk_bytes",
    "point_bytes": "scaling_point_bytes", "process": "study_rss_mebibytes", "written": "scaling_gb_written_s",
    "read": "scaling_gb_read_s", "start": "scaling_start_s", "lane_speedup": "scaling_lane_speedup",
    "point_speedup": "scaling_point_speedup", "dask_over_pool": "scaling_dask_vs_pool",
}  # fmt: skip
"""Names of this page for the figures; what they mean is told in benchmarks/goals.py."""
WORDS = {"process": "peak memory of a process that asks at 1,000 points of 1,000 draws [MiB]"}
"""What would not be understood without the lines before it there."""


@dataclass(frozen=True)
class Question:
    """A large study.

    Attributes
    ----------
    points : of a call of the model
    calls : one after the other: the next waits for the last answer of the one before
    seconds : of a point, on one of many cores that are all at work
    piece : points that are asked for together at least
    search : of the process that leads, for a point [s]
    """

    name: str
    points: int
    calls: int
    seconds: float
    piece: int
    search: float = 0.0

    @property
    def core_hours(self) -> float:
        """What all points take."""
        return self.calls * self.points * self.seconds / HOURS

    def tasks(self, workers: int) -> int:
        """Return how many tasks a call is handed out in."""
        pieces = math.ceil(self.points / self.piece)
        together = max(1, math.floor(TASK * max(1.0, workers / MANY) / (self.piece * self.seconds)))
        return max(math.ceil(pieces / together), min(pieces, workers))

    def hours(self, workers: int, cost: float) -> float:
        """Return how long it takes with so many workers, and so many seconds of the process that leads for a task."""
        waves = math.ceil(math.ceil(self.points / self.piece) / workers)
        each = max(waves * self.piece * self.seconds, self.tasks(workers) * cost)
        return self.calls * (each + self.points * self.search) / HOURS


def figures() -> dict[str, float]:
    """Return what was measured, by the names that this page has for it."""
    kept = _kept()
    return {name: float(kept[key]["figure"]) for name, key in COSTS.items()}


def questions(known: Mapping[str, float]) -> tuple[Question, ...]:
    """Return the large studies of the page."""
    lane = 1e-6 * known["lane"] * 2.0 / known["lane_speedup"]
    year = 1e-3 * known["year"] * 2.0 / known["point_speedup"]
    search = 1e-6 * known["search"]
    return (
        Question("1e9 lanes: a sweep of 1e6 points × 1,000 draws", 1_000_000, 1, 1000 * lane, PIECE),
        Question("1e6 facility-years: 5e4 points × 20 years", 50_000, 1, 20 * year, 1),
        Question("front of 1e5 points × 1,000 draws, kernel", 1000, 100, 1000 * lane, PIECE, search),
        Question("front of 1e5 points × 20 years, facility", 1000, 100, 20 * year, 1, search),
    )


def leading(known: Mapping[str, float], workers: int) -> float:
    """Return what a task costs the process that leads [s]: of its own processes on one machine, by Dask on several."""
    return 1e-3 * (known["own" if workers <= MACHINE_CORES else "dask"] + known["keep"])


def costs() -> str:
    """Return the costs as Markdown."""
    known = figures()
    goals = {goal.key: goal for goal in runpy.run_path(str(BENCHMARKS / "goals.py"))["GOALS"]}
    rows = []
    for name, key in COSTS.items():
        goal = "" if goals[key].goal is None else goals[key].in_words
        shown = f"{known[name]:,.0f}" if known[name] >= 1e3 else f"{known[name]:.3g}"
        rows.append((WORDS.get(name, goals[key].meaning), shown, goal))
    return _markdown(("what", "cost", "goal"), rows)


def machines() -> str:
    """Return hours, memory and disk of large studies as Markdown."""
    known = figures()
    head = ("study", "core hours", "2 cores", "one machine of 64", "16 machines of 64", "tasks on 64", "memory", "disk")
    rows = []
    for one in questions(known):
        hours = [in_hours(one.hours(count, leading(known, count))) for count in WORKERS]
        tasks = one.calls * one.tasks(MACHINE_CORES)
        memory, disk = memory_of(one, known), disk_of(one, known)
        rows.append((one.name, f"{one.core_hours:.3g}", *hours, f"{tasks:,}", f"{memory:.0f} MiB", f"{disk:.3g} MiB"))
    return _markdown(head, rows)


def memory_of(one: Question, known: Mapping[str, float]) -> float:
    """Return what the process that leads takes [MiB]."""
    return known["process"] + one.calls * one.points * known["point_bytes"] / MEBIBYTE


def disk_of(one: Question, known: Mapping[str, float]) -> float:
    """Return what the chunks take, in whole blocks, on one machine of 64 cores [MiB]."""
    tasks = one.tasks(MACHINE_CORES)
    frame = known["chunk_bytes"] - 8 * ANSWERS * PIECE
    blocks = math.ceil((frame + 8 * ANSWERS * one.points / tasks) / BLOCK)
    return one.calls * tasks * blocks * BLOCK / MEBIBYTE


def limits() -> str:
    """Return as Markdown how many workers each part of a study can feed."""
    known = figures()
    rows = []
    for name, words in (("own", "processes of our own"), ("pool", "a pool"), ("dask", "Dask")):
        cost = 1e-3 * (known[name] + known["keep"])
        busy = 100.0 * MANY / TASK * cost
        rows.append((f"hands out and keeps: {words}", f"{1.0 / cost:,.0f}", f"{TASK / cost:,.0f}", f"{busy:.0f} %"))
    return _markdown(
        ("the process that leads", "tasks a second", f"workers with tasks of {TASK:g} s", "busy with longer tasks"),
        rows,
    )


def others() -> str:
    """Return as Markdown where other limits lie."""
    known = figures()
    lane, kernel, plant = 1e-6 * known["lane"], *questions(known)[2:]
    disk = lane / (8e-9 * known["written"])
    rows = [
        ("disk, where all draws are kept: one response of the kernel", f"{disk:,.0f} workers"),
        ("search for a front, kernel, 1,000 draws at a point", f"{kernel.seconds / kernel.search:,.0f} workers"),
        ("search for a front, facility, 20 years at a point", f"{plant.seconds / plant.search:,.0f} workers"),
        ("a generation of 1,000 points, kernel", f"{math.ceil(kernel.points / kernel.piece):,} workers"),
        ("a generation of 1,000 points, facility", f"{plant.points:,} workers"),
    ]
    return _markdown(("what limits", "at"), rows)


def rates() -> str:
    """Return rates of workers that sleep beside the prediction as Markdown."""
    rows = [
        (row.workers_of, f"{row.workers:,}", f"{row.task:g} s", f"{row.predicted:,.0f}", f"{row.rate:,.0f}",
         f"{row.rate / row.predicted:.2f}")
        for row in CROWDS["read"]()
    ]  # fmt: skip
    table = _markdown(("workers that sleep", "how many", "task", "predicted, 1/s", "measured, 1/s", "ratio"), rows)
    ratios = [row.rate / row.predicted for row in CROWDS["read"]()]
    return f"{table}\n\nMeasured over predicted: {min(ratios):.2f} to {max(ratios):.2f}."


def machine() -> str:
    """Return in words where the costs were measured."""
    kept = _kept()
    return "; ".join(dict.fromkeys(kept[key]["machine"] for key in COSTS.values())) + "."


HELD = "written by `python benchmarks/scaling.py`, checked by tests/test_scaling_page.py"
PARTS = {"machine": machine, "costs": costs, "machines": machines, "limits": limits, "others": others, "rates": rates}


def written(page: str) -> str:
    """Return the page with its tables as they are now."""
    for name, table in PARTS.items():
        head, mark, rest = page.partition(f"<!-- {name}: ")
        _, end, after = rest.partition("<!-- end -->")
        if not mark or not end:
            raise ValueError(f"the page has no place for {name}")
        page = f"{head}{mark}{HELD} -->\n\n{table()}\n\n{end}{after}"
    return page


def drawn(_: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the picture by the name of its file: tasks a second over workers."""
    yield "scaling", picture(CROWDS["read"]())


def picture(rows: Sequence[Any]) -> Axes:
    """Draw the rate over the number of workers, as predicted and as measured."""
    axes = new_axes(8.6, 5.4)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    kinds = dict.fromkeys(row.workers_of for row in rows)
    for kind, color in zip(kinds, (BLUE, GREEN, VERMILION), strict=False):
        _draw(axes, kind, [row for row in rows if row.workers_of == kind], color)
    axes.set_ylim(top=2.6 * max(1.0 / row.cost for row in rows))
    ticks = [2**n for n in range(1, 11)]
    axes.set_xticks(ticks, [f"{n:,}" for n in ticks])
    axes.set_xlabel("workers (they sleep: two cores play a cluster)")
    axes.set_ylabel("tasks done and kept [1/s]")
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.plot([], [], "-", color=GRAY, label="predicted: workers / seconds of a task, at most 1 / cost of a task")
    axes.plot([], [], "o", color=GRAY, label="measured")
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    headline(axes, "Up to a knee more workers do more; then the process that leads is busy")
    return axes


def _draw(axes: Axes, kind: str, rows: Sequence[Any], color: str) -> None:
    """Draw one kind of workers, with words beside the knee: above it, for Dask below, as its knee is beneath others."""
    task, cost = rows[0].task, rows[0].cost
    knee = task / cost
    ends = sorted({rows[0].workers, knee, max(rows[-1].workers, 1.5 * knee)})
    axes.plot(ends, [min(count / task, 1.0 / cost) for count in ends], "-", color=color, linewidth=1.4)
    axes.plot([row.workers for row in rows], [row.rate for row in rows], "o", color=color, markersize=7)
    below = kind == "Dask"
    axes.annotate(
        f"{kind}, tasks of {task:g} s\nknee at {knee:.0f} workers", (knee, 1.0 / cost), fontsize=9, color=color,
        xytext=(8, -12) if below else (-4, 8), textcoords="offset points",
        ha="left" if below else "right", va="top" if below else "bottom",
    )  # fmt: skip


def write() -> list[Path]:
    """Write tables and picture; return the paths from the root of the project."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    with tempfile.TemporaryDirectory() as rough:
        for name, axes in drawn():
            (IMAGES / f"{name}.png").write_bytes(save(axes, rough, name)[0].read_bytes())
    return [PAGE.relative_to(ROOT), (IMAGES / "scaling.png").relative_to(ROOT)]


def in_hours(hours: float) -> str:
    """Return a time as people say it."""
    if hours >= 1.0:
        return f"{hours:.3g} h"
    return f"{60.0 * hours:.3g} min" if hours >= 1.0 / 60.0 else f"{HOURS * hours:.3g} s"


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((BENCHMARKS / "figures.json").read_text(encoding="utf-8"))
    return kept


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


if __name__ == "__main__":
    write()
