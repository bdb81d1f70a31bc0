"""The page on scaling: its hours, memory and disk follow from its own table of costs, its sentences from the code."""

from __future__ import annotations

import importlib
import json
import math
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from exosim.study.dispatch import MANY, SHORTEST, TASK

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "explanation" / "scaling.md"
TEXT = PAGE.read_text(encoding="utf-8")
SCRIPT = runpy.run_path(str(ROOT / "docs" / "scaling_pictures.py"))
UNITS = {"h": 1.0, "min": 60.0, "s": 3600.0}
LANE, YEAR, SEARCH = "microseconds of a draw", "milliseconds of a year", "microseconds of the search"
OWN, DASK, KEEP = "milliseconds to hand a task to a process of its own", "Dask scheduler", "milliseconds to bring"


def rows(name: str) -> list[list[str]]:
    """Return the cells of a table of the page, without its head."""
    part = TEXT.split(f"<!-- {name}: ")[1].split("<!-- end -->")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def cost(words: str) -> float:
    """Return a cost as the page tells it."""
    (found,) = [row[1] for row in rows("costs") if words in row[0]]
    return float(found.replace(",", ""))


def hours(told: str) -> float:
    value, unit = told.split()
    return float(value.replace(",", "")) / UNITS[unit]


def number(told: str) -> float:
    return float(told.replace(",", "").split()[0])


def kernel_point() -> float:
    """Return the seconds of a point of 1,000 draws while another process is at work beside it."""
    return 1e-3 * cost(LANE) * 2.0 / cost("two processes over one for draws")


def plant_point() -> float:
    return 20e-3 * cost(YEAR) * 2.0 / cost("two processes over one for facility points")


def leads(workers: int) -> float:
    """Return the seconds of a task in the process that leads."""
    return 1e-3 * (cost(KEEP) + cost(OWN if workers <= 64 else DASK))


def test_tables_are_those_of_the_figures() -> None:
    """Nothing on the page is typed: its tables are written from figures.json and scaling.csv."""
    assert SCRIPT["written"](TEXT) == TEXT, "run python docs/scaling_pictures.py, and read the page again"
    kept = json.loads((ROOT / "benchmarks" / "figures.json").read_text(encoding="utf-8"))
    assert cost("bytes of its answer on the disk") == round(kept["scaling_chunk_bytes"]["figure"])
    with pytest.raises(ValueError, match="no place for machine"):
        SCRIPT["written"]("nothing")


def test_core_hours_are_units_times_cost() -> None:
    told = [number(row[1]) for row in rows("machines")]
    each = [1e6 * kernel_point(), 5e4 * plant_point(), 1e5 * kernel_point(), 1e5 * plant_point()]
    assert told == pytest.approx([seconds / 3600.0 for seconds in each], rel=0.02)


@pytest.mark.parametrize(("column", "workers"), [(2, 2), (3, 64), (4, 1024)])
def test_hours_are_those_of_pieces_or_of_the_process_that_leads(column: int, workers: int) -> None:
    """Counted anew: waves of pieces of 32 kernel points or one of the plant, tasks handed out, and the search."""
    told = [hours(row[column]) for row in rows("machines")]
    found = []
    for points, calls, seconds, piece, search in (
        (1_000_000, 1, kernel_point(), 32, 0.0),
        (50_000, 1, plant_point(), 1, 0.0),
        (1000, 100, kernel_point(), 32, 1e-6 * cost(SEARCH)),
        (1000, 100, plant_point(), 1, 1e-6 * cost(SEARCH)),
    ):
        pieces = math.ceil(points / piece)
        waves = math.ceil(pieces / workers)
        tasks = SCRIPT["Question"]("", points, calls, seconds, piece).tasks(workers)
        assert min(workers, pieces) <= tasks <= pieces
        work, led = waves * piece * seconds, tasks * leads(workers)
        found.append(calls * (max(work, led) + points * search) / 3600.0)
    assert told == pytest.approx(found, rel=0.03)


def test_tasks_take_as_long_as_the_dispatcher_makes_them() -> None:
    """Half a second up to so many workers, in proportion beyond; never less than a piece, nor fewer than workers."""
    question = SCRIPT["Question"]
    assert question("", 10_000, 1, 0.01, 1).tasks(MANY) == 10_000 * 0.01 / TASK
    assert question("", 10_000_000, 1, 0.01, 1).tasks(1000) == 10_000_000 * 0.01 / (TASK * 1000 / MANY)
    assert question("", 1000, 1, 5.0, 1).tasks(8) == 1000
    assert question("", 40, 1, 0.001, 1).tasks(64) == 40


def test_memory_and_disk_follow_from_bytes() -> None:
    peak, each = cost("peak memory of a process"), cost("bytes of a point in the process")
    points = [1e6, 5e4, 1e5, 1e5]
    assert [number(row[6]) for row in rows("machines")] == pytest.approx(
        [peak + count * each / 2**20 for count in points], abs=1.0
    )
    for row in rows("machines"):  # a chunk of few points is a block of the disk
        blocks = number(row[7]) * 2**20 / 4096 / number(row[5])
        assert blocks == pytest.approx(round(blocks), rel=0.01) and blocks >= 0.99


def test_limits_follow_from_the_cost_of_a_task() -> None:
    kinds = (OWN, "ProcessPoolExecutor", DASK)
    for row, kind in zip(rows("limits"), kinds, strict=True):
        task = 1e-3 * (cost(kind) + cost(KEEP))
        assert [number(cell) for cell in row[1:3]] == pytest.approx([1.0 / task, TASK / task], rel=0.02)
        assert number(row[3]) == pytest.approx(100.0 * MANY / TASK * task, abs=0.6)
    others = {row[0]: number(row[1]) for row in rows("others")}
    search = 1e-6 * cost(SEARCH)
    assert others["search for a front, kernel, 1,000 draws at a point"] == pytest.approx(
        kernel_point() / search, rel=0.03
    )
    assert others["search for a front, facility, 20 years at a point"] == pytest.approx(
        plant_point() / search, rel=0.03
    )
    disk = 1e-6 * cost(LANE) / (8e-9 * cost("seconds to bring a GB"))
    assert next(at for what, at in others.items() if what.startswith("disk")) == pytest.approx(disk, rel=0.03)


def test_workers_that_sleep_are_as_fast_as_predicted() -> None:
    """Below, at and beyond the knee, for every kind of workers."""
    told = rows("rates")
    assert {row[0] for row in told} == {"threads", "own processes", "Dask"}
    for row in told:
        workers, task, predicted, measured = (number(cell) for cell in row[1:5])
        assert predicted <= 1.01 * workers / task
        assert 0.5 * predicted < measured < 1.5 * predicted, row
    for kind in ("threads", "Dask"):  # both sides of the knee were looked at
        own = [(number(row[1]) / number(row[2]), number(row[3])) for row in told if row[0] == kind]
        assert own[0][1] == pytest.approx(own[0][0], rel=0.01) and own[-1][1] < 0.9 * own[-1][0]


def test_the_sentences_are_true() -> None:
    assert "half a second with up to 25 workers" in TEXT and (TASK, MANY) == (0.5, 25)
    assert "twenty seconds with 1,000" in TEXT and TASK * 1000 / MANY == 20.0
    assert "fifty tasks a second at most" in TEXT and MANY / TASK == 50.0
    cluster = (ROOT / "docs" / "how_to" / "run_on_a_cluster.md").read_text(encoding="utf-8")
    assert f"about {TASK:g} s, at least {SHORTEST:g} s" in cluster and f"more than {MANY} workers" in cluster
    two_cores = [hours(row[2]) for row in rows("machines")]
    assert "a robust front takes less than an hour on a laptop" in TEXT and two_cores[2] < 1.0
    assert "Many years of the plant take a night there" in TEXT
    assert min(two_cores[1], two_cores[3]) > 4.0 and max(two_cores[1], two_cores[3]) < 16.0
    large = [hours(row[3]) for row in rows("machines")]
    assert "a machine of 64 cores half an hour" in TEXT and 0.2 < max(large[1], large[3]) < 0.55


def test_the_kernel_is_asked_at_as_many_points_as_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    study: Any = importlib.import_module("study")
    assert study.model().at_once == SCRIPT["PIECE"] and len(study.ASKED) == SCRIPT["ANSWERS"]
    assert re.search(rf"the kernel at {SCRIPT['PIECE']} points of {study.DRAWS:,} draws together", TEXT)


def test_the_picture_shows_line_and_points() -> None:
    """A line that rises and is level beyond its knee, and a point for every row."""
    row = SCRIPT["CROWDS"]["Row"]
    axes = SCRIPT["picture"]([row("threads", 16, 0.5, 0.01, 30.0), row("threads", 64, 0.5, 0.01, 95.0)])
    line, points = axes.lines[:2]
    assert list(line.get_xdata()) == [16, 50.0, 75.0] and list(line.get_ydata()) == [32.0, 100.0, 100.0]
    assert list(points.get_xdata()) == [16, 64] and list(points.get_ydata()) == [30.0, 95.0]
    assert line.get_label() == "threads, tasks of 0.5 s: knee at 50 workers"
    assert "[1/s]" in axes.get_ylabel() and axes.get_xlabel() and axes.get_title("left")


@pytest.mark.parametrize(("told", "words"), [(2.5, "2.5 h"), (0.5, "30 min"), (0.01, "36 s")])
def test_times_in_words(told: float, words: str) -> None:
    assert SCRIPT["in_hours"](told) == words
