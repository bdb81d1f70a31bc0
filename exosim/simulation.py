"""Run a scenario: `evaluate` asks the yield kernel for many draws, stretch by stretch."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from exosim.budget import check_budget
from exosim.collecting import LANES, TILE, Kept, padded
from exosim.errors import Problem, ScenarioError, UsageError, in_words, unknown
from exosim.event_files import new_folder
from exosim.precision import PRECISIONS, Precision
from exosim.results import Yields
from exosim.sampling import FLAT, LEVELS, Nesting, SampleMatrix
from exosim.scenario import Scenario
from exosim.screening import SCREENED, screening_error
from exosim.stretches import Job, run_all, run_stretch
from exosim.workers import helpers

Progress: TypeAlias = Callable[[int, int], None]

BLOCK = TILE
KEEP = 2**17
"""Most draws that are all kept unless more are asked for, and how many are kept of a run with more."""
_BYTES_PER_NUMBER = 8
_SURELY_FITS = 100_000
_AT_WORK = 8
"""Numbers for each draw that summaries and pictures need on top of what is kept."""


def evaluate(
    scenario: Scenario,
    draws: int | None = None,
    *,
    seed: int | None = None,
    nested: tuple[int, int, int] | None = None,
    block: int = BLOCK,
    precision: Precision = "float64",
    jobs: int | Executor = 1,
    keep: int | None = None,
    lanes: str | Path | None = None,
    samples: SampleMatrix | None = None,
    progress: Progress | None = None,
) -> Yields:
    """Return what a started batch that does not fail yields, over many draws.

    A run of more draws than it keeps is streamed: its summaries are those of all draws, in memory that does not grow
    with them. Quantiles then err by at most 0.1 % of their value (:mod:`exosim.sketch`); means, standard deviations and
    shares of the draws stay exact. Values on the draws, pictures and the ranking of the inputs are those of the kept
    draws, the first of the run; so are the shares of the levels in the spread of a nested run.

    Parameters
    ----------
    scenario : the process
    draws : number of lanes: one batch of one donor in one possible world each; default: as in the scenario
    seed : seed of the addressed random values; default: as in the scenario
    nested : number of worlds, of donors in each world and of batches of each donor; their product is the number of
        draws; default: every draw is a world, a donor and a batch of its own
    block : lanes that are worked on at once, at most 16,384; changes speed and memory, never a bit of the result
    precision : ``float32`` for screening, in about two thirds of the time; the result then has the measured difference
        from float64 as its attribute `screening`. Numbers for publication are those of ``float64``
    jobs : processes, this one included, or an executor of :mod:`concurrent.futures` that helps this one; changes speed
        and memory, never a bit of the result. With processes a script needs ``if __name__ == "__main__":``
    keep : of how many draws everything is kept, the first; default: of all up to 131,072 (:data:`KEEP`), of so many
        of a run with more
    lanes : folder that does not exist, into which the headlines and attributes on all draws are written as they come:
        as Parquet with the extra ``parquet``, else as NumPy archives
    samples : what several designs share that run on the same draws, one after another; changes speed and memory, never
        a bit of the result
    progress : called with (draws done, draws asked for) after each block

    Raises
    ------
    UsageError
        when `draws`, `block`, `jobs`, `keep` or a nested count is below 1, both `draws` and `nested` are given, or
        there is no such precision.
    LimitError
        when the results would not fit into memory, the run would take longer than a week, or a worker process cannot
        be had.
    FileError
        when the folder for the lanes is there already or cannot be written.
    ModelError
        when the numbers of the scenario lead beyond what can be computed.

    Examples
    --------
    >>> yields = evaluate(load("scenarios/minimal.toml"), draws=1000)  # doctest: +SKIP
    """
    if not isinstance(scenario, Scenario):
        raise UsageError(Problem("a Scenario is needed", got=in_words(scenario), expected="exosim.load(path)"))
    worlds, nesting = _nesting(scenario, draws, nested)
    asked = worlds * nesting.lanes
    used = scenario.seed if seed is None else seed
    kept = KEEP if keep is None else keep
    _check_numbers(used, draws=asked, block=block, keep=kept, jobs=1 if isinstance(jobs, Executor) else jobs)
    if precision not in PRECISIONS:
        raise UsageError(unknown("precision", str(precision), PRECISIONS))
    _check_product(scenario)
    with new_folder(None if lanes is None else Path(lanes)) as folder:
        at_once = padded(min(block, TILE, asked))
        job = Job(scenario, used, nesting, asked, min(kept, asked), at_once, folder, precision, samples)
        _check_budget(job, helpers(jobs) + 1)
        found, totals = run_all(job, jobs, _Done(progress, asked))
        if progress is not None and not found.varies:
            progress(asked, asked)
    counts = (worlds, nesting.donors, nesting.batches)
    again = partial(evaluate, scenario, seed=used, precision=precision)
    yields = Yields(scenario, used, asked, found, counts, again, totals, folder)
    if precision == "float32":
        both = min(asked, SCREENED)
        yields.screening = screening_error(scenario, used, both, padded(both), nesting)
    return yields


class _Done:
    """Adds up the draws that are done and tells of them."""

    def __init__(self, progress: Progress | None, asked: int) -> None:
        self.progress, self.asked, self.done = progress, asked, 0

    def __call__(self, draws: int) -> None:
        self.done += draws
        if self.progress is not None:
            self.progress(self.done, self.asked)


def _check_numbers(seed: int, **numbers: int) -> None:
    """Refuse what is no whole number, or too small a one."""
    _check_whole(seed=seed, **numbers)
    small = {name: number for name, number in numbers.items() if number < 1}
    if small:
        problem = f"{' and '.join(small)} must be at least 1"
        raise UsageError(Problem(problem, got=" and ".join(map(str, small.values()))))
    if seed < 0:
        raise UsageError(Problem("the seed must be a whole number of at least 0", got=str(seed)))


def _nesting(scenario: Scenario, draws: int | None, nested: tuple[int, int, int] | None) -> tuple[int, Nesting]:
    """Return the number of worlds, and how lanes share them."""
    if nested is None:
        asked = scenario.draws if draws is None else draws
        _check_whole(draws=asked)
        return asked, FLAT
    if draws is not None:
        raise UsageError(Problem("give draws or nested counts, not both", expected="worlds x donors x batches = draws"))
    if not isinstance(nested, Sequence) or len(nested) != len(LEVELS):
        raise UsageError(Problem("nested counts are three", got=in_words(nested), expected="(worlds, donors, batches)"))
    _check_whole(**dict(zip(("worlds", "donors", "batches"), nested, strict=True)))
    if min(nested) < 1:
        raise UsageError(Problem("nested counts must be at least 1", got=" x ".join(map(str, nested))))
    worlds, donors, batches = nested
    return worlds, Nesting(donors, batches)


def _check_whole(**numbers: object) -> None:
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise UsageError(Problem(f"{name} must be a whole number", got=in_words(number)))


def _check_product(scenario: Scenario) -> None:
    """Refuse a recipe of plain steps, in which nothing is made."""
    if all(d.operation.owner.plain for d in scenario.declarations.procedures):
        what = "cells" if scenario.declarations.dose.kind == "cell" else "vesicles"
        raise ScenarioError(Problem(f"the recipe makes no {what}", expected="exosim run, which asks only for time"))


def _check_budget(job: Job, processes: int) -> None:
    """Refuse a run whose results would not fit, or that would take too long, before it has cost anything."""
    if job.draws <= _SURELY_FITS:
        return
    _probe(job, LANES)  # what is done once is not what each draw costs
    begun = time.perf_counter()
    probe = _probe(job, TILE)
    seconds = (time.perf_counter() - begun) if probe.varies else 0.0
    keep = job.keep if probe.varies else 0
    at_once = min(processes, os.cpu_count() or 1)
    bytes_per_lane = (probe.numbers() + _AT_WORK) * _BYTES_PER_NUMBER
    check_budget(job.draws, keep, bytes_per_lane, seconds / TILE / at_once)


def _probe(job: Job, lanes: int) -> Kept:
    """Run the first lanes of a job as it will run."""
    kept = Kept(0, min(job.keep, lanes))
    run_stretch(replace(job, draws=lanes, keep=kept.lanes, folder=None), 0, kept, lambda _: None)
    return kept
