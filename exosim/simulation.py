"""Run a scenario: `evaluate` asks the yield kernel for many draws, block by block."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from exosim.budget import check_budget
from exosim.errors import ModelError, Problem, ScenarioError, UsageError, in_words, unknown
from exosim.kernel import Step, run
from exosim.parameter import Array
from exosim.precision import PRECISIONS, Precision, at_precision
from exosim.readings import attribute_results, contents_of, limit_shares, read_batch
from exosim.results import COURSE, KINDS, Again, Key, Yields
from exosim.sampling import FLAT, LEVELS, Nesting, SampleBlock
from exosim.scenario import Scenario
from exosim.screening import screening_error

Progress: TypeAlias = Callable[[int, int], None]

BLOCK = 8192
LANES = 64
"""Blocks are padded to a multiple of this, so that vectorized loops round alike whatever the block size."""
_BYTES_PER_NUMBER = 8
_SURELY_FITS = 100_000
_AT_WORK = 8
"""Numbers for each draw that summaries and pictures need on top of what is kept."""
_BEYOND = Problem(
    "the numbers of this scenario lead beyond what can be computed",
    expected="values near their plausible ranges; `exosim check` tells which are outside",
)


def evaluate(
    scenario: Scenario,
    draws: int | None = None,
    *,
    seed: int | None = None,
    nested: tuple[int, int, int] | None = None,
    block: int = BLOCK,
    precision: Precision = "float64",
    progress: Progress | None = None,
) -> Yields:
    """Return what a started batch that does not fail yields, over many draws.

    Parameters
    ----------
    scenario : the process
    draws : number of lanes: one batch of one donor in one possible world each; default: as in the scenario
    seed : seed of the addressed random values; default: as in the scenario
    nested : number of worlds, of donors in each world and of batches of each donor; their product is the number of
        draws; default: every draw is a world, a donor and a batch of its own
    block : lanes that are worked on at once; changes speed and memory, never a bit of the result
    precision : ``float32`` for screening, about twice as fast; the result then has the measured difference from float64
        as its attribute `screening`. Numbers for publication are those of ``float64``
    progress : called with (draws done, draws asked for) after each block

    Raises
    ------
    UsageError
        when `draws`, `block` or a nested count is below 1, both `draws` and `nested` are given, or there is no such
        precision.
    LimitError
        when the results would not fit into memory, or the run would take longer than a week.
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
    _check_whole(seed=used, block=block)
    if asked < 1 or block < 1:
        raise UsageError(Problem("the number of draws and the block must be at least 1", got=f"{asked} and {block}"))
    if used < 0:
        raise UsageError(Problem("the seed must be a whole number of at least 0", got=str(used)))
    if precision not in PRECISIONS:
        raise UsageError(unknown("precision", str(precision), PRECISIONS))
    _check_product(scenario)
    block = _padded(min(block, _padded(asked)))
    _check_budget(scenario, asked, used)
    collected = _Collected(asked)
    again = partial(evaluate, scenario, seed=used, precision=precision)
    for start in range(0, asked, block):
        stop = min(start + block, asked)
        try:
            _collect_block(scenario, used, start, stop, collected, nesting, precision)
        except ArithmeticError:
            raise ModelError(_BEYOND) from None
        if not collected.numbers():  # nothing varies: one block says all
            stop = asked
        if progress is not None:
            progress(stop, asked)
        if stop == asked:
            break
    yields = collected.yields(scenario, used, (worlds, nesting.donors, nesting.batches), again)
    if precision == "float32":
        lanes = min(asked, BLOCK)
        yields.screening = screening_error(scenario, used, lanes, _padded(lanes), nesting)
    return yields


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


def _check_budget(scenario: Scenario, draws: int, seed: int) -> None:
    """Refuse a run whose results would not fit, or that would take too long, before it has cost anything."""
    if draws <= _SURELY_FITS:
        return
    _collect_block(scenario, seed, 0, LANES, _Collected(LANES))  # what is done once is not what each draw costs
    begun, probe = time.perf_counter(), _Collected(BLOCK)
    _collect_block(scenario, seed, 0, BLOCK, probe)
    seconds = (time.perf_counter() - begun) if probe.numbers() else 0.0
    check_budget(draws, (probe.numbers() / BLOCK + _AT_WORK) * _BYTES_PER_NUMBER, seconds / BLOCK)


def _collect_block(
    scenario: Scenario, seed: int, start: int, stop: int, collected: _Collected, nesting: Nesting = FLAT,
    precision: Precision = "float64",
) -> None:  # fmt: skip
    """Run the draws `start` to `stop` and keep what they show."""
    lanes = _padded(stop - start)
    sample = SampleBlock(seed, start, start + lanes, nesting)
    values = scenario.values_on(sample)
    recipe, specification = at_precision((scenario.recipe(values), scenario.specification(values)), precision)
    steps = run(recipe)
    part = slice(start, stop)
    contents = contents_of(recipe.context, specification)
    for reading in read_batch(steps, recipe.context, specification, contents):
        collected.put("reading", (reading.name, reading.step), reading.values, part, (reading.unit, reading.reason))
    for (step, text), reached in limit_shares(steps).items():
        collected.put("limit", (text, step), reached, part)
    noise = at_precision(scenario.noise_on(sample), precision)
    for attribute, unit, reported in attribute_results(steps, recipe.context, specification, noise, contents):
        collected.put("attribute", (attribute.id, None), reported, part, (unit, None))
        collected.put("met", (attribute.id, None), attribute.met(reported), part)
    _collect_course(collected, steps, part)


def _padded(count: int) -> int:
    return -(-count // LANES) * LANES


def _collect_course(collected: _Collected, steps: tuple[Step, ...], part: slice) -> None:
    """Keep what the first culture showed at each harvest, for the yield curve."""
    for step in steps:
        if "harvested" in step.outcome.monitors:
            for name in COURSE:
                collected.put("course", (name, step.procedure.id), step.outcome.monitors[name], part)
            return


class _Collected:
    """Arrays over all draws, filled block by block; what is equal in all lanes stays one number."""

    def __init__(self, draws: int) -> None:
        self.draws = draws
        self.kept: dict[str, dict[Key, Array | None]] = {kind: {} for kind in KINDS}
        self.notes: dict[Key, tuple[str, str | None]] = {}

    def put(
        self, kind: str, key: Key, values: Array | None, part: slice, note: tuple[str, str | None] | None = None
    ) -> None:
        """Keep the lanes `part` of one quantity."""
        kept = self.kept[kind]
        if note is not None:
            self.notes[key] = note
        if values is None:
            kept[key] = None
            return
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
        if array.shape[-1] == 1:
            kept[key] = array
            return
        if key not in kept:
            kept[key] = np.empty((*array.shape[:-1], self.draws))
        np.asarray(kept[key])[..., part] = array[..., : part.stop - part.start]

    def numbers(self) -> int:
        """Return how many numbers are kept of the draws; what is equal in all of them does not count."""
        arrays = (array for kept in self.kept.values() for array in kept.values())
        return sum(a.size for a in arrays if isinstance(a, np.ndarray) and a.shape[-1] == self.draws)

    def yields(self, scenario: Scenario, seed: int, nested: tuple[int, int, int], again: Again) -> Yields:
        """Return the collected arrays as results."""
        return Yields(scenario, seed, self.draws, self.kept, self.notes, nested, again)
