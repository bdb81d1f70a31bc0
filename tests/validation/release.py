"""Section K: failures, right first time, review and release of a year of lots, by the facility as it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from case import Draws, Published, Row
from runs import DRAWS, SEED

import exosim as xs
from exosim.records import BatchRecord, Run
from exosim.release import is_job
from exosim.replications import run_once
from exosim.sampling import uniforms

SCENARIO = Path(__file__).parents[2] / "scenarios" / "msc_hollow_fiber_release.toml"
VARIANT = "lots_of_200"
YEARS = 120
FACILITIES = 145
"""Organizations whose weighted answers make the rate of 2008."""
_SETTLED = 90.0 * 24.0  # h: a batch that was started so long before the end has its disposition
_WEEKS = 3.0  # between two starts
_QUALIFYING = 3
"""Lots in a row that a facility makes within its specification before it makes them for patients."""


def rows() -> Iterator[Row]:
    """Yield the rows of section K."""
    rhythm = "a lot every three weeks"
    deviate = "rates of deviations, times of their closure"
    yield Row(
        "K16", "batches lost or rejected per year [1/year]", "langer2008", rhythm,
        "that a reference process of which much is unknown stands for the industry",
        Published("0.83 to 1.28: one in 40.6 (2008) to 63 (2021) weeks and facility", 0.83, 1.28), "band", "test",
        _per_year(years()),
        "in a world in which the DNA that is bound to the vesicles exceeds the limit nearly every lot fails, in "
        "another nearly none; no facility makes the first for a year",
    )  # fmt: skip
    yield Row(
        "K16", "the same, where the first three lots meet the specification [1/year]", "ranck2022", rhythm,
        "that facilities of the survey have qualified their process by three lots",
        Published("0.83 to 1.28: one in 40.6 (2008) to 63 (2021) weeks and facility", 0.83, 1.28), "band", "test",
        _per_year(qualified(years())),
        "2 % are lost in the culture, put in from the same surveys, and 11 % fail for residual DNA, which varies from "
        "batch to batch; operators and equipment (7 % together in 2022) lose no batch here",
    )  # fmt: skip
    yield Row(
        "K16", "share of these batches that fail [1]", "bioprocess_views2008", rhythm, "as above",
        Published("0.066 below 1,000 L, 0.076 above", 0.066, 0.076), "25 %", "test",
        _share(qualified(years()), lambda lot: not lot.good),
        "twice as many, as in the row above: the limit of 10 ng per dose lies within the spread of the batches",
    )  # fmt: skip
    yield Row(
        "K1", "share of the tested lots that pass [1]", "tessee", "", "that a model's input stands for a measurement",
        Published("0.9 to 1: an input of that model", 0.9, 1.0), "band", "test",
        _share([y.tested for y in years()], lambda lot: lot.good),
        "residual DNA, as in the first row",
    )  # fmt: skip
    yield Row(
        "K", "right first time: no deviation, no repeat, released [1]", "general_knowledge", "",
        f"0.2 to 1 deviation per batch; {deviate}", Published("0 to 0.8 (no source)", 0.0, 0.8, stated=False), "band",
        "input", _share([y.settled for y in years()], lambda lot: lot.good and lot.first_time),
        "put in: the rate of deviations; out of specification and filters that fail come on top",
    )  # fmt: skip
    yield Row(
        "K", "review of a lot without deviation, four steps [d]", "gmppros", "the four times",
        "that they are hours of the clock", Published("4 to 11", 4.0, 11.0), "band", "input",
        _days([y.reviewed for y in years()]),
        "put in; waits for people, nights and weekends come on top, which the source leaves open",
    )  # fmt: skip
    yield Row(
        "K", "end of the recipe until doses may leave, without deviation [d]", "usp1071", "14 d of incubation",
        "that quality assurance reviews after the results", Published("over 14: incubation", 14.0, 90.0, stated=False),
        "band", "input", _days([y.waited(deviated=False) for y in years()]),
        "put in: incubation and review, one after the other",
    )  # fmt: skip
    yield Row(
        "K", "end of the recipe until doses may leave, all lots [d]", "general_knowledge", "", deviate,
        Published("14 to 45 (no source)", 14.0, 45.0, stated=False), "band", "input",
        _days([y.waited() for y in years()]),
        "put in: as above, and the closure of deviations",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lot:
    """What became of a batch: whether it was tested, released, and right first time; its hours until doses may leave,
    and those of the steps of its review.
    """

    tested: bool
    good: bool
    first_time: bool
    deviated: bool
    in_specification: bool
    waited: float
    reviewed: float


@dataclass(frozen=True, slots=True)
class Year:
    """The lots of one replication that had the time to end, in the order of their starts."""

    settled: tuple[Lot, ...]

    @property
    def tested(self) -> tuple[Lot, ...]:
        """Those that were not lost on the line."""
        return tuple(lot for lot in self.settled if lot.tested)

    @property
    def reviewed(self) -> list[float]:
        """Hours of the review of lots without deviation."""
        return [lot.reviewed for lot in self.tested if not lot.deviated]

    def waited(self, *, deviated: bool = True) -> list[float]:
        """Return the hours until the doses of released lots may leave."""
        return [lot.waited for lot in self.tested if lot.good and (deviated or not lot.deviated)]


@cache
def years() -> tuple[Year, ...]:
    """Return the years of as many facilities, each in a world of its own."""
    scenario = xs.load(SCENARIO).variants()[VARIANT]
    return tuple(Year(tuple(_lots(run_once(scenario, SEED, number).run))) for number in range(YEARS))


def qualified(of: Sequence[Year]) -> list[tuple[Lot, ...]]:
    """Return the lots after the first three that were tested, where all three met the specification at once."""
    found = []
    for year in of:
        first = year.tested[:_QUALIFYING]
        if len(first) == _QUALIFYING and all(lot.in_specification for lot in first):
            found.append(year.settled[year.settled.index(first[-1]) + 1 :])
    return found


def _lots(run: Run) -> Iterator[Lot]:
    asked: dict[tuple[int, str, str], float] = {}
    reviewed: dict[int, float] = {}
    failed: set[int] = set()
    for event in run.log:
        key = event.batch, event.procedure, event.phase
        if event.event == "ask" and is_job(event.procedure):
            asked[key] = event.time
        elif event.event == "done" and event.procedure.startswith("review."):
            reviewed[event.batch] = reviewed.get(event.batch, 0.0) + event.time - asked[key]
        elif event.event == "result" and event.note == "oos":
            failed.add(event.batch)
    for batch in run.batches:
        if batch.started <= run.hours - _SETTLED:
            yield _lot(batch, batch.number not in failed, reviewed.get(batch.number, 0.0))


def _lot(batch: BatchRecord, in_specification: bool, reviewed: float) -> Lot:
    made, available = batch.manufactured, batch.available
    waited = 0.0 if made is None or available is None else available - made
    first_time = not batch.deviations and not batch.failures
    deviated = bool(batch.deviations)
    return Lot(made is not None, batch.good, first_time, deviated, in_specification, waited, reviewed)


def _per_year(of: Sequence[Year] | Sequence[tuple[Lot, ...]]) -> Draws:
    """Return the failures per year of as many facilities as the survey had, drawn from those of the run."""
    lots = [year.settled if isinstance(year, Year) else year for year in of]
    return np.asarray(_share(lots, lambda lot: not lot.good) * 52.0 / _WEEKS)


def _share(of: Sequence[Sequence[Lot]], counts: Callable[[Lot], bool]) -> Draws:
    """Return a share of the lots of as many facilities as the survey had, drawn from those of the run."""
    hits, all_of = (np.array([f(lots) for lots in of]) for f in (lambda lots: sum(map(counts, lots)), len))
    chosen = _chosen(len(of))
    return np.asarray(np.sum(hits[chosen], axis=1) / np.sum(all_of[chosen], axis=1))


def _chosen(count: int) -> np.ndarray:
    """Return which facilities of the run answer, with replacement, shape (draws, facilities)."""
    u = np.stack([uniforms(SEED, f"facility_{i}", "study", 0, DRAWS) for i in range(FACILITIES)], axis=1)
    return np.minimum((u * count).astype(int), count - 1)


def _days(of: Sequence[Sequence[float]]) -> Draws:
    """Return the days of all lots together."""
    return np.concatenate([np.asarray(hours, dtype=np.float64) for hours in of]) / 24.0
